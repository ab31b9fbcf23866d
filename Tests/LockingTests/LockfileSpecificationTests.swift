import Diagnostics
import Platform
import TestSupport
import Testing

@testable import Locking

@Suite struct LockfileSpecificationTests {
    private func specification() throws -> String {
        String(decoding: try Files.read(Places.repository().appending("Specs/lockfile.md")), as: UTF8.self)
    }

    @Test func `the examples are read without a word and written the same`() throws {
        let examples = try specification().split(separator: "```json\n").dropFirst().compactMap { $0.split(separator: "```").first }
        try #require(examples.count == 2)
        for example in examples {
            let result = LockfileReader.read(SourceText(name: "mlops.lock", text: String(example)))
            #expect(result.diagnostics.isEmpty)
            #expect(result.value.map { String(decoding: $0.encode(), as: UTF8.self) } == String(example))
        }
    }

    @Test func `the version is the one that is written`() throws {
        #expect(try specification().hasPrefix("# The lockfile, `\(Lockfile.fileName)`, version \(Lockfile.version)\n"))
    }
}
