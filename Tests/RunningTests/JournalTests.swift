import Canonical
import Diagnostics
import Planning
import Platform
import Testing

@testable import Running

private func journals(_ fixture: Fixture) throws -> [[JSONValue]] {
    let folder = StateFolder(root: fixture.root)
    return try Journal.names(in: folder).map { name in
        try Files.read(folder.journal.appending(name)).split(separator: UInt8(ascii: "\n")).map { line in
            let parsed = JSONDocument.parse(SourceText(name: "journal", bytes: Array(line)), limits: .canonical)
            guard let value = parsed.value?.root.value, !parsed.hasErrors else { throw Fixture.Problem("a line is no JSON") }
            return value
        }
    }
}

@Test func `a build that did something leaves a journal, one that did nothing does not`() throws {
    let fixture = try Fixture()
    let report = try fixture.build()
    try fixture.build()
    let all = try journals(fixture)
    #expect(all.count == 1)
    #expect(all[0].map { $0["record"]?.stringValue } == ["build", "stage", "stage", "stage", "summary"])
    #expect(all[0][1]["stage"] == "split")
    #expect(all[0][1]["outcome"] == "ran")
    #expect(all[0][1]["reason"]?["name"] == "neverBuilt")
    #expect(all[0][1]["key"]?.stringValue == report["split"]?.key?.digest.description)
    #expect(all[0][1]["document"].map { CanonicalJSON.digest($0) } == report["split"]?.key?.digest)
    #expect(all[0][4]["stages"]?["ran"] == 3)
}

@Test func `only the newest journals are kept`() throws {
    let fixture = try Fixture()
    let folder = StateFolder(root: fixture.root)
    for number in 0..<60 {
        let name = UTCTime(nanoseconds: Int64(number) * 1_000_000_000).name + "-1.jsonl"
        try fixture.write("{}\n", to: ".mlbuild/journal/" + name)
    }
    try fixture.write("mine", to: ".mlbuild/journal/notes.txt")
    try fixture.build()
    let names = try Journal.names(in: folder).map { String(decoding: $0, as: UTF8.self) }
    #expect(names.count == Journal.kept)
    #expect(names.first == "1970-01-01T00-00-11.000000000Z-1.jsonl")
    #expect(try fixture.exists(".mlbuild/journal/notes.txt"))
}
