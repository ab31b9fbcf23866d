internal import Canonical
internal import Platform
package import Storage

/// One file or folder out of a tree, with nothing else but the trees on the way.
// SPEC: remotes.md#pull
extension Pull {
    /// Why there is nothing to fetch by a path.
    package enum Selection: Hashable, Sendable {
        case object(StoredObject, isExecutable: Bool)
        /// There is nothing by that name, the first so many names of the path.
        case nothing(at: Int)
        /// A symbolic link, or a name below a file.
        case noFolder(at: Int)
        /// The report says what could not be had.
        case failed
    }

    /// Fetches what lies at `path` in `object`.
    ///
    /// - Throws: what keeps all else from being fetched, too.
    package func run(_ object: StoredObject, at path: [[UInt8]]) throws(RemoteError) -> (TransferReport, Selection) {
        var report = TransferReport()
        let selection: Selection
        do throws(RemoteError) {
            selection = try select(object, path, &report)
        } catch {
            // What has come is kept for the next time; the failure is what gets reported.
            try? store.flush()
            throw error
        }
        try storing { () throws(StoreError) in try store.flush() }
        return (report, selection)
    }

    private func select(_ object: StoredObject, _ path: [[UInt8]], _ report: inout TransferReport) throws(RemoteError) -> Selection {
        var current = TreeEntry.Content.file(object.digest, size: object.size, isExecutable: false)
        if object.kind == .tree { current = .tree(object.digest, size: object.size, files: object.files) }
        // The member of a group of a tree above that brings all of what is looked at; nil for what lies by itself.
        var owner: (group: PackGroup, member: PackGroup.Member)?
        for (depth, name) in path.enumerated() {
            guard case .tree(let digest, _, _) = current else { return .noFolder(at: depth) }
            guard let tree = try tree(digest, owner, &report) else { return .failed }
            guard let entry = tree.entries.first(where: { $0.name == name }) else { return .nothing(at: depth + 1) }
            current = entry.content
            if owner == nil { owner = Self.owner(of: current, in: TreeLayout(tree)) }
        }
        switch current {
        case .link: return .noFolder(at: path.count)
        case .tree(let digest, let size, let files):
            guard try tree(digest, owner, &report) != nil else { return .failed }
            let folder = StoredObject(kind: .tree, digest: digest, size: size, files: files)
            if let owner { try fetchPart(of: owner, &report) } else { try run([folder], &report) }
            return report.failures.isEmpty ? .object(folder, isExecutable: false) : .failed
        case .file(let digest, let size, let isExecutable):
            if let owner {
                try fetchPart(of: owner, &report)
            } else {
                try run([StoredObject(kind: .file, digest: digest, size: size, files: 1)], &report)
            }
            return report.failures.isEmpty
                ? .object(StoredObject(kind: .file, digest: digest, size: size, files: 1), isExecutable: isExecutable) : .failed
        }
    }

    private static func owner(
        of content: TreeEntry.Content, in layout: TreeLayout
    ) -> (group: PackGroup, member: PackGroup.Member)? {
        let wanted: (ObjectKind, Digest)
        switch content {
        case .link: return nil
        case .file(let digest, _, _): wanted = (.file, digest)
        case .tree(let digest, _, _): wanted = (.tree, digest)
        }
        for group in layout.groups {
            if let member = group.members.first(where: { ($0.kind, $0.digest) == wanted }) { return (group, member) }
        }
        return nil
    }

    /// A tree on the way; nil when it could not be had, which is in the report then.
    private func tree(
        _ digest: Digest, _ owner: (group: PackGroup, member: PackGroup.Member)?, _ report: inout TransferReport
    ) throws(RemoteError) -> Tree? {
        if let tree = try store.presentTree(digest) { return tree }
        if let owner { try fetchPart(of: owner, &report) } else { try fetchTrees([digest], &report) }
        return try store.presentTree(digest)
    }

    /// Fetches what the store lacks of one member of a group.
    private func fetchPart(of owner: (group: PackGroup, member: PackGroup.Member), _ report: inout TransferReport) throws(RemoteError) {
        let member = owner.member
        guard let order = try PackOrder(owner.group, store, among: { $0 == member }) else { return }
        guard try fetch([order], &report).contains(member.digest) else { return }
        // A small folder with so much in it that it lies by itself.
        try run([StoredObject(kind: .tree, digest: member.digest, size: member.size, files: member.files)], &report)
    }
}
