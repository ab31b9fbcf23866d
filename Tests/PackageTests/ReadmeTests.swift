import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

/// `README.md` against what the project really holds.
@Suite struct ReadmeTests {
    /// The fenced blocks of one language.
    private static func blocks(_ language: String) throws -> [String] {
        let parts = try Repository.text("README.md").split(separator: "```", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 && $0.element.hasPrefix("\(language)\n") }.map {
            String($0.element.dropFirst(language.count + 1))
        }
    }

    private static func value(_ text: String) throws -> JSONValue {
        let read = JSONDocument.parse(SourceText(name: "README.md", text: text))
        return try #require(read.hasErrors ? nil : read.value, "\(read.diagnostics.first?.message ?? "")").root.value
    }

    @Test func `the manifest shown is that of the tabular template`() throws {
        let shown = try Self.blocks("json").map(Self.value)
        let template = try Self.value(try Repository.text("Templates/tabular/mlops.json"))
        #expect(shown.contains { CanonicalJSON.encode($0) == CanonicalJSON.encode(template) })
    }

    @Test func `every command shown is one that the specification lists`() throws {
        let table = try Repository.text("Specs/command-line.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        let known = Set(table.map { String($0.dropFirst(3).prefix { $0 != "`" }) })
        let shown = try Self.blocks("sh").flatMap { block in
            block.matches(of: /(?:^|[\s;&(])mlbuild\s+([a-z]+)/).map { String($0.1) }
        }
        #expect(shown.count > 5)
        for command in shown { #expect(known.contains(command) || command == "help", "mlbuild \(command)") }
    }

    @Test func `every file and folder named by a link is there`() throws {
        let links = try Repository.text("README.md").matches(of: /\]\(([A-Za-z.\/\-]+)(?:#[^)]*)?\)/).map { String($0.1) }
        for link in links where !link.contains(":") { #expect(try Repository.exists(link), "\(link)") }
    }

    @Test func `the commands that it pastes are there to be run`() throws {
        let text = try Repository.text("README.md")
        for script in text.matches(of: /\.ci\/[a-z]+/).map({ String($0.0) }) { #expect(try Repository.exists(script), "\(script)") }
        #expect(text.contains("swift test"))
    }
}
