internal import Canonical
package import Platform
internal import Synchronization

extension DirectoryStore {
    /// Turns a file or folder of the user into an object: its digest, and with `keep` its bytes in the store.
    ///
    /// The digest is that of the bytes that were stored; what changes while it is read is read again or refused. `path` itself
    /// may be a link; links further down are kept as links and must stay inside. Empty folders and executable bits count.
    /// mlbuild's own temporaries (`.mlbuild-*`) are no part of it. With `signatures`, files that look as before are not read.
    ///
    /// What is kept is durable after ``flush()``.
    package func importData(_ path: HostPath, keep: Bool = true, signatures: SignatureCache? = nil) throws(ImportError) -> StoredObject {
        try DirectoryImport(store: self, keep: keep, signatures: signatures).run(path)
    }
}

/// One import: first a look at everything, then files in parallel, then trees from the leaves up.
struct DirectoryImport: Sendable {
    static let depthLimit = 256
    /// How often a file that changes while it is read is read again.
    private static let attempts = 5
    private static let threadLimit = 8
    /// Files up to this size are read whole, so that those which are in the store already are not written at all.
    private static let wholeLimit = 1 << 16

    private let store: DirectoryStore
    private let keep: Bool
    private let signatures: SignatureCache?

    init(store: DirectoryStore, keep: Bool, signatures: SignatureCache?) {
        self.store = store
        self.keep = keep
        self.signatures = signatures
    }

    private enum Child {
        case file(Int)
        case folder(Int)
        case link([UInt8])
    }

    private struct Folder {
        let path: HostPath
        let depth: Int
        var signature: StatSignature?
        var children: [(name: [UInt8], child: Child)] = []
    }

    private struct ImportedFile {
        let digest: Digest
        let size: Int
        let isExecutable: Bool
    }

    func run(_ path: HostPath) throws(ImportError) -> StoredObject {
        guard let status = try look(path, followLinks: true) else { throw .missing(path) }
        switch status.kind {
        case .regular:
            let file = try importFiles([path], followLinks: true)[0]
            return StoredObject(kind: .file, digest: file.digest, size: file.size, files: 1)
        case .directory: return try importFolder(path)
        case .symbolicLink, .other: throw .unsupported(path, what: Files.kindInWords(path) ?? "gone")
        }
    }

    private func look(_ path: HostPath, followLinks: Bool) throws(ImportError) -> FileStatus? {
        do throws(SystemError) {
            return try Files.status(path, followLinks: followLinks)
        } catch {
            throw .refused(error)
        }
    }

    // MARK: Folders

    private func importFolder(_ root: HostPath) throws(ImportError) -> StoredObject {
        var (folders, files) = try survey(root)
        let imported = try importFiles(files, followLinks: false)
        // What came or went in the meantime has changed the folder's own signature.
        for folder in folders where try look(folder.path, followLinks: true)?.signature != folder.signature {
            throw .changing(folder.path)
        }
        var objects: [StoredObject?] = Array(repeating: nil, count: folders.count)
        // A folder's number is smaller than those of the folders in it.
        for index in folders.indices.reversed() {
            var entries: [TreeEntry] = []
            for (name, child) in folders[index].children {
                switch child {
                case .file(let number):
                    let file = imported[number]
                    entries.append(TreeEntry(name: name, content: .file(file.digest, size: file.size, isExecutable: file.isExecutable)))
                case .folder(let number):
                    guard let object = objects[number] else { preconditionFailure("folders inside come first") }
                    entries.append(TreeEntry(name: name, content: .tree(object.digest, size: object.size, files: object.files)))
                case .link(let target): entries.append(TreeEntry(name: name, content: .link(target: target)))
                }
            }
            folders[index].children = []
            objects[index] = try finish(Tree(entries), at: folders[index].path)
        }
        guard let object = objects[0] else { preconditionFailure("the root is a folder") }
        return object
    }

    private func finish(_ tree: Tree, at path: HostPath) throws(ImportError) -> StoredObject {
        guard let totals = tree.totals else { throw .unsupported(path, what: "larger than a store can count") }
        if !keep {
            return StoredObject(kind: .tree, digest: Digest.of(tree.encode()), size: totals.size, files: totals.files)
        }
        do throws(StoreError) {
            return try store.put(tree)
        } catch {
            throw .store(error)
        }
    }

