import Canonical
import Platform
import Storage
import Synchronization

/// A folder that is being put together from files of this machine, links and bytes; then it becomes one tree in a store.
struct TreeDraft {
    /// What lies at one path.
    enum Source: Hashable {
        /// A file of this machine, with its executable bit.
        case file(HostPath)
        case bytes([UInt8], isExecutable: Bool)
        case link(target: [UInt8])
        case emptyFolder

        /// What to call it in a message.
        var text: String {
            switch self {
            case .file(let path): path.description
            case .bytes: "a text of mlbuild"
            case .link(let target): "a link to \(String(decoding: target, as: UTF8.self))"
            case .emptyFolder: "an empty folder"
            }
        }
    }

    /// By path: relative, its names separated by slashes.
    private(set) var sources: [[UInt8]: Source] = [:]

    /// Puts `source` at `path`; what lies there already must be the same, byte for byte.
    ///
    /// - Throws: `.clash`, `.unreadable`.
    mutating func add(_ source: Source, at path: [UInt8]) throws(PinningError) {
        guard let earlier = sources[path] else {
            sources[path] = source
            return
        }
        if earlier == source { return }
        if case .file(let first) = earlier, case .file(let second) = source, try Self.haveSameContent(first, second) { return }
        throw .clash(path: String(decoding: path, as: UTF8.self), files: [earlier.text, source.text])
    }

    func contains(_ path: [UInt8]) -> Bool { sources[path] != nil }

    /// All paths, sorted by bytes.
    var paths: [[UInt8]] { sources.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    /// The files of this machine in it, sorted and each once.
    var hostFiles: [HostPath] {
        var files: Set<HostPath> = []
        for source in sources.values { if case .file(let path) = source { files.insert(path) } }
        return files.sorted()
    }

    private static func haveSameContent(_ first: HostPath, _ second: HostPath) throws(PinningError) -> Bool {
        do throws(SystemError) {
            return try Files.read(first) == Files.read(second)
        } catch {
            throw .unreadable(error)
        }
    }

    /// Puts everything into `store`, files in parallel; durable after its next flush.
    func put(in store: DirectoryStore) throws(PinningError) -> StoredObject {
        let paths = paths
        var files: [HostPath] = []
        var fileNumbers: [[UInt8]: Int] = [:]
        for path in paths {
            guard case .file(let file)? = sources[path] else { continue }
            fileNumbers[path] = files.count
            files.append(file)
        }
        let contents = try Self.importFiles(files, store)
        let root = FolderDraft()
        for path in paths {
            let isFree: Bool
            switch sources[path] {
            case .file?:
                guard let number = fileNumbers[path] else { preconditionFailure("every file has a number") }
                isFree = root.insert(contents[number], at: path)
            case .bytes(let bytes, let isExecutable)?:
                let digest = try Self.keeping { () throws(StoreError) in try store.put(bytes) }
                isFree = root.insert(.file(digest, size: bytes.count, isExecutable: isExecutable), at: path)
            case .link(let target)?: isFree = root.insert(.link(target: target), at: path)
            case .emptyFolder?: isFree = root.insertFolder(path)
            case nil: preconditionFailure("every path has a source")
            }
            guard isFree else {
                throw .clash(path: String(decoding: path, as: UTF8.self), files: [sources[path]?.text ?? "", "a folder or link"])
            }
        }
        return try Self.keeping { () throws(StoreError) in try root.put(in: store) }
    }

    private static func keeping<Result>(_ body: () throws(StoreError) -> Result) throws(PinningError) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            throw .store(error)
        }
    }

    private static func importFiles(_ files: [HostPath], _ store: DirectoryStore) throws(PinningError) -> [TreeEntry.Content] {
        try ParallelWork.map(files) { (file) throws(PinningError) in
            let status: FileStatus?
            do throws(SystemError) {
                status = try Files.status(file)
            } catch {
                throw .unreadable(error)
            }
            do throws(ImportError) {
                guard let status else { throw .missing(file) }
                let object = try store.importData(file)
                guard object.kind == .file else { throw .unsupported(file, what: "a folder") }
                return .file(object.digest, size: object.size, isExecutable: status.isExecutable)
            } catch {
                throw .unkept(error)
            }
        }
    }
}

/// Folders by name, as they are put together; a value that becomes trees in a store.
struct FolderDraft {
    private enum Node {
        case leaf(TreeEntry.Content)
        case folder(Folder)
    }

    private final class Folder {
        var children: [[UInt8]: Node] = [:]
    }

    private let root = Folder()

    /// Puts something at a path; false when something is there already, or a file or link stands in the way.
    func insert(_ content: TreeEntry.Content, at path: [UInt8]) -> Bool {
        var names = Self.names(path)
        guard let last = names.popLast(), let folder = folder(names), folder.children[last] == nil else { return false }
        folder.children[last] = .leaf(content)
        return true
    }

    /// Makes a folder at a path; false when a file or link is there or stands in the way.
    func insertFolder(_ path: [UInt8]) -> Bool {
        folder(Self.names(path)) != nil
    }

    private func folder(_ names: [[UInt8]]) -> Folder? {
        var folder = root
        for name in names {
            switch folder.children[name] {
            case .folder(let next)?: folder = next
            case .leaf?: return nil
            case nil:
                let next = Folder()
                folder.children[name] = .folder(next)
                folder = next
            }
        }
        return folder
    }

    private static func names(_ path: [UInt8]) -> [[UInt8]] {
        let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        precondition(names.allSatisfy { Tree.isName($0) }, "a path in a tree is made of names")
        return names
    }

    func put(in store: some ObjectStore) throws(StoreError) -> StoredObject {
        try Self.put(root, store)
    }

    private static func put(_ folder: Folder, _ store: some ObjectStore) throws(StoreError) -> StoredObject {
        var entries: [TreeEntry] = []
        for (name, node) in folder.children {
            switch node {
            case .leaf(let content): entries.append(TreeEntry(name: name, content: content))
            case .folder(let child):
                let object = try put(child, store)
                entries.append(TreeEntry(name: name, content: .tree(object.digest, size: object.size, files: object.files)))
            }
        }
        // DETERMINISM: a tree puts its entries in order.
        return try store.put(Tree(entries))
    }
}

/// Independent pieces of work on all cores.
enum ParallelWork {
    /// `body` of each item, in the order of the items; of several errors the first in that order is thrown.
    static func map<Item: Sendable, Result: Sendable, Failure: Error>(
        _ items: [Item], _ body: @escaping @Sendable (Item) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        let results = Mutex<[Result?]>(Array(repeating: nil, count: items.count))
        let failure = Mutex<(index: Int, error: Failure)?>(nil)
        let next = Atomic<Int>(0)
        let work: @Sendable (Int) -> Void = { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // DETERMINISM: the first failure in the order of the items is reported, however threads run.
                if index >= items.count || (failure.withLock { $0 }.map { $0.index < index } ?? false) { return }
                do throws(Failure) {
                    let result = try body(items[index])
                    results.withLock { $0[index] = result }
                } catch {
                    failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
                }
            }
        }
        let threads = min(Host.coreCount, 8, items.count)
        if threads <= 1 { work(0) } else { Threads.run(threads, work) }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return results.withLock { $0.compactMap { $0 } }
    }
}
