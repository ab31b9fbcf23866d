internal import Canonical
internal import Platform

/// The import of a folder: its folders are surveyed, then its files looked at, then those that changed are read; trees come last.
///
/// What did not change costs one `stat`: neither its bytes are read, nor its folder is listed, nor is a tree made anew.
struct FolderImport {
    /// Files of one folder that one thread looks at in one go.
    private static let portion = 4096
    /// Up to so many files are asked for their sizes before they are read.
    private static let sizedLimit = 4096

    private let task: DirectoryImport
    private let root: HostPath
    private let store: DirectoryStore
    private let lag: Int64
    /// Stands for a store in which everything is that was there; 0 for none.
    let completeness: UInt64

    /// A folder inside another, by their numbers.
    private struct Child {
        /// The number of its name in the folder around it.
        let name: Int
        let folder: Int
    }

    /// - Parameter believes: whether what the store once had is believed to be there still.
    init(_ task: DirectoryImport, root: HostPath, believes: Bool = true) {
        self.task = task
        self.root = root
        store = task.store
        lag = task.signatures?.clockLag() ?? 0
        completeness = believes && task.signatures != nil ? store.completeness(task.keeping) : 0
    }

    func run() throws(ImportError) -> DataLook {
        var (folders, children) = try survey()
        let suspects = try suspects(folders)
        let files = try read(suspects, folders)
        // What came or went in the meantime has changed the folder's own signature.
        let roots = folders.map { ($0.path, $0.signature) }
        _ = try ParallelMap.run(roots.count, perThread: 64, context: {}) { (_, number) throws(ImportError) in
            let (path, signature) = roots[number]
            let now = try DirectoryImport.asking { () throws(SystemError) in try Files.status(path)?.signature }
            if now != signature { throw .changing(path) }
        }
        var changed = [Bool](repeating: false, count: folders.count)
        for ((folder, number), file) in zip(suspects, files) {
            folders[folder].set(number, file)
            changed[folder] = true
        }
        let trees = try makeTrees(folders, children, changed)
        let look = try look(folders, trees[0].object, isWatchable: files.allSatisfy { $0.now != nil })
        if let signatures = task.signatures {
            for ((folder, number), file) in zip(suspects, files) where !file.isSettled {
                folders[folder].distrust(number)
            }
            let records = trees.enumerated().compactMap { number, made in made.isNew ? record(folders[number], made.object) : nil }
            signatures.record(records, below: root, task.rules, present: Set(folders.map(\.path.bytes)))
        }
        return look
    }

    /// What all of it looked like.
    private func look(_ folders: [SurveyedFolder], _ object: StoredObject, isWatchable: Bool) throws(ImportError) -> DataLook {
        guard let label = task.label else { return DataLook(object: object, paths: [], signatures: [], isWatchable: isWatchable) }
        var paths: [UInt8] = []
        var signatures: [UInt8] = []
        for folder in folders {
            let place = folder.inner.reduce(label) { $0 + [UInt8(ascii: "/")] + $1 }
            paths += place
            paths.append(0)
            signatures += folder.signature.bytes
            var links = folder.links.makeIterator()
            for number in 0..<folder.count where folder.tags[number] != FolderRecord.Tag.folder {
                paths += place
                paths.append(UInt8(ascii: "/"))
                paths += folder.name(number)
                paths.append(0)
                if folder.tags[number] != FolderRecord.Tag.link {
                    signatures += folder.signatures[(number * StatSignature.byteCount)..<((number + 1) * StatSignature.byteCount)]
                    continue
                }
                precondition(links.next()?.number == number, "links are known in the order of their names")
                let status = try DirectoryImport.asking { () throws(SystemError) in try Files.status(folder.place(number)) }
                guard let status else { throw .changing(folder.place(number)) }
                signatures += status.signature.bytes
            }
        }
        return DataLook(object: object, paths: paths, signatures: signatures, isWatchable: isWatchable)
    }

    // MARK: Surveying

    /// All folders, each before those in it; level by level, so that those of one level are surveyed side by side.
    private func survey() throws(ImportError) -> ([SurveyedFolder], [[Child]]) {
        var folders: [SurveyedFolder] = []
        var children: [[Child]] = []
        var level: [(path: HostPath, inner: [[UInt8]])] = [(root, [])]
        let (signatures, rules, lag, root) = (task.signatures, task.rules, lag, root)
        while !level.isEmpty {
            let current = level
            if current[0].inner.count > DirectoryImport.depthLimit { throw .tooDeep(current[0].path) }
            let surveyed = try ParallelMap.run(current.count, perThread: 4, context: {}) { (_, index) throws(ImportError) in
                try DirectoryImport.asking { () throws(SystemError) in try Interruption.check() }
                let (path, inner) = current[index]
                let known = signatures?.folder(path, rules, depth: inner.count)
                var folder = try SurveyedFolder(path, inner: inner, known: known, rules: rules, lag: lag)
                for number in 0..<folder.count where folder.tags[number] == FolderRecord.Tag.link {
                    folder.links.append((number, try LinkCheck.target(folder.place(number), root)))
                }
                return folder
            }
            level = []
            let next = folders.count + surveyed.count
            for folder in surveyed {
                var inside: [Child] = []
                for number in 0..<folder.count where folder.tags[number] == FolderRecord.Tag.folder {
                    inside.append(Child(name: number, folder: next + level.count))
                    level.append((folder.place(number), folder.inner + [Array(folder.name(number))]))
                }
                children.append(inside)
            }
            folders += surveyed
        }
        return (folders, children)
    }

    // MARK: Files