    /// Finds everything below `root`, without reading a file.
    private func survey(_ root: HostPath) throws(ImportError) -> (folders: [Folder], files: [HostPath]) {
        var folders = [Folder(path: root, depth: 0)]
        var files: [HostPath] = []
        var realRoot: HostPath?
        let temporary = Array(Files.temporaryPrefix.utf8)
        var next = 0
        while next < folders.count {
            let folder = folders[next]
            if folder.depth > Self.depthLimit { throw .tooDeep(folder.path) }
            let entries: [(name: [UInt8], kind: FileKind)]
            do throws(SystemError) {
                // Before the listing: what comes after it shows.
                folders[next].signature = try Files.status(folder.path)?.signature
                entries = try Files.list(folder.path)
            } catch {
                throw error.isMissing ? .changing(folder.path) : .refused(error)
            }
            for entry in entries where !entry.name.starts(with: temporary) {
                let path = folder.path.appending(entry.name)
                switch entry.kind {
                case .regular:
                    folders[next].children.append((entry.name, .file(files.count)))
                    files.append(path)
                case .directory:
                    folders[next].children.append((entry.name, .folder(folders.count)))
                    folders.append(Folder(path: path, depth: folder.depth + 1))
                case .symbolicLink: folders[next].children.append((entry.name, .link(try checkLink(path, root, &realRoot))))
                case .other: throw .unsupported(path, what: Files.kindInWords(path) ?? "gone")
                }
            }
            next += 1
        }
        return (folders, files)
    }

    /// The text of a link that is relative and leads to something inside `root`.
    private func checkLink(_ path: HostPath, _ root: HostPath, _ realRoot: inout HostPath?) throws(ImportError) -> [UInt8] {
        let target = try Self.asking { () throws(SystemError) in try Files.linkTarget(path) }
        let text = String(decoding: target, as: UTF8.self)
        if target.first == UInt8(ascii: "/") { throw .escapingLink(path, target: text) }
        let top: HostPath
        if let realRoot {
            top = realRoot
        } else {
            top = try Self.asking { () throws(SystemError) in try Files.resolved(root) }
            realRoot = top
        }
        // Resolving is the only way to know: links may lead through other links.
        let real: HostPath
        do throws(SystemError) {
            real = try Files.resolved(path)
        } catch {
            throw error.isMissing ? .danglingLink(path, target: text) : .refused(error)
        }
        // With a slash at the end, so that `/data-old` is not inside `/data`.
        guard real == top || real.bytes.starts(with: top.appending([]).bytes) else { throw .escapingLink(path, target: text) }
        return target
    }

    // MARK: Files

