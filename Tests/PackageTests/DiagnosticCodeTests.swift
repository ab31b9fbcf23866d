import Platform
import TestSupport
import Testing

/// `Specs/diagnostics.md` against the codes that stand in the sources.
@Suite struct DiagnosticCodeTests {
    /// The phases that give diagnostics, and the module in which their codes may stand without the phase before them.
    private static let phases: [(phase: String, home: String)] = [
        ("json", "Canonical"), ("manifest", "Manifests"), ("data", "Tables"), ("lock", "Locking"), ("plan", "Planning"),
        ("build", "Running"), ("environment", "Environments"), ("learning", "Learning"), ("package", "Packing"), ("prove", "Running"),
        ("run", "Actions"), ("remote", "Remotes"), ("signers", "Signing"),
    ]

    /// What a module calls to report a fact under its own phase.
    private static let reporting: Set = ["error", "warning", "problem", "add", "report", "fail", "code"]

    /// Calls of a reporting name that take another thing first: an option, a table of words.
    private static let otherWords: Set = ["build", "data", "model"]

    private struct Use {
        let code: String
        let file: String
    }

    /// Codes that are written out, and those that a module reports under its own phase.
    private static func uses() throws -> [Use] {
        var uses: [Use] = []
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            for literal in try SwiftSource(file).plainLiterals {
                let parts = literal.text.split(separator: "/", omittingEmptySubsequences: false)
                if parts.count == 2, parts[1].first?.isLetter == true, phases.contains(where: { $0.phase == parts[0] }) {
                    uses.append(Use(code: literal.text, file: file))
                } else if parts.count == 1, reporting.contains(literal.call), !otherWords.contains(literal.text),
                    let phase = phases.first(where: { file.hasPrefix("Sources/\($0.home)/") })?.phase
                {
                    uses.append(Use(code: "\(phase)/\(literal.text)", file: file))
                }
            }
        }
        return uses
    }

    private static func rows() throws -> [String] {
        try Repository.text("Specs/diagnostics.md").split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            String(line.dropFirst(3).prefix { $0 != "`" })
        }
    }

    @Test func `every code in the sources has a row`() throws {
        let rows = Set(try Self.rows())
        let uses = try Self.uses()
        #expect(uses.count > 100)
        let missing = Dictionary(grouping: uses.filter { !rows.contains($0.code) }, by: \.code).sorted { $0.key < $1.key }
        for (code, uses) in missing { Issue.record("'\(code)' (\(uses[0].file)) has no row in Specs/diagnostics.md") }
    }

    @Test func `every row stands for a code in the sources`() throws {
        // A fact may reach its report through a variable, so any literal of the phase's own module counts here.
        var known = Set(try Self.uses().map(\.code))
        for (phase, home) in Self.phases {
            for file in try Repository.files(below: "Sources/\(home)", suffix: ".swift") {
                known.formUnion(try SwiftSource(file).plainLiterals.map { "\(phase)/\($0.text)" })
            }
        }
        for row in try Self.rows() { #expect(known.contains(row), "'\(row)' stands in Specs/diagnostics.md and nowhere in the sources") }
    }

    @Test func `the table is sorted, without a code twice`() throws {
        let rows = try Self.rows()
        #expect(rows == Set(rows).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
}
