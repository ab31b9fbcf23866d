internal import Canonical
package import Platform
internal import Synchronization

extension DirectoryStore {
    /// Takes over what a command left at `path` below the folder `work` as an object, durable after ``flush()``.
    ///
    /// Nothing is followed and nothing waited for: links, fifos, sockets and devices are errors, wherever they stand. With
    /// `moving`, which is for a folder that nobody else can write to any more, the files themselves become objects and are
    /// gone from `work`; else, and for files with several names, they are copied.
    ///
    /// - Parameter limit: bytes that all files may have together
    /// - Complexity: reads each file once
    package func adopt(
        _ path: String, asTree: Bool, from work: HostPath, limit: Int? = nil, moving: Bool = true
    ) throws(AdoptionError) -> StoredObject {
        let folder: Descriptor
        do throws(SystemError) {
            folder = try Descriptor.folder(work)
        } catch {
            throw .store(.refused(error))
        }
        return try Adoption(store: self, work: folder, limit: limit ?? .max, moves: moving).run(Array(path.utf8), asTree: asTree)
    }
}

/// One adoption: first a look at everything, then files in parallel, then trees from the leaves up.
final class Adoption: Sendable {
    /// Bytes of a path below the work folder; the paths of a manifest are as long at most.
    private static let longestPath = 2048
    private static let attempts = 5
    private static let threadLimit = 8

    private let store: DirectoryStore
    private let work: Descriptor
    private let limit: Int
    private let moves: Bool
    private let total = Atomic<Int>(0)

    init(store: DirectoryStore, work: consuming Descriptor, limit: Int, moves: Bool) {
        self.store = store
        self.work = work
        self.limit = limit
        self.moves = moves
    }

    private enum Child {
        case file(Int)
        case folder(Int)
    }

    private struct Folder {
        let path: [UInt8]
        let depth: Int
        var children: [(name: [UInt8], child: Child)] = []
    }

    private struct Adopted {
        let digest: Digest
        let size: Int
        let isExecutable: Bool
    }

    func run(_ path: [UInt8], asTree: Bool) throws(AdoptionError) -> StoredObject {
        try checkWay(path)
        let kind: FileKind
        let words: String
        do throws(SystemError) {
            let place = try work.place(path)
            kind = try place.status().kind
            words = try place.kindInWords()
        } catch {
            throw error.isMissing ? .missing : refusal(error, path)
        }
        switch (kind, asTree) {
        case (.regular, false):
            let file = try adoptFiles([path])[0]
            return StoredObject(kind: .file, digest: file.digest, size: file.size, files: 1)
        case (.directory, true): return try adoptFolder(path)
        case (.regular, true), (.directory, false): throw .wrongKind(found: words)
        case (.symbolicLink, _), (.other, _): throw unfit(path)
        }
    }

    /// Says which link stands on the way, if one does.
    private func checkWay(_ path: [UInt8]) throws(AdoptionError) {
        for index in path.indices where path[index] == UInt8(ascii: "/") {
            let part = Array(path[..<index])
            let kind: FileKind
            do throws(SystemError) {
                kind = try work.place(part).status().kind
            } catch {
                throw error.isMissing ? .missing : refusal(error, part)
            }
            switch kind {
            case .directory: continue
            case .regular, .other: throw .missing
            case .symbolicLink: throw unfit(part)
            }
        }
    }

    /// What is wrong with something that is neither file nor folder.
    private func unfit(_ path: [UInt8]) -> AdoptionError {
        do throws(SystemError) {
            let place = try work.place(path)
            if try place.status().kind == .symbolicLink {
                return .link(path: PathText.encode(path), target: PathText.encode(try place.linkTarget()))
            }
            return .special(path: PathText.encode(path), kind: try place.kindInWords())
        } catch {
            return refusal(error, path)
        }
    }

    private func refusal(_ error: SystemError, _ path: [UInt8]) -> AdoptionError {
        let hasGone = error.isMissing || error.isLink
        return hasGone ? .changing(path: PathText.encode(path)) : .store(.refused(error))
    }

    // MARK: Folders

