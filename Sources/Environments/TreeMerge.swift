import Canonical
import Storage

/// Lays trees over each other: each folder has what any of them has in it.
struct TreeMerge {
    /// One tree, and what to call it when it gets in another's way.
    struct Layer {
        let part: String
        let tree: StoredObject
    }

    private struct Candidate {
        let part: String
        let content: TreeEntry.Content
    }

    /// More folders inside each other than any program needs; hostile trees must not exhaust the stack.
    private static let deepest = 512

    private let store: any ObjectStore

    /// One tree of them all, in the store.
    ///
    /// What only one of them has, and what is the same in all, is taken over without being looked at.
    ///
    /// - Throws: `.clash` for the first path in the order of bytes that they disagree about; `.store`.
    static func merge(_ layers: [Layer], _ store: any ObjectStore) throws(EnvironmentError) -> StoredObject {
        let candidates = layers.map { layer in
            Candidate(part: layer.part, content: .tree(layer.tree.digest, size: layer.tree.size, files: layer.tree.files))
        }
        guard case .tree(let digest, let size, let files) = try TreeMerge(store: store).merge(candidates, at: [], depth: 0) else {
            preconditionFailure("folders make a folder")
        }
        return StoredObject(kind: .tree, digest: digest, size: size, files: files)
    }

    private func merge(_ candidates: [Candidate], at path: [UInt8], depth: Int) throws(EnvironmentError) -> TreeEntry.Content {
        if let first = candidates.first, candidates.dropFirst().allSatisfy({ $0.content == first.content }) { return first.content }
        var byName: [[UInt8]: [Candidate]] = [:]
        for candidate in candidates {
            guard case .tree(let digest, _, _) = candidate.content else {
                let other = candidates.first { $0.content != candidate.content } ?? candidate
                let parts = candidates.firstIndex { $0.content == candidate.content } == 0 ? [candidate, other] : [other, candidate]
                throw .clash(path: String(decoding: path, as: UTF8.self), parts: parts.map(\.part))
            }
            guard depth < Self.deepest else { throw .store(.notTree(digest, reason: "it is nested deeper than \(Self.deepest) folders")) }
            for entry in try read(digest).entries {
                byName[entry.name, default: []].append(Candidate(part: candidate.part, content: entry.content))
            }
        }
        var entries: [TreeEntry] = []
        // DETERMINISM: the first clash in the order of bytes is reported.
        for name in byName.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let place = LibraryClosure.join(path, name)
            entries.append(TreeEntry(name: name, content: try merge(byName[name] ?? [], at: place, depth: depth + 1)))
        }
        do throws(StoreError) {
            let object = try store.put(Tree(entries))
            return .tree(object.digest, size: object.size, files: object.files)
        } catch {
            throw .store(error)
        }
    }

    private func read(_ digest: Digest) throws(EnvironmentError) -> Tree {
        do throws(StoreError) {
            return try store.tree(digest)
        } catch {
            throw .store(error)
        }
    }
}
