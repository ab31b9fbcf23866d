import Canonical
import Diagnostics
import Manifests
import Platform
import StageKinds
import TestSupport
import Testing

/// The tables in `Specs/manifest.md` are made from the tables that the reader goes by.
@Suite struct SpecificationTests {
    private static let file = Places.repository().appending("Specs").appending("manifest.md")

    @Test func `the tables of the specification are fresh`() throws {
        var text = String(decoding: try Files.read(Self.file), as: UTF8.self)
        text = try Self.replacing("keys", in: text, with: Self.keys)
        text = try Self.replacing("metrics", in: text, with: Self.metrics)
        text = try Self.replacing("kinds", in: text, with: Self.kinds)
        Golden.expect(text, matches: Self.file)
    }

    @Test func `the examples in the specification are right`() throws {
        let text = String(decoding: try Files.read(Self.file), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "```json"))
        let end = try #require(lines[start...].firstIndex(of: "```"))
        let manifest = lines[(start + 1)..<end].joined(separator: "\n")
        #expect(ManifestReader.read(.init(name: Manifest.fileName, text: manifest)).diagnostics == [])
        #expect(ManifestReader.read(.init(name: Manifest.fileName, text: "{ \"version\": 1, \"name\": \"empty\" }")).value != nil)
    }

    private static func replacing(_ name: String, in text: String, with table: String) throws -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let begin = try #require(lines.firstIndex(of: "<!-- \(name): begin -->"))
        let end = try #require(lines.firstIndex(of: "<!-- \(name): end -->"))
        return (lines[...begin] + [table] + lines[end...]).joined(separator: "\n")
    }

    private static var keys: String {
        let shapes: [(String, ObjectShape)] = [
            ("The manifest", Grammar.root), ("An entry of `data`", Grammar.data), ("`environment`", Grammar.environment),
            ("`python` in `environment`", Grammar.python), ("A stage that uses a kind", Grammar.kindStage),
            ("A stage that runs a command", Grammar.commandStage), ("`resources` of a command", Grammar.resources),
            ("`model`", Grammar.model), ("`samples` in `model`", Grammar.samples),
            ("A gate on a metric", Grammar.gate), ("The gate `reproducibility`", Grammar.levelGate), ("`deployment`", Grammar.deployment),
            ("`serve` in `deployment`", Grammar.serve),
        ]
        return shapes.map { title, shape in
            let rows = shape.keys.map { "| `\($0.name)` | \($0.type) | \($0.isRequired ? "required" : "") | \($0.summary) |" }
            return "\n**\(title)**\n\n| Key | Value | | Meaning |\n|---|---|---|---|\n" + rows.joined(separator: "\n")
        }.joined(separator: "\n") + "\n"
    }

    private static var metrics: String {
        let rows = Metric.allCases.map { "| `\($0.rawValue)` | \($0.task.rawValue) | \($0.summary) |" }
        return "\n| Metric | Task | Meaning |\n|---|---|---|\n" + rows.joined(separator: "\n") + "\n"
    }

    private static var kinds: String {
        StageKind.allCases.map { section($0.description) }.joined(separator: "\n")
    }

    private static func section(_ kind: KindDescription) -> String {
        var text = "\n### `\(kind.kind.rawValue)`\n\n\(kind.summary).\n\n| Input | | Meaning |\n|---|---|---|\n"
        text += kind.inputs.map { "| `\($0.name)` | \($0.expected)\($0.isRequired ? ", required" : "") | \($0.summary) |\n" }.joined()
        text += "\n| Output | Path | Meaning |\n|---|---|---|\n"
        text += kind.outputs.map { output in
            let ending = output.type.isTree ? "/" : output.formatFollows == nil ? "" : ".csv"
            return "| `\(output.name)` | `build/STAGE/\(output.fileName)\(ending)` | \(output.summary)\(when(output)) |\n"
        }.joined()
        text += "\n" + table(kind.options, "Option")
        for option in kind.options {
            guard case .object(let keys) = option.type else { continue }
            text += "\n`\(option.name)` has:\n\n" + table(keys, "Key")
            for key in keys {
                guard case .object(let inner) = key.type else { continue }
                text += "\n`\(option.name).\(key.name)` has:\n\n" + table(inner, "Key")
            }
        }
        for case .variants(_, let variants) in kind.options.map(\.type) {
            for variant in variants {
                text += "\n`learner` of the kind `\(variant.name)`: \(variant.summary).\n\n" + table(variant.options, "Option")
            }
        }
        return text
    }

    private static func when(_ output: OutputDescription) -> String {
        let follows = output.formatFollows == nil ? "" : "; in the format of the input"
        switch output.condition {
        case .always: return follows
        case .whenPositive(let option): return "\(follows); only with the option `\(option)`"
        }
    }

    private static func table(_ options: [OptionDescription], _ title: String) -> String {
        let rows = options.map { option in
            let standing = option.defaultValue == nil ? option.defaultText : "`\(option.defaultText)`"
            return "| `\(option.name)` | \(option.type.phrase) | \(standing) | \(option.summary) |\n"
        }
        return "| \(title) | Value | Without it | Meaning |\n|---|---|---|---|\n" + rows.joined()
    }
}