    private func adoptFolder(_ root: [UInt8]) throws(AdoptionError) -> StoredObject {
        var (folders, files) = try survey(root)
        let adopted = try adoptFiles(files)
        var objects: [StoredObject?] = Array(repeating: nil, count: folders.count)
        // A folder's number is smaller than those of the folders in it.
        for index in folders.indices.reversed() {
            var entries: [TreeEntry] = []
            for (name, child) in folders[index].children {
                switch child {
                case .file(let number):
                    let file = adopted[number]
                    entries.append(TreeEntry(name: name, content: .file(file.digest, size: file.size, isExecutable: file.isExecutable)))
                case .folder(let number):
                    guard let object = objects[number] else { preconditionFailure("folders inside come first") }
                    entries.append(TreeEntry(name: name, content: .tree(object.digest, size: object.size, files: object.files)))
                }
            }
            folders[index].children = []
            let tree = Tree(entries)
            // Each size was added up in `total` without an overflow.
            precondition(tree.totals != nil, "the files that were adopted have a sum")
            do throws(StoreError) {
                objects[index] = try store.put(tree)
            } catch {
                throw .store(error)
            }
        }
        guard let object = objects[0] else { preconditionFailure("the root is a folder") }
        return object
    }

    /// Finds everything below `root`, without opening a file.
    private func survey(_ root: [UInt8]) throws(AdoptionError) -> (folders: [Folder], files: [[UInt8]]) {
        var folders = [Folder(path: root, depth: 0)]
        var files: [[UInt8]] = []
        var next = 0
        while next < folders.count {
            let folder = folders[next]
            for entry in try list(folder.path) {
                let path = folder.path + [UInt8(ascii: "/")] + entry.name
                if path.count > Self.longestPath || folder.depth >= DirectoryImport.depthLimit {
                    throw .tooDeep(path: PathText.encode(path))
                }
                switch entry.kind {
                case .regular:
                    folders[next].children.append((entry.name, .file(files.count)))
                    files.append(path)
                case .directory:
                    folders[next].children.append((entry.name, .folder(folders.count)))
                    folders.append(Folder(path: path, depth: folder.depth + 1))
                case .symbolicLink, .other: throw unfit(path)
                }
            }
            next += 1
        }
        return (folders, files)
    }

    private func list(_ path: [UInt8]) throws(AdoptionError) -> [(name: [UInt8], kind: FileKind)] {
        do throws(SystemError) {
            do throws(SystemError) {
                return try work.folder(path).list()
            } catch {
                guard error.isForbidden else { throw error }
                // A command may take away its own permissions; the folder is ours all the same.
                try work.place(path).unlock()
                return try work.folder(path).list()
            }
        } catch {
            throw refusal(error, path)
        }
    }

    // MARK: Files

