package import Canonical
package import Platform
internal import Synchronization

// SPEC: store.md#views
extension DirectoryStore {
    /// A folder with the content of a tree, to be shown read-only in sandboxes; never to be written to.
    ///
    /// It is made once and then only looked at: one that differs from the tree is moved to quarantine and made anew. Files are
    /// the objects' own by a second name where that can be, links are links, everything bears a fixed time.
    ///
    /// - Throws: `.missing`, `.corrupt`, `.notTree` for any object of the tree; `.refused`.
    /// - Complexity: one `stat` for each file and folder, once per process; reads every file when the view is made, when it was
    ///   altered, and once after the machine has started.
    package func view(of tree: Digest) throws(StoreError) -> HostPath {
        let place = root.appending("views").appending(tree.hex)
        while true {
            if let known = state.withLock({ $0.views[tree] }) { return known }
            // One thread looks or makes; the others wait and find it done, or try themselves.
            if viewsAtWork.update({ $0.insert(tree).inserted }) { break }
            _ = viewsAtWork.wait { $0.contains(tree) ? nil : true }
        }
        defer { viewsAtWork.update { _ = $0.remove(tree) } }
        if let known = state.withLock({ $0.views[tree] }) { return known }
        let maker = ViewMaker(store: self, tree: tree, place: place)
        claim([tree])
        // Who collects says what is to go, then looks who relies on it; who relies on it says so, then looks what is to go.
        let isGoing = try Self.refusing { () throws(SystemError) in
            try Files.status(place.parent.appending(ViewRemoval.mark(of: tree)), followLinks: false) != nil
        }
        let found = isGoing ? try maker.makeApart() : place
        if !isGoing { try maker.run() }
        state.withLock { $0.views[tree] = found }
        return found
    }
}

/// Makes one view, or finds that the one in place is right.
struct ViewMaker: Sendable {
    private static let threadLimit = 8
    private static let folderMode: UInt32 = 0o755
    private static let fileMode: UInt32 = 0o444
    private static let executableMode: UInt32 = 0o555

    let store: DirectoryStore
    let tree: Digest
    let place: HostPath

    /// Something in a view, by its path there; the view itself is `.`.
    private struct Item: Sendable {
        enum Content: Sendable {
            case file(Digest, isExecutable: Bool)
            /// With the names in it, sorted by bytes.
            case folder(names: [[UInt8]])
            case link(target: [UInt8])
        }

        let path: [UInt8]
        let content: Content
    }

    /// Makes one for this process alone, among its temporaries.
    func makeApart() throws(StoreError) -> HostPath { try make(try items()) }

    func run() throws(StoreError) {
        if try isRight() { return markUsed() }
        let items = try items()
        // Again when another process was quicker and what it made is wrong already.
        for _ in 0..<8 {
            let made = try make(items)
            let learnt = try look(items, in: made)
            do throws(SystemError) {
                do throws(SystemError) {
                    try Files.rename(made, to: place, replacing: false)
                } catch {
                    guard error.isMissing else { throw error }
                    try Files.makeDirectories(place.parent)
                    try Files.rename(made, to: place, replacing: false)
                }
                // Its own time of change is another now: the root is looked at once more.
                return keep(items, learnt.signatures, except: 0, asOf: learnt.now)
            } catch {
                try DirectoryStore.refusing { () throws(SystemError) in try Files.removeTree(made) }
                guard error.exists else { throw .refused(error) }
            }
            if try isRight() { return }
        }
        throw .refused(SystemError(operation: "make", path: place.description, code: 17, detail: "something keeps changing it"))
    }

    // MARK: What belongs in it

    /// Everything in the tree, folders before what is in them.
    private func items() throws(StoreError) -> [Item] {
        var result: [Item] = []
        var waiting: [(path: [UInt8], digest: Digest)] = [([UInt8(ascii: ".")], tree)]
        while let (folder, digest) = waiting.popLast() {
            let entries = try store.tree(digest).entries
            result.append(Item(path: folder, content: .folder(names: entries.map(\.name))))
            for entry in entries {
                let path = folder + [UInt8(ascii: "/")] + entry.name
                switch entry.content {
                case .file(let digest, _, let isExecutable):
                    result.append(Item(path: path, content: .file(digest, isExecutable: isExecutable)))
                case .tree(let digest, _, _): waiting.append((path, digest))
                case .link(let target): result.append(Item(path: path, content: .link(target: target)))
                }
            }
        }
        return result
    }

    // MARK: Looking

    private var indexPath: HostPath { place.parent.appending(place.lastComponent + Array(".index".utf8)) }