    /// Whether the store is known to have all that the folder named when it was last imported.
    private func isComplete(_ folder: SurveyedFolder) throws(ImportError) -> Bool {
        if task.keeping == .nothing { return true }
        guard let known = folder.known, completeness != 0, known.store == completeness, let tree = known.tree else { return false }
        return try DirectoryImport.storing { () throws(StoreError) in try store.contains(tree.digest) }
    }

    /// The files that have to be read, by folder and number: those that look different, and those that are to be kept and are not.
    private func suspects(_ folders: [SurveyedFolder]) throws(ImportError) -> [(folder: Int, number: Int)] {
        var portions: [(folder: Int, range: Range<Int>)] = []
        for (index, folder) in folders.enumerated() {
            for start in stride(from: 0, to: folder.count, by: Self.portion) {
                portions.append((index, start..<min(start + Self.portion, folder.count)))
            }
        }
        let (all, store) = (portions, store)
        let found = try ParallelMap.run(all.count, context: {}) { (_, index) throws(ImportError) -> [(folder: Int, number: Int)] in
            try DirectoryImport.asking { () throws(SystemError) in try Interruption.check() }
            let (number, range) = all[index]
            let folder = folders[number]
            var suspects = try folder.suspects(in: range)
            if task.keep, try !isComplete(folder) {
                let different = Set(suspects)
                store.claim(range.filter { FolderRecord.Tag.isFile(folder.tags[$0]) && !different.contains($0) }.map(folder.digest))
                for number in range where FolderRecord.Tag.isFile(folder.tags[number]) && !different.contains(number) {
                    let isThere = try DirectoryImport.asking { () throws(SystemError) in try store.isPresent(folder.digest(number)) }
                    if !isThere { suspects.append(number) }
                }
                suspects.sort()
            }
            return suspects.map { (number, $0) }
        }
        return found.flatMap { $0 }
    }

    private func read(_ suspects: [(folder: Int, number: Int)], _ folders: [SurveyedFolder]) throws(ImportError) -> [ImportedFile] {
        if suspects.isEmpty { return [] }
        var bytes: Int?
        if task.progress != nil, suspects.count <= Self.sizedLimit {
            bytes = suspects.reduce(0) { sum, suspect in
                let size = (try? Files.status(folders[suspect.folder].place(suspect.number), followLinks: false))?.size ?? 0
                return sum.addingReportingOverflow(size).partialValue
            }
        }
        let intake = task.intake(allFiles: suspects.count, allBytes: bytes)
        return try ParallelMap.run(suspects.count, context: { ReadBuffer() }) { (buffer, index) throws(ImportError) in
            try DirectoryImport.asking { () throws(SystemError) in try Interruption.check() }
            let (folder, number) = suspects[index]
            return try intake.read(folders[folder].place(number), followLinks: false, isWatched: true, buffer)
        }
    }

    // MARK: Trees

    private struct Made {
        let object: StoredObject
        /// Whether the cache of signatures does not know it as it is now.
        let isNew: Bool
        /// Whether it is another than before.
        let isOther: Bool
    }

    /// The trees of all folders, from the leaves up; one in which nothing changed is the one that it was.
    private func makeTrees(_ folders: [SurveyedFolder], _ children: [[Child]], _ changed: [Bool]) throws(ImportError) -> [Made] {
        var made: [Made?] = Array(repeating: nil, count: folders.count)
        for index in folders.indices.reversed() {
            let folder = folders[index]
            let inside = children[index].map { child -> (name: Int, object: StoredObject) in
                guard let made = made[child.folder] else { preconditionFailure("folders inside come first") }
                return (child.name, made.object)
            }
            let isSame =
                folder.hasKnownNames && !changed[index] && folder.links.isEmpty
                && !children[index].contains { made[$0.folder]?.isOther ?? true }
            if isSame, let tree = folder.known?.tree, try isComplete(folder) {
                made[index] = Made(object: tree, isNew: false, isOther: false)
                continue
            }
            let object = try makeTree(folder, inside)
            made[index] = Made(object: object, isNew: true, isOther: object != folder.known?.tree)
        }
        return made.compactMap { $0 }
    }

    private func makeTree(_ folder: SurveyedFolder, _ inside: [(name: Int, object: StoredObject)]) throws(ImportError) -> StoredObject {
        guard let packed = TreePacking.pack(folder, inside) else {
            throw .unsupported(folder.path, what: "larger than a store can count")
        }
        let tree = StoredObject(kind: .tree, digest: Digest.of(packed.bytes), size: packed.size, files: packed.files)
        if task.keeping == .nothing { return tree }
        if tree == folder.known?.tree, try isComplete(folder) { return tree }
        do throws(StoreError) {
            try packed.bytes.withRawBytes { (raw) throws(StoreError) in try store.put(raw, tree.digest) }
            return tree
        } catch {
            throw .store(error)
        }
    }

    private func record(_ folder: SurveyedFolder, _ tree: StoredObject) -> FolderRecord {
        FolderRecord(
            path: folder.path, signature: folder.signature.isSettled(asOf: folder.now) ? folder.signature : nil, tree: tree,
            rules: task.rules.fingerprint(depth: folder.inner.count), store: completeness, names: folder.names, tags: folder.tags,
            signatures: folder.signatures,
            digests: folder.digests)
    }
}

extension SurveyedFolder {
    /// Forgets what a file looked like: a change of it need not show.
    mutating func distrust(_ number: Int) {
        let range = (number * StatSignature.byteCount)..<((number + 1) * StatSignature.byteCount)
        signatures.replaceSubrange(range, with: repeatElement(0, count: StatSignature.byteCount))
    }
}
