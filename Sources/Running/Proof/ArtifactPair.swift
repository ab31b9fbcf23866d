import Canonical
import Comparing
import Storage

/// Finds what tells a recorded artifact from one that was made again.
struct ArtifactPair {
    /// Has the recorded one, and perhaps the new one.
    let store: DirectoryStore
    /// Has the new one where the store does not.
    let fresh: MemoryStore
    /// The path of the output in the workspace.
    let path: String

    /// Larger files are told by their digests alone.
    private static let largest = 512 << 20

    private func read(_ digest: Digest) throws(StoreError) -> [UInt8] {
        try fresh.contains(digest) ? fresh.read(digest) : store.read(digest)
    }

    private func entries(_ digest: Digest) throws(StoreError) -> [TreeEntry] {
        try fresh.contains(digest) ? fresh.tree(digest).entries : store.tree(digest).entries
    }

    /// A file on both sides, as far as it is there.
    private struct Differing {
        let path: [UInt8]
        let before: TreeEntry.Content?
        let after: TreeEntry.Content?
    }

    func difference(of output: String, _ before: StoredObject, _ after: StoredObject) throws(StoreError) -> OutputDifference {
        guard before.kind == .tree, after.kind == .tree else {
            let isFile = before.kind == .file && after.kind == .file
            let sizes = before.size <= Self.largest && after.size <= Self.largest
            let comparison = isFile && sizes ? Comparison.between(try read(before.digest), try read(after.digest), name: path) : nil
            return OutputDifference(
                output: output, path: "", others: 0, comparison: comparison, before: before.digest, after: after.digest)
        }
        let differing = try self.differing(before.digest, after.digest)
        guard let first = differing.first else {
            // The same files in the same places: then the trees are the same, too.
            return OutputDifference(output: output, path: "", others: 0, comparison: nil, before: before.digest, after: after.digest)
        }
        var comparison: Comparison?
        if case .file(let left, let leftSize, _) = first.before, case .file(let right, let rightSize, _) = first.after,
            leftSize <= Self.largest, rightSize <= Self.largest
        {
            comparison = Comparison.between(try read(left), try read(right), name: String(decoding: first.path, as: UTF8.self))
        }
        return OutputDifference(
            output: output, path: PathText.encode(first.path), others: differing.count - 1, comparison: comparison,
            before: Self.digest(first.before), after: Self.digest(first.after))
    }

    private static func digest(_ content: TreeEntry.Content?) -> Digest? {
        switch content {
        case .file(let digest, _, _), .tree(let digest, _, _): digest
        case .link(let target): Digest.of(target)
        case nil: nil
        }
    }

    /// Everything that differs, by the bytes of the paths; folders that both have are looked into.
    private func differing(_ before: Digest, _ after: Digest) throws(StoreError) -> [Differing] {
        var result: [Differing] = []
        var waiting: [(path: [UInt8], before: Digest, after: Digest)] = [([], before, after)]
        while let (folder, before, after) = waiting.popLast() {
            let (left, right) = (try entries(before), try entries(after))
            var (i, j) = (0, 0)
            while i < left.count || j < right.count {
                let isLeft = j == right.count || (i < left.count && !right[j].name.lexicographicallyPrecedes(left[i].name))
                let isRight = i == left.count || (j < right.count && !left[i].name.lexicographicallyPrecedes(right[j].name))
                let name = isLeft ? left[i].name : right[j].name
                let pair = (before: isLeft ? left[i].content : nil, after: isRight ? right[j].content : nil)
                if isLeft { i += 1 }
                if isRight { j += 1 }
                if pair.before == pair.after { continue }
                if case .tree(let before, _, _) = pair.before, case .tree(let after, _, _) = pair.after {
                    waiting.append((folder + name + [UInt8(ascii: "/")], before, after))
                } else {
                    result.append(Differing(path: folder + name, before: pair.before, after: pair.after))
                }
            }
        }
        return result.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }
}
