import Canonical
import Testing

@testable import Archives

@Suite struct TarStreamTests {
    private static let small = [
        ArchiveMember(path: "b/run.sh", bytes: Array("exit 0\n".utf8), isExecutable: true),
        ArchiveMember(path: "a.txt", bytes: Array("hello".utf8)),
        ArchiveMember(path: "archive.json", bytes: Array("{}\n".utf8)),
        ArchiveMember(path: "Z", bytes: []),
    ]

    @Test func `a small tar has these bytes`() throws {
        let tar = try TarStream.encode(Self.small)
        var script = RawTar.header("b/run.sh", size: 7) { RawTar.put("0000755", in: &$0, at: 100) }
        script += RawTar.body("exit 0\n")
        #expect(tar == RawTar.file("archive.json", "{}\n") + RawTar.file("Z") + RawTar.file("a.txt", "hello") + script + RawTar.end)
        // Python's tarfile makes the tar with this digest of the same members.
        #expect(Digest.of(tar).hex == "de9b9c4fdd89cfcfbff745656c4414e654a3888c821adbe6a23ea06064671979")
    }

    @Test func `the order of the members given does not matter`() throws {
        var members = Self.small
        let expected = try TarStream.encode(members)
        for _ in members.indices {
            members.append(members.removeFirst())
            #expect(try TarStream.encode(members) == expected)
            #expect(try TarStream.encode(members.reversed()) == expected)
        }
    }

    @Test func `an empty list is two blocks of zeros`() throws {
        #expect(try TarStream.encode([]) == RawTar.end)
        #expect(try TarStream.decode(RawTar.end) == [])
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1023, 1024, 100_000])
    func `a member of any size is read back`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let members = [ArchiveMember(path: "x/y", bytes: bytes, isExecutable: size % 2 == 1)]
        let tar = try TarStream.encode(members)
        #expect(tar.count % 512 == 0)
        #expect(try TarStream.decode(tar) == members)
    }

    /// Paths around every border: 100 bytes of name, 155 of prefix, and what fits neither.
    @Test func `a path of any length up to the limit is read back`() throws {
        for length in 1...MemberPath.longest {
            // Names of 50 letters: the shortest that still fits into 32 names.
            var path = ""
            while path.utf8.count < length { path += path.utf8.count % 51 == 50 && path.utf8.count < length - 1 ? "/" : "n" }
            let members = [ArchiveMember(path: path, bytes: [1])]
            let tar = try TarStream.encode(members)
            #expect(try TarStream.decode(tar) == members)
            // Names of 50 letters leave the prefix 152 of its 155 bytes; then at most 100 follow.
            #expect(tar[156] == UInt8(ascii: length <= 152 + 1 + 100 ? "0" : "x"))
        }
        let letters = String(repeating: "é", count: 120)
        let long = [ArchiveMember(path: "\(letters)/\(letters)", bytes: [2])]
        #expect(try TarStream.decode(TarStream.encode(long)) == long)
    }

    @Test func `a prefix is as short as it can be`() throws {
        let path = "one/two/" + String(repeating: "n", count: 95)
        let tar = try TarStream.encode([ArchiveMember(path: path, bytes: [])])
        #expect(tar[345..<349].elementsEqual("one\0".utf8))
        #expect(tar[0..<4].elementsEqual("two/".utf8))
    }

    @Test func `a path that ustar has no room for stands in a pax record`() throws {
        let name = String(repeating: "n", count: 120)
        let tar = try TarStream.encode([ArchiveMember(path: name, bytes: Array("x".utf8))])
        #expect(tar == RawTar.pax(RawTar.record("path", name)) + RawTar.header(name, size: 1) + RawTar.body("x") + RawTar.end)
    }

    @Test(arguments: [
        ("", MemberPath.Fault.empty), ("/etc/passwd", .absolute), ("a/../b", .dots), ("..", .dots), ("./a", .dots), ("a//b", .emptyName),
        ("a/", .emptyName), ("a\0b", .control), ("a\nb", .control), ("a\u{1B}[2J", .control), ("a\u{85}b", .control), ("a\\b", .backslash),
        (String(repeating: "a", count: 256), .tooLong), (String(repeating: "a/", count: 32) + "a", .tooDeep),
        (String(repeating: "abcdefg/", count: 128) + "a", .tooLong),
    ])
    func `the writer refuses a path that no archive can hold`(path: String, fault: MemberPath.Fault) {
        #expect(throws: ArchiveError.path(path, fault)) { try TarStream.encode([ArchiveMember(path: path, bytes: [])]) }
    }

    @Test(arguments: [
        (["a", "a"], "a", ArchiveError.PathClash.duplicate),
        (["Readme", "readme"], "readme", .twins("Readme")),
        (["caf\u{E9}", "cafe\u{301}"], "caf\u{E9}", .twins("cafe\u{301}")),
        (["\u{3A3}", "\u{3C2}"], "\u{3C2}", .twins("\u{3A3}")),
        (["stra\u{DF}e", "STRASSE"], "stra\u{DF}e", .twins("STRASSE")),
        (["Model/a", "model/b"], "model/b", .twins("Model")),
        (["a", "a/b"], "a/b", .fileAndFolder("a")),
        (["a", "a!", "a/b"], "a/b", .fileAndFolder("a")),
        (["A", "a/b"], "a/b", .twins("A")),
    ])
    func `the writer refuses paths that get in each other's way`(paths: [String], path: String, clash: ArchiveError.PathClash) {
        #expect(throws: ArchiveError.clash(path, clash)) { try TarStream.encode(paths.map { ArchiveMember(path: $0, bytes: []) }) }
    }
}