    /// Whether the view is in place and nothing in it is other than it must be; a wrong one is moved away.
    private func isRight() throws(StoreError) -> Bool {
        let status = try DirectoryStore.refusing { () throws(SystemError) in try Files.status(place, followLinks: false) }
        guard let status else { return false }
        if status.kind == .directory {
            let index = loadIndex()
            if let index, looksTheSame(index) { return true }
            if try checkAll(index) { return true }
        }
        try DirectoryStore.refusing { () throws(SystemError) in _ = try store.moveAway(place, name: tree.hex) }
        return false
    }

    /// Leaves a trace of the use at the index: the view itself must look as it did.
    private func markUsed() {
        if let status = try? Files.status(indexPath, followLinks: false) { store.markUsed(indexPath, status) }
    }

    private func loadIndex() -> ViewIndex? {
        // Without a good one everything is read once more; nothing else hangs on it.
        guard let bytes = try? Files.read(indexPath, limit: ViewIndex.longest, followLinks: false), let index = ViewIndex.decode(bytes),
            index.tree == tree, let boot = ViewIndex.currentBoot, index.boot == boot
        else { return nil }
        return index
    }

    private func looksTheSame(_ index: ViewIndex) -> Bool {
        let difference = try? Files.firstDifference(
            paths: index.paths, signatures: index.signatures, relativeTo: place, followLinks: false)
        // Nested: neither an error nor a difference.
        return difference == .some(nil)
    }

