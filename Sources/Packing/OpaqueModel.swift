import Archives
import Canonical
import Diagnostics
import Locking
import Manifests
import Storage

/// A model that a command made: mlbuild knows its bytes and what they are called, and nothing else.
enum OpaqueModel {
    private static let folder = "model/"

    /// Whether `reference` leads to an output of a command.
    static func isOne(_ reference: Reference, of manifest: Manifest) -> Bool {
        guard case .output(let name, _) = reference, case .command = manifest.stage(name)?.work else { return false }
        return true
    }

    /// The output's files as they stand below `model/`: a file under its own name, a tree with everything in it.
    ///
    /// - Throws: ``PackingError`` when an archive cannot hold exactly that, so that unpacking it would give another digest.
    static func members(_ model: Model, _ artifacts: Artifacts) throws(PackingError) -> [ArchiveMember] {
        let pin = try artifacts.pin(model.from)
        var members: [ArchiveMember] = []
        do throws(StoreError) {
            if pin.kind == .tree {
                try collect(pin.digest, below: folder, artifacts.store, into: &members)
            } else {
                let path = artifacts.manifest.output(model.from)?.path.text ?? "model"
                let name = path.split(separator: "/").last.map(String.init) ?? path
                members.append(ArchiveMember(path: folder + name, bytes: try artifacts.store.read(pin.digest)))
            }
        } catch {
            throw .store(error)
        }
        let isWhole =
            members.allSatisfy { MemberPath.fault(of: $0.path) == nil } && digest(of: members, isTree: pin.kind == .tree) == pin.digest
        guard isWhole, !members.isEmpty else {
            let place = Diagnostic.Location(source: artifacts.manifest.source.name, span: model.fromSpan)
            throw .diagnostics(
                [
                    Diagnostic(
                        code: "package/model-files",
                        "'\(model.from)' holds what no archive can: an empty folder, or a name that is not portable",
                        at: place, notes: [Diagnostic.Note("let the command write files only, with plain names")])
                ], sources: [])
        }
        return members
    }

    private static func collect(
        _ tree: Digest, below folder: String, _ store: DirectoryStore, into members: inout [ArchiveMember]
    ) throws(StoreError) {
        // Deeper than an archive's paths may be: what is left out shows in the digest.
        guard folder.utf8.count <= MemberPath.longest else { return }
        for entry in try store.tree(tree).entries {
            guard let name = String(validating: entry.name, as: UTF8.self) else { continue }
            switch entry.content {
            case .file(let digest, _, let isExecutable):
                members.append(ArchiveMember(path: folder + name, bytes: try store.read(digest), isExecutable: isExecutable))
            case .tree(let digest, _, _): try collect(digest, below: folder + name + "/", store, into: &members)
            case .link: continue
            }
        }
    }

    /// The digest that the members below `model/` have as an output; nil when they are not one file, where one is expected.
    static func digest(of members: [ArchiveMember], isTree: Bool) -> Digest? {
        guard isTree else { return members.count == 1 && !members[0].isExecutable ? Digest.of(members[0].bytes) : nil }
        var root = Folder()
        for member in members {
            let names = member.path.utf8.dropFirst(folder.utf8.count).split(separator: UInt8(ascii: "/")).map(Array.init)
            guard !names.isEmpty, names.count <= MemberPath.deepest, names.allSatisfy(Tree.isName) else { return nil }
            let content = TreeEntry.Content.file(Digest.of(member.bytes), size: member.bytes.count, isExecutable: member.isExecutable)
            root.insert(content, at: names[...])
        }
        return root.tree().map { Digest.of($0.encode()) }
    }

    /// A folder that is being put together from paths.
    private struct Folder {
        private var files: [TreeEntry] = []
        private var folders: [[UInt8]: Folder] = [:]

        /// The depth is that of a path in an archive.
        mutating func insert(_ content: TreeEntry.Content, at path: ArraySlice<[UInt8]>) {
            guard let name = path.first else { return }
            if path.count == 1 {
                files.append(TreeEntry(name: name, content: content))
            } else {
                folders[name, default: Folder()].insert(content, at: path.dropFirst())
            }
        }

        /// Nil when a name stands for two things.
        func tree() -> Tree? {
            var entries = files
            for (name, folder) in folders {
                guard let tree = folder.tree(), let totals = tree.totals else { return nil }
                entries.append(
                    TreeEntry(name: name, content: .tree(Digest.of(tree.encode()), size: totals.size, files: totals.files)))
            }
            guard Set(entries.map(\.name)).count == entries.count else { return nil }
            return Tree(entries)
        }
    }
}
