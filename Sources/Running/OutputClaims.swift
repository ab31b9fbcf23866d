import Canonical
import Diagnostics
import Manifests
import Platform

/// The output paths that mlbuild has written to, and may therefore write to again.
///
/// A path is claimed, and the claim stored, before anything is written there; so whatever a killed build left behind is known
/// as mlbuild's own. A claim says nothing about content.
struct OutputClaims {
    private(set) var paths: Set<RelativePath>
    private var stored: Set<RelativePath>

    private init(_ paths: Set<RelativePath>) {
        self.paths = paths
        stored = paths
    }

    /// The claims stored in `folder`; none when they cannot be read.
    ///
    /// A damaged file is no reason to stop: what lies at a path is then compared with the content of the store.
    static func load(_ folder: StateFolder) -> OutputClaims {
        guard let bytes = try? Files.readIfPresent(folder.outputs, limit: 64 << 20) else { return OutputClaims([]) }
        let document = JSONDocument.parse(SourceText(name: "outputs", bytes: bytes))
        guard !document.hasErrors, let root = document.value?.root, root["version"]?.integer == version else { return OutputClaims([]) }
        let paths = (root["outputs"]?.elements ?? []).compactMap { $0["path"]?.string.flatMap(RelativePath.init) }
        return OutputClaims(Set(paths))
    }

    private static let version = 1

    mutating func claim(_ path: RelativePath) { paths.insert(path) }

    mutating func release(_ path: RelativePath) { paths.remove(path) }

    /// Stores the claims if they changed.
    mutating func store(in folder: StateFolder) throws(SystemError) {
        guard paths != stored else { return }
        let entries = paths.sorted().map { JSONValue.object([JSONMember("path", .string($0.text))]) }
        let document = JSONValue.object([JSONMember("version", .integer(Self.version)), JSONMember("outputs", .array(entries))])
        try Files.write(Array((JSONText.line(document) + "\n").utf8), to: folder.outputs, mode: 0o644, durable: false)
        stored = paths
    }
}
