import Canonical
import Diagnostics
import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// Holds `Specs/environments.md` and the code to each other.
struct EnvironmentTreeSpecificationTests {
    @Test func `the example of a key document is what is written`() throws {
        let specification = String(decoding: try Files.read(Places.repository().appending("Specs/environments.md")), as: UTF8.self)
        let example = try #require(specification.split(separator: "```environment\n").last?.split(separator: "\n```").first)
        let parsed = try #require(JSONDocument.parse(SourceText(name: "example", text: String(example))).value)
        func digest(_ last: Character) throws -> Digest { try #require(Digest(hex: String(repeating: "0", count: 63) + String(last))) }
        let wheel = "six-1.16.0-py2.py3-none-any.whl"
        let environment = EnvironmentPin(
            request: Digest.of([]), platform: "linux-x86_64", python: nil, tools: ["sh"], wheels: [wheel], libraries: nil)
        let program = ProgramPin(tree: DataPin(digest: try digest("1"), kind: .tree, size: 1, files: 1), origin: [])
        let lock = Lockfile(
            environments: [Lockfile.Entry("default", environment)], programs: [Lockfile.Entry("sh", program)],
            wheels: [Lockfile.Entry(wheel, WheelPin(digest: try digest("2"), size: 1))])
        let document = try EnvironmentParts(environment, lock).document
        #expect(CanonicalJSON.encode(parsed.root.value) == CanonicalJSON.encode(document))
    }
}