    /// Compares everything in the view with the tree; what looks as the index says is not read.
    private func checkAll(_ index: ViewIndex?) throws(StoreError) -> Bool {
        var known: [ArraySlice<UInt8>: StatSignature] = [:]
        if let index {
            let size = StatSignature.byteCount
            for (number, path) in index.paths.bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false).enumerated() {
                known[path] = StatSignature(bytes: index.signatures[(number * size)..<((number + 1) * size)])
            }
        }
        let items = try items()
        // Before anything is read: what is changed from here on shows.
        let (signatures, now) = try look(items, in: place)
        let suspects = items.indices.filter { known[items[$0].path[...]] != signatures[$0] }
        let isWrong = Atomic<Bool>(false)
        try inParallel(suspects.count) { (number) throws(StoreError) in
            if isWrong.load(ordering: .relaxed) { return }
            let index = suspects[number]
            if try !isRight(items[index]) { isWrong.store(true, ordering: .relaxed) }
        }
        if isWrong.load(ordering: .relaxed) { return false }
        keep(items, signatures, asOf: now)
        return true
    }

    /// What everything in `folder` looks like, and a time of the clock that stamps files from before that.
    private func look(_ items: [Item], in folder: HostPath) throws(StoreError) -> (signatures: [StatSignature], now: Int64?) {
        let now = store.stampTime()
        let paths = Self.paths(items)
        let bytes = try DirectoryStore.refusing { () throws(SystemError) in
            try Files.signatures(of: paths, relativeTo: folder, followLinks: false)
        }
        let size = StatSignature.byteCount
        let signatures = items.indices.compactMap { StatSignature(bytes: bytes[($0 * size)..<(($0 + 1) * size)]) }
        precondition(signatures.count == items.count, "there is a signature for each path")
        return (signatures, now)
    }

    private static func paths(_ items: [Item]) -> PackedPaths {
        var paths = PackedPaths()
        for item in items { paths.append(item.path) }
        return paths
    }

    /// Writes the index. A failure costs reading once more and is no failure of the view.
    private func keep(_ items: [Item], _ signatures: [StatSignature], except doubtful: Int? = nil, asOf now: Int64?) {
        guard let now, let boot = ViewIndex.currentBoot else { return }
        var settled: [UInt8] = []
        settled.reserveCapacity(signatures.count * StatSignature.byteCount)
        for (index, signature) in signatures.enumerated() {
            let isGood = index != doubtful && signature.isSettled(asOf: now)
            settled += isGood ? signature.bytes : [UInt8](repeating: 0, count: StatSignature.byteCount)
        }
        let index = ViewIndex(tree: tree, boot: boot, paths: Self.paths(items), signatures: settled)
        guard let temporary = try? store.writeTemporary(index.encode()) else { return }
        if (try? Files.rename(temporary, to: indexPath)) == nil { Files.discard(temporary) }
    }

    /// Compares one file, folder or link with the tree; its time of change may move meanwhile, when a file gets further names.
    private func isRight(_ item: Item) throws(StoreError) -> Bool {
        let path = place.appending(item.path)
        do throws(SystemError) {
            guard let status = try Files.status(path, followLinks: false), FixedTime.isBorne(by: status.signature) else { return false }
            switch item.content {
            case .folder(let names):
                guard status.kind == .directory, status.mode == Self.folderMode else { return false }
                return try Files.list(path).map(\.name) == names
            case .link(let target):
                guard status.kind == .symbolicLink else { return false }
                return try Files.linkTarget(path) == target
            case .file(let digest, let isExecutable):
                guard status.kind == .regular, status.mode == (isExecutable ? Self.executableMode : Self.fileMode) else { return false }
                let file = try Descriptor.reading(path, followLinks: false)
                var hasher = SHA256Hasher()
                try file.stream { (bytes) throws(SystemError) in hasher.update(bytes) }
                return hasher.finalize() == digest
            }
        } catch {
            if error.isMissing || error.isMediumFailure { return false }
            throw .refused(error)
        }
    }

    // MARK: Making

    /// Makes the view under a temporary name; a half-made one goes with the process's other temporaries.
    private func make(_ items: [Item]) throws(StoreError) -> HostPath {
        let folder = try DirectoryStore.refusing { () throws(SystemError) in try store.temporaryPath() }
        do throws(StoreError) {
            var files: [(path: HostPath, digest: Digest, isExecutable: Bool)] = []
            try DirectoryStore.refusing { () throws(SystemError) in
                for item in items {
                    let path = folder.appending(item.path)
                    switch item.content {
                    case .folder:
                        try Files.makeDirectory(path.lastComponent == [UInt8(ascii: ".")] ? folder : path)
                        try Files.setPermissions(path, Self.folderMode)
                    case .link(let target):
                        try Files.makeSymbolicLink(path, to: target)
                        try Files.setTimes(path, FixedTime.seconds)
                    case .file(let digest, let isExecutable): files.append((path, digest, isExecutable))
                    }
                }
            }
            let all = files
            try inParallel(all.count) { (index) throws(StoreError) in
                let file = all[index]
                if file.isExecutable {
                    try copy(file.digest, to: file.path, isExecutable: true)
                } else {
                    try link(file.digest, to: file.path)
                }
            }
            try DirectoryStore.refusing { () throws(SystemError) in
                // Last: whatever is put into a folder changes its time.
                for item in items {
                    if case .folder = item.content { try Files.setTimes(folder.appending(item.path), FixedTime.seconds) }
                }
            }
        } catch {
            // The failure is what gets reported; what is left goes with the lease.
            try? Files.removeTree(folder)
            throw error
        }
        return folder
    }

    /// Gives an object's file a second name; where that cannot be, a copy.
    private func link(_ digest: Digest, to target: HostPath) throws(StoreError) {
        // More than once only when the object is moved into place or replaced meanwhile.
        for _ in 0..<8 {
            let (path, before) = try store.checkedFile(digest)
            do throws(SystemError) {
                try Files.link(path, to: target)
                if let after = try Files.status(target, followLinks: false)?.signature,
                    after.device == before.device, after.inode == before.inode, after.size == before.size, after.modified == before.modified
                {
                    // The new name has changed ctime, and nothing else has.
                    store.state.withLock { if $0.verified[digest] == before { $0.verified[digest] = after } }
                    return
                }
                try Files.removeFile(target)
            } catch {
                if error.refusesLinks { return try copy(digest, to: target, isExecutable: false) }
                guard error.isMissing else { throw .refused(error) }
            }
        }
        throw .missing(digest)
    }

    private func copy(_ digest: Digest, to target: HostPath, isExecutable: Bool) throws(StoreError) {
        try store.materialise(file: digest, at: target, isExecutable: isExecutable)
        try DirectoryStore.refusing { () throws(SystemError) in
            try Files.setPermissions(target, isExecutable ? Self.executableMode : Self.fileMode)
            try Files.setTimes(target, FixedTime.seconds)
        }
    }

    // MARK: Threads

    /// Runs `body` for each number below `count`; throws the failure with the smallest one.
    private func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) throws(StoreError) -> Void) throws(StoreError) {
        let failure = Mutex<(index: Int, error: StoreError)?>(nil)
        let next = Atomic<Int>(0)
        let work: @Sendable (Int) -> Void = { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // DETERMINISM: of several failures the first in the order of the tree is reported, however threads run.
                if index >= count || (failure.withLock { $0 }.map { $0.index < index } ?? false) { return }
                do throws(StoreError) {
                    try body(index)
                } catch {
                    failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
                }
            }
        }
        let threads = min(Host.coreCount, Self.threadLimit, (count + 15) / 16)
        if threads <= 1 { work(0) } else { Threads.run(threads, work) }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
    }
}
