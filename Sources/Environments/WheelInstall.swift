import Archives
import Canonical
import Locking
import Storage

/// Installs wheels as the binary distribution format says, into trees instead of a folder.
///
/// The result follows from the wheel and the interpreter's release alone: no bytecode, no time, no path of this machine, no pip.
// SPEC: environments.md#wheels
struct WheelInstall {
    /// The version of how wheels are installed; part of the keys of installed wheels.
    static let version = 1

    /// Where wheels belong.
    struct Place: Hashable, Sendable {
        /// The name of the standard library's folder, such as `python3.11`.
        let libraryName: String

        var packages: String { "env/lib/\(libraryName)/site-packages" }
        var headers: String { "env/include/site/\(libraryName)" }

        /// Where the interpreter among `programs` looks for packages; nil when none of them is one.
        static func find(in programs: [StoredObject], _ store: DirectoryStore) throws(StoreError) -> Place? {
            for program in programs {
                guard let library = try TreePath.find("env/lib", in: program, store) else { continue }
                for entry in try store.tree(library.digest).entries where entry.name.starts(with: "python".utf8) {
                    if case .tree = entry.content { return Place(libraryName: String(decoding: entry.name, as: UTF8.self)) }
                }
            }
            return nil
        }
    }

    /// Why a wheel cannot be installed.
    enum Failure: Error {
        case store(StoreError)
        /// The wheel itself is not in order.
        case bad(String)
    }

    /// The tree of a wheel installed at `place`, and the record that says so; from the cache when there is one.
    ///
    /// The record is nil when it came from the cache; else it is to be published with what uses the tree.
    static func install(
        _ wheel: WheelFile, at place: Place, _ store: DirectoryStore
    ) throws(Failure) -> (tree: StoredObject, record: ActionRecord?) {
        let document: JSONValue = [
            "fileName": .string(wheel.fileName), "kind": "wheel", "library": .string(place.libraryName), "version": .integer(version),
            "wheel": .string(wheel.digest.description),
        ]
        let bytes: [UInt8]
        do throws(StoreError) {
            if let known = try store.record(for: CanonicalJSON.digest(document))?.output(outputName), known.kind == .tree {
                if try store.missing(in: known).isEmpty { return (known, nil) }
            }
            bytes = try store.read(wheel.digest)
        } catch {
            throw .store(error)
        }
        let tree = try WheelInstall(try Wheel(bytes, fileName: wheel.fileName), place: place, store: store).run()
        return (tree, ActionRecord(document: document, outputs: [(outputName, tree)]))
    }

    private static let outputName = "tree"

    private let wheel: Wheel
    private let place: Place
    private let store: DirectoryStore

    private init(_ wheel: Wheel, place: Place, store: DirectoryStore) {
        self.wheel = wheel
        self.place = place
        self.store = store
    }

    /// One file of the wheel, and where it goes.
    private struct Item: Sendable {
        let entry: ZipEntry
        let path: String
        let isScript: Bool
    }

    private func run() throws(Failure) -> StoredObject {
        var items: [Item] = []
        for entry in wheel.archive.entries where !entry.isFolder { items.append(try item(entry)) }
        let wheel = wheel
        let store = store
        // Each file goes straight into the store: memory is the wheel and the files that are being unpacked.
        let contents = try ParallelWork.map(items) { (item) throws(Failure) in try Self.put(item, wheel, store) }

        let folder = FolderDraft()
        func insert(_ content: TreeEntry.Content, at path: String) throws(Failure) {
            guard folder.insert(content, at: Array(path.utf8)) else { throw .bad("it puts two things at '\(path)'") }
        }
        let scripts = try wheel.entryPoints()
        let commands = Set(scripts.map { Array("env/bin/\($0.name)".utf8) })
        for (item, content) in zip(items, contents) {
            // As other installers have it: the entry point replaces a script of the same name.
            if commands.contains(Array(item.path.utf8)) { continue }
            try insert(content, at: item.path)
        }
        for script in scripts {
            try insert(try Self.put(Array(script.text.utf8), isExecutable: true, store), at: "env/bin/\(script.name)")
        }
        let installer = "\(place.packages)/\(wheel.informationFolder)/INSTALLER"
        if !items.contains(where: { $0.path.utf8.elementsEqual(installer.utf8) }) {
            try insert(try Self.put(Array("mlbuild\n".utf8), isExecutable: false, store), at: installer)
        }
        do throws(StoreError) {
            return try folder.put(in: store)
        } catch {
            throw .store(error)
        }
    }

    /// Where an entry belongs: beside the other packages, or where its `.data` folder says.
    private func item(_ entry: ZipEntry) throws(Failure) -> Item {
        let data = wheel.dataFolder + "/"
        guard entry.path.utf8.starts(with: data.utf8) else {
            return Item(entry: entry, path: "\(place.packages)/\(entry.path)", isScript: false)
        }
        let parts = entry.path.utf8.dropFirst(data.utf8.count).split(separator: UInt8(ascii: "/"), maxSplits: 1)
        guard parts.count == 2, let scheme = String(parts[0]), let rest = String(parts[1]) else {
            throw .bad("'\(entry.path)' is a file in '\(wheel.dataFolder)', which has folders only")
        }
        switch scheme {
        case "purelib", "platlib": return Item(entry: entry, path: "\(place.packages)/\(rest)", isScript: false)
        case "headers": return Item(entry: entry, path: "\(place.headers)/\(wheel.project)/\(rest)", isScript: false)
        case "data": return Item(entry: entry, path: "env/\(rest)", isScript: false)
        case "scripts": return Item(entry: entry, path: "env/bin/\(rest)", isScript: true)
        default: throw .bad("it has files for '\(scheme)', which no version of the wheel format knows")
        }
    }

    private static func put(_ item: Item, _ wheel: Wheel, _ store: DirectoryStore) throws(Failure) -> TreeEntry.Content {
        var bytes = try wheel.content(of: item.entry)
        let digest = try keep(bytes, store)
        if let recorded = wheel.recorded[Array(item.entry.path.utf8)], recorded != digest {
            throw .bad("'\(item.entry.path)' is not the file that its own RECORD lists (recorded: \(recorded), found: \(digest))")
        }
        guard item.isScript, let script = Self.script(bytes) else {
            return .file(digest, size: bytes.count, isExecutable: item.isScript || item.entry.isExecutable)
        }
        bytes = script
        return try put(bytes, isExecutable: true, store)
    }

    private static func put(_ bytes: [UInt8], isExecutable: Bool, _ store: DirectoryStore) throws(Failure) -> TreeEntry.Content {
        .file(try keep(bytes, store), size: bytes.count, isExecutable: isExecutable)
    }

    private static func keep(_ bytes: [UInt8], _ store: DirectoryStore) throws(Failure) -> Digest {
        do throws(StoreError) {
            return try store.put(bytes)
        } catch {
            throw .store(error)
        }
    }

    /// A script with its first line, `#!python`, made to start the environment's interpreter; nil when it has another.
    static func script(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.starts(with: "#!python".utf8) else { return nil }
        let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        return Array(EntryPoint.firstLine.utf8) + bytes[end...]
    }
}