    private func adoptFiles(_ paths: [[UInt8]]) throws(AdoptionError) -> [Adopted] {
        let results = Mutex<[Adopted?]>(Array(repeating: nil, count: paths.count))
        let failure = Mutex<(index: Int, error: AdoptionError)?>(nil)
        let next = Atomic<Int>(0)
        let work: @Sendable (Int) -> Void = { [self] _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // DETERMINISM: of several failures the first in the order of the files is reported, however threads run.
                if index >= paths.count || (failure.withLock { $0 }.map { $0.index < index } ?? false) { return }
                do throws(AdoptionError) {
                    let file = try adoptFile(paths[index])
                    results.withLock { $0[index] = file }
                } catch {
                    failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
                }
            }
        }
        let threads = min(Host.coreCount, Self.threadLimit, (paths.count + 7) / 8)
        if threads <= 1 { work(0) } else { Threads.run(threads, work) }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return results.withLock { $0.compactMap { $0 } }
    }

    private func adoptFile(_ path: [UInt8]) throws(AdoptionError) -> Adopted {
        for _ in 0..<Self.attempts {
            if let adopted = try adoptOnce(path) { return adopted }
        }
        throw .changing(path: PathText.encode(path))
    }

    /// One try; nil when the file changed meanwhile.
    private func adoptOnce(_ path: [UInt8]) throws(AdoptionError) -> Adopted? {
        let file = try open(path)
        let status = try asking(path) { () throws(SystemError) in try file.status() }
        guard status.kind == .regular else { throw unfit(path) }
        try count(status.size)
        do throws(StoreError) {
            if let digest = moves && status.hardLinks == 1 ? try move(file, path, status) : try copy(file, status) {
                return Adopted(digest: digest, size: status.size, isExecutable: status.isExecutable)
            }
        } catch {
            throw .store(error)
        }
        total.subtract(status.size, ordering: .relaxed)
        return nil
    }

    private func asking<Result>(_ path: [UInt8], _ body: () throws(SystemError) -> Result) throws(AdoptionError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw refusal(error, path)
        }
    }

    /// Adds to the sum of sizes, which never passes the limit.
    private func count(_ size: Int) throws(AdoptionError) {
        var seen = total.load(ordering: .relaxed)
        while true {
            guard size <= limit - seen else { throw .tooLarge(limit: limit) }
            let (done, now) = total.compareExchange(expected: seen, desired: seen + size, ordering: .relaxed)
            if done { return }
            seen = now
        }
    }

    private func open(_ path: [UInt8]) throws(AdoptionError) -> Descriptor {
        do throws(SystemError) {
            return try work.file(path)
        } catch {
            guard error.isForbidden else { throw refusal(error, path) }
        }
        do throws(SystemError) {
            let place = try work.place(path)
            if try place.status().kind == .regular { try place.unlock() }
            return try work.file(path)
        } catch {
            throw refusal(error, path)
        }
    }

    /// Makes the file itself an object; nil when it changed meanwhile.
    private func move(_ file: borrowing Descriptor, _ path: [UInt8], _ status: FileStatus) throws(StoreError) -> Digest? {
        let digest = try DirectoryStore.refusing { () throws(SystemError) -> Digest? in
            var hasher = SHA256Hasher()
            try file.stream { (bytes) throws(SystemError) in hasher.update(bytes) }
            return try file.status().signature == status.signature ? hasher.finalize() : nil
        }
        guard let digest else { return nil }
        if try store.holds(digest) { return digest }
        let temporary = try DirectoryStore.refusing { () throws(SystemError) -> HostPath? in
            try file.setPermissions(0o444)
            try file.setTimes(FixedTime.seconds)
            let temporary = try store.temporaryPath()
            do throws(SystemError) {
                try work.move(path, to: temporary)
            } catch {
                if error.isMissing { return nil }
                throw error
            }
            // What was hashed must be what was moved.
            let moved = try Files.status(temporary, followLinks: false)?.signature
            if try moved == file.status().signature { return temporary }
            try Files.removeTree(temporary)
            return nil
        }
        guard let temporary else { return nil }
        store.adopt(temporary, as: digest)
        return digest
    }

    /// Makes an object with the bytes of the file; nil when it changed meanwhile.
    private func copy(_ file: borrowing Descriptor, _ status: FileStatus) throws(StoreError) -> Digest? {
        let copied = try DirectoryStore.refusing { () throws(SystemError) -> (temporary: HostPath, digest: Digest)? in
            let temporary = try store.temporaryPath()
            do throws(SystemError) {
                let target = try Descriptor.creating(temporary, mode: 0o444)
                var hasher = SHA256Hasher()
                try file.stream { (bytes) throws(SystemError) in
                    hasher.update(bytes)
                    try target.write(bytes)
                }
                try target.setPermissions(0o444)
                try target.setTimes(FixedTime.seconds)
                if try file.status().signature == status.signature { return (temporary, hasher.finalize()) }
            } catch {
                Files.discard(temporary)
                throw error
            }
            Files.discard(temporary)
            return nil
        }
        guard let copied else { return nil }
        do throws(StoreError) {
            if try !store.holds(copied.digest) {
                store.adopt(copied.temporary, as: copied.digest)
                return copied.digest
            }
        } catch {
            Files.discard(copied.temporary)
            throw error
        }
        Files.discard(copied.temporary)
        return copied.digest
    }
}
