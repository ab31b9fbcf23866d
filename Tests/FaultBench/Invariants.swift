import Canonical
import Platform
import Storage

/// What must hold of a store and a workspace whatever has happened to them.
enum Invariants {
    /// Nothing in the store claims to be what it is not: objects have the digest that is their name, records their objects.
    ///
    /// An object that a record names may be in quarantine instead of its place: then the result is made again.
    ///
    /// - Parameters:
    ///   - isKnown: what is damaged on purpose, by path in the store.
    ///   - isComplete: whether records have all they name; without, a result is made again. A power cut in a collection may bring that
    ///     about where changes of names need not keep their order.
    static func store(_ root: HostPath, allowing isKnown: (String) -> Bool = { _ in false }, isComplete: Bool = true) throws {
        guard try Files.status(root.appending("objects")) != nil else { return }
        let objects = root.appending("objects")
        for (hex, path, place) in try named(objects) {
            if isKnown("objects/" + path) { continue }
            guard let status = try Files.status(place, followLinks: false) else { continue }
            guard status.kind == .regular else { throw Finding("object \(path) is no file") }
            guard status.mode == 0o444 else { throw Finding("object \(path) has mode \(String(status.mode, radix: 8))") }
            guard status.hardLinks == 1 || Files.hasViews(root) else { throw Finding("object \(path) has \(status.hardLinks) names") }
            let digest = Digest.of(try Files.read(place))
            guard digest.hex == hex else { throw Finding("object \(path) is \(digest)") }
        }
        let aside = try quarantined(root)
        for (hex, path, place) in try named(root.appending("actions")) {
            if isKnown("actions/" + path) { continue }
            guard let key = Digest(hex: hex) else { throw Finding("record \(path) has no digest for a name") }
            guard let record = ActionRecord.decode(try Files.read(place), key: key) else { throw Finding("record \(path) is damaged") }
            for output in record.outputs where isComplete {
                try complete(output.object, objects, "record \(path), output '\(output.name)'", or: aside)
            }
        }
    }

    /// Nothing of what `object` consists of is missing.
    static func complete(_ object: StoredObject, _ objects: HostPath, _ what: String, or aside: Set<String> = []) throws {
        if aside.contains(object.digest.hex) { return }
        let hex = object.digest.hex
        let place = objects.appending(String(hex.prefix(2))).appending(String(hex.dropFirst(2)))
        guard let bytes = try Files.readIfPresent(place), Digest.of(bytes) == object.digest else {
            throw Finding("\(what): \(object.digest) is missing or damaged")
        }
        guard object.kind == .tree else { return }
        for entry in try Tree.decode(bytes).entries {
            switch entry.content {
            case .file(let digest, let size, _):
                try complete(StoredObject(kind: .file, digest: digest, size: size, files: 1), objects, what, or: aside)
            case .tree(let digest, let size, let files):
                try complete(StoredObject(kind: .tree, digest: digest, size: size, files: files), objects, what, or: aside)
            case .link: continue
            }
        }
    }

    /// The digits of what was put aside.
    static func quarantined(_ root: HostPath) throws -> Set<String> {
        let folder = root.appending("quarantine")
        guard try Files.status(folder) != nil else { return [] }
        return Set(try Files.list(folder).map { String(decoding: $0.name.prefix(64), as: UTF8.self) })
    }

    /// What lies in folders of two digits: the digits of its name, its path, its place.
    static func named(_ folder: HostPath) throws -> [(hex: String, path: String, place: HostPath)] {
        var found: [(hex: String, path: String, place: HostPath)] = []
        guard try Files.status(folder) != nil else { return [] }
        for fan in try Files.list(folder) {
            let first = String(decoding: fan.name, as: UTF8.self)
            guard fan.kind == .directory else { throw Finding("'\(first)' in '\(folder)' is no folder") }
            for entry in try Files.list(folder.appending(fan.name)) {
                let rest = String(decoding: entry.name, as: UTF8.self)
                found.append((first + rest, "\(first)/\(rest)", folder.appending(fan.name).appending(entry.name)))
            }
        }
        return found
    }

    /// Nothing temporary is left in workspace and store; a command that failed amid its work may leave the mark that says so.
    static func nothingTemporary(_ bench: Bench, except kept: Set<String> = [], allowingMark: Bool = false) throws {
        for place in ["tmp", "leases"] {
            let folder = bench.store.appending(place)
            guard try Files.status(folder) != nil else { continue }
            if let first = try Files.list(folder).first {
                throw Finding("'\(String(decoding: first.name, as: UTF8.self))' is left in the store's \(place)")
            }
        }
        for name in try everything(bench.work, "") where name.contains(".mlbuild-") && !kept.contains(name) {
            throw Finding("'\(name)' is left in the workspace")
        }
        if !allowingMark, try Files.status(bench.work.appending(".mlbuild/busy")) != nil {
            throw Finding("the mark of a busy workspace is left")
        }
    }

    private static func everything(_ folder: HostPath, _ prefix: String) throws -> [String] {
        var names: [String] = []
        guard try Files.status(folder) != nil else { return [] }
        for entry in try Files.list(folder) {
            let name = prefix + String(decoding: entry.name, as: UTF8.self)
            names.append(name)
            if entry.kind == .directory { names += try everything(folder.appending(entry.name), name + "/") }
        }
        return names
    }
}

extension Files {
    /// Whether a store shows trees as folders, whose files are second names of objects; one that is being made lies in `tmp`.
    fileprivate static func hasViews(_ root: HostPath) -> Bool {
        ["views", "tmp"].contains { ((try? list(root.appending($0))) ?? []).isEmpty == false }
    }
}
