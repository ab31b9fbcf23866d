import Glibc
import Platform

/// A model of what POSIX promises about a power cut: what was synced is there, of the rest anything may be missing.
///
/// Names and contents are kept apart. A folder's sync makes the changes of names in it durable, a file's sync its bytes; changes of
/// one name keep their order, and a rename happens as a whole or not at all.
struct Disk {
    private struct Node {
        let isFolder: Bool
        let link: [UInt8]?
        var mode: UInt32
        /// What readers see.
        var bytes: [UInt8] = []
        /// What the medium has; nil for nothing at all.
        var durable: [UInt8]?
        var children: [String: Int] = [:]
        var durableChildren: [String: Int] = [:]

        init(isFolder: Bool, mode: UInt32, link: [UInt8]? = nil) {
            self.isFolder = isFolder
            self.mode = mode
            self.link = link
        }
    }

    /// What becomes of one name in one folder.
    private struct Effect {
        let folder: Int
        let name: String
        let node: Int?
    }

    private var nodes: [Node] = []
    /// By the number that the file system had for them.
    private var numbers: [UInt64: Int] = [:]
    /// Changes of names that are not durable, the oldest first.
    private var pending: [[Effect]] = []
    private let root: String

    /// - Parameter root: where `image` lies, everything in it durable.
    init(_ image: FolderImage, at root: HostPath) throws(SystemError) {
        self.root = root.description
        nodes.append(Node(isFolder: true, mode: 0o755))
        try register(0, at: root)
        for (path, item) in image.items {
            var node: Node
            switch item {
            case .folder(let mode): node = Node(isFolder: true, mode: mode)
            case .file(let bytes, let mode):
                node = Node(isFolder: false, mode: mode)
                node.bytes = bytes
                node.durable = bytes
            case .link(let target): node = Node(isFolder: false, mode: 0o777, link: target)
            case .other: continue
            }
            nodes.append(node)
            guard let (folder, name) = place("\(root)/\(path)") else { continue }
            nodes[folder].children[name] = nodes.count - 1
            nodes[folder].durableChildren[name] = nodes.count - 1
            try register(nodes.count - 1, at: root.appending(path))
        }
    }

    private mutating func register(_ node: Int, at path: HostPath) throws(SystemError) {
        if let status = try Files.status(path, followLinks: false) { numbers[status.signature.inode] = node }
    }

    /// The folder and the name in it that a path leads to; nil for what lies elsewhere.
    private func place(_ path: String) -> (folder: Int, name: String)? {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let start = root.split(separator: "/")
        guard parts.count > start.count, parts.starts(with: start) else { return nil }
        var folder = 0
        for part in parts[start.count..<(parts.count - 1)] {
            guard let next = nodes[folder].children[String(part)], nodes[next].isFolder else { return nil }
            folder = next
        }
        return (folder, String(parts[parts.count - 1]))
    }

    private func node(at path: String) -> Int? { place(path).flatMap { nodes[$0.folder].children[$0.name] } }

    private mutating func change(_ effects: [Effect]) {
        for effect in effects { nodes[effect.folder].children[effect.name] = effect.node }
        pending.append(effects)
    }

    /// Does what a log says.
    mutating func apply(_ entry: DoorLog.Entry) {
        switch entry {
        case .make(let path, let number, let isFolder, let mode):
            guard let (folder, name) = place(path), nodes[folder].children[name] == nil else { return }
            nodes.append(Node(isFolder: isFolder, mode: mode))
            numbers[number] = nodes.count - 1
            change([Effect(folder: folder, name: name, node: nodes.count - 1)])
        case .symlink(let path, let text):
            guard let (folder, name) = place(path) else { return }
            nodes.append(Node(isFolder: false, mode: 0o777, link: text))
            change([Effect(folder: folder, name: name, node: nodes.count - 1)])
        case .write(let number, let offset, let bytes):
            guard let node = numbers[number] else { return }
            let missing = offset + bytes.count - nodes[node].bytes.count
            if missing > 0 { nodes[node].bytes += [UInt8](repeating: 0, count: missing) }
            nodes[node].bytes.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        case .resize(let number, let size):
            guard let node = numbers[number] else { return }
            let kept = nodes[node].bytes.prefix(size)
            nodes[node].bytes = kept + [UInt8](repeating: 0, count: size - kept.count)
        case .mode(let number, let mode):
            if let node = numbers[number] { nodes[node].mode = mode }
        case .rename(let from, let to, let flags): rename(from, to, flags)
        case .link(let from, let to):
            guard let node = node(at: from), let (folder, name) = place(to) else { return }
            change([Effect(folder: folder, name: name, node: node)])
        case .remove(let path):
            guard let (folder, name) = place(path) else { return }
            change([Effect(folder: folder, name: name, node: nil)])
        case .sync(let number):
            if let node = numbers[number] { sync(node) }
        case .syncAll:
            for effects in pending { settle(effects) }
            pending = []
            for index in nodes.indices where !nodes[index].isFolder { nodes[index].durable = nodes[index].bytes }
        }
    }

