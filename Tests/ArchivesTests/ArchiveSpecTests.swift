import Canonical
import Platform
import TestSupport
import Testing

@testable import Archives

/// Holds `Specs/archive.md` to what the code does.
@Suite struct ArchiveSpecTests {
    private let spec: String

    init() throws {
        spec = String(decoding: try Files.read(Places.repository().appending("Specs/archive.md")), as: UTF8.self)
    }

    @Test func `the example is the description that is written for it`() throws {
        let blocks = spec.split(separator: "```json\n")
        let example = try #require(blocks.last?.split(separator: "```\n").first)
        let tar = try ArchiveFile.tar(of: ModelArchive.pack(Samples.archive).file, limit: 1 << 20)
        let written = String(decoding: try #require(try TarStream.decode(tar).first).bytes, as: UTF8.self)
        #expect(String(example) == written)
    }

    @Test func `the identity of the example is the one that the text names`() throws {
        #expect(spec.contains("`\(try ModelArchive.pack(Samples.archive).identity)`"))
    }

    @Test func `every limit that the text names is the one in the code`() {
        let limits = [
            "format version | \(ModelDescription.formatVersion)", "path | \(MemberPath.longest) bytes",
            "name in a path | \(MemberPath.longestName) bytes",
            "names in a path | \(MemberPath.deepest)", "member | \(TarHeader.largestSize) bytes", "tar | \(ArchiveFile.defaultLimit) bytes",
            "window | \(ZstandardFrame.largestWindow) bytes", "expansion | \(ArchiveFile.largestExpansion)",
            "free expansion | \(ArchiveFile.freeExpansion) bytes",
        ]
        for limit in limits { #expect(spec.contains("| \(limit) |"), "\(limit)") }
        for (name, range) in TarHeader.fields { #expect(spec.contains("| `\(name)` | \(range.lowerBound) | \(range.count) |"), "\(name)") }
    }
}
