import Diagnostics
import Manifests
import Platform
import TestSupport

/// One manifest of `Specs/examples`.
struct Example: CustomStringConvertible, Sendable {
    let name: String
    let folder: HostPath

    static let valid = all(in: "valid")
    static let invalid = all(in: "invalid")

    private static func all(in folder: String) -> [Example] {
        let path = Places.repository().appending("Specs").appending("examples").appending(folder)
        guard let entries = try? Files.list(path) else { return [] }
        return entries.compactMap { entry in
            let file = String(decoding: entry.name, as: UTF8.self)
            guard file.hasSuffix(".json") else { return nil }
            return Example(name: String(file.dropLast(5)), folder: path)
        }
    }

    var expected: HostPath { folder.appending(name + ".expected") }

    var file: HostPath { folder.appending(name + ".json") }

    func source() throws -> SourceText {
        SourceText(name: Manifest.fileName, bytes: try Files.read(file))
    }

    var description: String { name }
}

extension SourceText {
    /// What is shown for diagnostics of this text.
    func rendered(_ diagnostics: [Diagnostic]) -> String {
        DiagnosticRenderer(sources: [SecretMask.masked(self)]).render(diagnostics)
    }
}