    private func importFiles(_ paths: [HostPath], followLinks: Bool) throws(ImportError) -> [ImportedFile] {
        let lag = signatures?.clockLag() ?? 0
        let results = Mutex<[ImportedFile?]>(Array(repeating: nil, count: paths.count))
        let failure = Mutex<(index: Int, error: ImportError)?>(nil)
        let next = Atomic<Int>(0)
        let work: @Sendable (Int) -> Void = { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // DETERMINISM: of several failures the first in the order of the files is reported, however threads run.
                if index >= paths.count || (failure.withLock { $0 }.map { $0.index < index } ?? false) { return }
                do throws(ImportError) {
                    try Self.asking { () throws(SystemError) in try Interruption.check() }
                    let file = try importFile(paths[index], followLinks: followLinks, lag: lag)
                    results.withLock { $0[index] = file }
                } catch {
                    failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
                }
            }
        }
        let threads = min(Host.coreCount, Self.threadLimit, paths.count)
        if threads <= 1 { work(0) } else { Threads.run(threads, work) }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return results.withLock { $0.compactMap { $0 } }
    }

    private func importFile(_ path: HostPath, followLinks: Bool, lag: Int64) throws(ImportError) -> ImportedFile {
        for _ in 0..<Self.attempts {
            let status: FileStatus
            let taken: Taken?
            let now: Int64
            do throws(SystemError) {
                (status, taken, now) = try readOnce(path, followLinks: followLinks, lag: lag)
            } catch {
                // It was there a moment ago, and a file.
                throw error.isMissing ? .changing(path) : .refused(error)
            }
            guard let taken else { continue }
            try settle(taken)
            if case .known = taken {} else { signatures?.record(path, status.signature, taken.digest, asOf: now) }
            return ImportedFile(digest: taken.digest, size: status.size, isExecutable: status.isExecutable)
        }
        throw .changing(path)
    }

    /// Reads a file and makes sure that it was one and the same all the while; nil when it was not.
    ///
    /// `now` is a time of the clock that stamps files, before the first byte was read.
    private func readOnce(
        _ path: HostPath, followLinks: Bool, lag: Int64
    ) throws(SystemError) -> (status: FileStatus, taken: Taken?, now: Int64) {
        if let signatures, let status = try Files.status(path, followLinks: followLinks), status.kind == .regular,
            let known = signatures.digest(of: path, looking: status.signature)
        {
            // Nothing to read, unless it is to be kept and is not.
            if !keep { return (status, .known(known), 0) }
            if try store.isPresent(known) { return (status, .known(known), 0) }
        }
        let source = try Descriptor.reading(path, followLinks: followLinks)
        let before = try source.status()
        // A write is stamped when it begins: one that goes on right now would not show afterwards.
        let rest = before.signature.changed &+ before.signature.tick &- (Clock.wall() &- lag)
        if (0...before.signature.tick).contains(rest) { Clock.sleep(nanoseconds: rest + 1_000_000) }
        let now = Clock.wall() &- lag
        if try source.status().signature != before.signature { return (before, nil, now) }

        let taken = try take(source, size: before.size)
        let after = try source.status().signature
        let named = try Files.status(path, followLinks: followLinks)?.signature
        if after == before.signature, named == before.signature { return (before, taken, now) }
        if case .copied(let temporary, _) = taken { Files.discard(temporary) }
        return (before, nil, now)
    }

    /// What one reading of a file gave.
    private enum Taken {
        /// It looks as it did when it had that digest.
        case known(Digest)
        case hashed(Digest)
        case bytes([UInt8], Digest)
        /// A temporary file of the store with the bytes that the digest is of.
        case copied(HostPath, Digest)

        var digest: Digest {
            switch self {
            case .known(let digest), .hashed(let digest), .bytes(_, let digest), .copied(_, let digest): digest
            }
        }
    }

    private func take(_ source: borrowing Descriptor, size: Int) throws(SystemError) -> Taken {
        if keep, size <= Self.wholeLimit {
            let bytes = try source.readToEnd()
            return .bytes(bytes, Digest.of(bytes))
        }
        var hasher = SHA256Hasher()
        if !keep {
            try source.stream { (bytes) throws(SystemError) in
                try Interruption.check()
                hasher.update(bytes)
            }
            return .hashed(hasher.finalize())
        }
        let temporary = try store.temporaryPath()
        do throws(SystemError) {
            let target = try Descriptor.creating(temporary, mode: 0o444)
            if try target.clone(source) {
                try target.stream { (bytes) throws(SystemError) in
                    try Interruption.check()
                    hasher.update(bytes)
                }
            } else {
                try source.stream { (bytes) throws(SystemError) in
                    try Interruption.check()
                    hasher.update(bytes)
                    try target.write(bytes)
                }
            }
            try target.setPermissions(0o444)
        } catch {
            Files.discard(temporary)
            throw error
        }
        return .copied(temporary, hasher.finalize())
    }

    private func settle(_ taken: Taken) throws(ImportError) {
        do throws(StoreError) {
            switch taken {
            case .known, .hashed: return
            case .bytes(let bytes, _): try store.put(bytes)
            case .copied(let temporary, let digest):
                if try store.holds(digest) { Files.discard(temporary) } else { store.adopt(temporary, as: digest) }
            }
        } catch {
            if case .copied(let temporary, _) = taken { Files.discard(temporary) }
            throw .store(error)
        }
    }

    private static func asking<Result>(_ body: () throws(SystemError) -> Result) throws(ImportError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .refused(error)
        }
    }
}