    private mutating func rename(_ from: String, _ to: String, _ flags: Int32) {
        let exchange: Int32 = 2
        guard let source = place(from), let moved = nodes[source.folder].children[source.name] else { return }
        guard let target = place(to) else {
            // Out of sight: it is gone from here.
            return change([Effect(folder: source.folder, name: source.name, node: nil)])
        }
        let other = flags & exchange != 0 ? nodes[target.folder].children[target.name] : nil
        change([
            Effect(folder: source.folder, name: source.name, node: other), Effect(folder: target.folder, name: target.name, node: moved),
        ])
    }

    private mutating func settle(_ effects: [Effect]) {
        for effect in effects { nodes[effect.folder].durableChildren[effect.name] = effect.node }
    }

    private mutating func sync(_ number: Int) {
        guard nodes[number].isFolder else {
            nodes[number].durable = nodes[number].bytes
            return
        }
        settle { effects in effects.contains { $0.folder == number } }
    }

    /// Makes the changes that `isMeant` takes durable, and those before them of the same names.
    private mutating func settle(_ isMeant: ([Effect]) -> Bool) {
        var names: Set<String> = []
        var chosen = Set<Int>()
        for index in pending.indices.reversed() {
            let touched = pending[index].map { "\($0.folder)/\($0.name)" }
            guard isMeant(pending[index]) || touched.contains(where: names.contains) else { continue }
            chosen.insert(index)
            names.formUnion(touched)
        }
        for index in pending.indices where chosen.contains(index) { settle(pending[index]) }
        pending = pending.indices.filter { !chosen.contains($0) }.map { pending[$0] }
    }

    /// What may be there after a cut now; the disk itself is of no use any more.
    mutating func cut(_ random: inout Seeded) -> FolderImage {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1:
            for effects in pending { settle(effects) }
        case 2:
            // As a journal has them: up to some moment.
            for effects in pending.prefix(Int.random(in: 0...pending.count, using: &random)) { settle(effects) }
        default:
            var draws = pending.map { _ in Bool.random(using: &random) }[...]
            settle { _ in draws.popLast() ?? false }
        }
        let fate = Int.random(in: 0..<5, using: &random)
        var items: [(path: String, item: FolderImage.Item)] = []
        list(0, "", fate, &random, &items)
        return FolderImage(items: items)
    }

    private func list(
        _ folder: Int, _ prefix: String, _ fate: Int, _ random: inout Seeded, _ items: inout [(path: String, item: FolderImage.Item)]
    ) {
        // DETERMINISM: the order of a dictionary changes per process.
        for (name, number) in nodes[folder].durableChildren.sorted(by: { $0.key < $1.key }) {
            let node = nodes[number]
            let path = prefix + name
            if let link = node.link {
                items.append((path, .link(link)))
            } else if node.isFolder {
                items.append((path, .folder(mode: node.mode)))
                list(number, path + "/", fate, &random, &items)
            } else {
                items.append(
                    (path, .file(Self.content(node, fate == 4 ? Int.random(in: 0..<4, using: &random) : fate, &random), mode: node.mode)))
            }
        }
    }

    /// The bytes of a file after a cut: what is not synced may be there, in part, as zeros, or not at all.
    private static func content(_ node: Node, _ fate: Int, _ random: inout Seeded) -> [UInt8] {
        if node.durable == node.bytes { return node.bytes }
        switch fate {
        case 0: return node.durable ?? []
        case 1: return node.bytes
        case 2: return Array(node.bytes.prefix(Int.random(in: 0...node.bytes.count, using: &random)))
        default: return [UInt8](repeating: 0, count: node.bytes.count)
        }
    }
}
