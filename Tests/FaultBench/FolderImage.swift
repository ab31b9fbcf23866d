import Canonical
import Glibc
import Platform

/// A folder with all that is in it, held in memory: taken once, laid out again and again.
struct FolderImage {
    enum Item: Hashable {
        case folder(mode: UInt32)
        case file([UInt8], mode: UInt32)
        case link([UInt8])
        /// A fifo or the like.
        case other
    }

    /// By paths relative to the folder, in an order in which folders come before what is in them.
    private(set) var items: [(path: String, item: Item)] = []

    init(items: [(path: String, item: Item)]) { self.items = items }

    init(of root: HostPath) throws(SystemError) { try take(root, "") }

    private mutating func take(_ root: HostPath, _ prefix: String) throws(SystemError) {
        for entry in try Files.list(prefix.isEmpty ? root : root.appending(prefix)) {
            let path = prefix + String(decoding: entry.name, as: UTF8.self)
            let place = root.appending(path)
            guard let status = try Files.status(place, followLinks: false) else { continue }
            switch entry.kind {
            case .regular: items.append((path, .file(try Files.read(place), mode: status.mode)))
            case .symbolicLink: items.append((path, .link(try Files.linkTarget(place))))
            case .other: items.append((path, .other))
            case .directory:
                items.append((path, .folder(mode: status.mode)))
                try take(root, path + "/")
            }
        }
    }

    /// Puts everything into the folder `root`, which is made and has to be empty.
    func lay(out root: HostPath) throws(SystemError) {
        try Files.makeDirectories(root)
        for (path, item) in items {
            let place = root.appending(path)
            switch item {
            case .folder(let mode):
                try Files.makeDirectory(place)
                try Files.setPermissions(place, mode)
            case .file(let bytes, let mode):
                let file = try Descriptor.creating(place, mode: 0o600)
                try file.write(bytes)
                try file.setPermissions(mode)
            case .link(let target): try Files.makeSymbolicLink(place, to: target)
            case .other: continue
            }
        }
    }

    /// The digests of all files whose paths `isMeant` takes.
    func digests(_ isMeant: (String) -> Bool) -> [String: Digest] {
        var result: [String: Digest] = [:]
        for (path, item) in items where isMeant(path) {
            switch item {
            case .file(let bytes, _): result[path] = Digest.of(bytes)
            case .link(let target): result[path] = Digest.of(target)
            case .folder, .other: continue
            }
        }
        return result
    }

    func file(_ path: String) -> [UInt8]? {
        for entry in items where entry.path == path {
            if case .file(let bytes, _) = entry.item { return bytes }
        }
        return nil
    }
}
