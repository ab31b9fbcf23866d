import Testing

@testable import Archives

/// A tar that some other writer, or an attacker, could make, and what the reader says to it.
struct HostileTar: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let expected: String

    var testDescription: String { name }

    static let paths: [HostileTar] =
        [
            ("parent", "../x", "'.' or '..'"), ("parent inside", "a/../../x", "'.' or '..'"), ("parent alone", "..", "'.' or '..'"),
            ("parent at the end", "a/..", "'.' or '..'"), ("dot", ".", "'.' or '..'"), ("dot first", "./a", "'.' or '..'"),
            ("dot inside", "a/./b", "'.' or '..'"), ("absolute", "/etc/passwd", "starts with a slash"),
            ("root", "/", "starts with a slash"),
            ("two slashes", "a//b", "empty name"), ("slash last", "a/", "empty name"), ("no name", "", "it is empty"),
            ("backslash", "a\\..\\b", "backslash"), ("drive", "C:\\x", "backslash"), ("line feed", "a\nb", "control character"),
            ("escape", "a\u{1B}[2Jb", "control character"), ("delete", "a\u{7F}", "control character"),
            ("next line", "a\u{85}", "control character"),
            ("deep", String(repeating: "a/", count: 40) + "a", "32 names"),
        ].map { HostileTar(name: "path: \($0.0)", bytes: RawTar.file($0.1) + RawTar.end, expected: $0.2) } + rawPaths

    private static let rawPaths: [HostileTar] = [
        ("not UTF-8", [0x61, 0xFF], "not UTF-8"), ("overlong slash", [0x2E, 0x2E, 0xC0, 0xAF, 0x78], "not UTF-8"),
        ("surrogate", [0xED, 0xA0, 0x80], "not UTF-8"), ("NUL inside", [0x61, 0x00, 0x62], "field 'name'"),
    ].map { HostileTar(name: "path: \($0.0)", bytes: RawTar.header($0.1) + RawTar.end, expected: $0.2) }

    static let kinds: [HostileTar] = [
        ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("4", "a device"), ("5", "a folder"), ("6", "a FIFO"),
        ("7", "type 55"), ("g", "a global extended header"), ("K", "a GNU long name"), ("L", "a GNU long name"), ("S", "a sparse file"),
        ("V", "type 86"), ("M", "type 77"), ("D", "type 68"), ("X", "type 88"), ("\0", "the old form"),
    ].map {
        HostileTar(name: "kind \($0.0)", bytes: RawTar.header("a", size: 3, type: $0.0) + RawTar.body("../") + RawTar.end, expected: $0.1)
    }

    static let fields: [HostileTar] =
        [
            ("set user id", 100, "0004755", "a mode is neither"), ("world-writable", 100, "0000666", "a mode is neither"),
            ("mode with spaces", 100, "   644 ", "a mode is neither"), ("mode without a zero byte", 100, "00000644", "a mode is neither"),
            ("user", 108, "0001750", "field 'uid'"), ("group", 116, "0001750", "field 'gid'"),
            ("time", 136, "14000000000", "field 'mtime'"),
            ("link name on a file", 157, "/etc/passwd", "field 'linkname'"), ("GNU magic", 257, "ustar  ", "field 'magic'"),
            ("no magic", 257, "\0\0\0\0\0\0\0\0", "field 'magic'"), ("version", 263, "  ", "field 'version'"),
            ("user's name", 265, "root", "field 'uname'"), ("group's name", 297, "wheel", "field 'gname'"),
            ("device", 329, "0000001", "field 'devmajor'"),
            ("minor device", 337, "0000001", "field 'devminor'"), ("after the fields", 508, "tar\0", "field 'padding'"),
            ("size with spaces", 124, "          5 ", "octal digits"), ("size not octal", 124, "00000000008", "octal digits"),
            ("size ended at once", 124, "\0", "octal digits"), ("size without a zero byte", 124, "000000000000", "field 'size'"),
            ("a prefix that is not needed", 345, "dir", "field 'name'"), ("a hostile prefix", 345, "../..", "'.' or '..'"),
            ("an absolute prefix", 345, "/etc", "starts with a slash"),
        ].map { HostileTar(name: "field: \($0.0)", bytes: RawTar.edited($0.1, $0.2), expected: $0.3) } + rawFields

    private static let rawFields: [HostileTar] = [
        HostileTar(
            name: "field: negative size in base 256",
            bytes: RawTar.header("a") { RawTar.put([UInt8](repeating: 0xFF, count: 12), in: &$0, at: 124) } + RawTar.end,
            expected: "octal digits"),
        HostileTar(
            name: "field: size 2^63 in base 256",
            bytes: RawTar.header("a") { RawTar.put([0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], in: &$0, at: 124) } + RawTar.end,
            expected: "octal digits"),
        HostileTar(name: "field: size over the end", bytes: RawTar.header("a", size: 1025) + RawTar.end, expected: "ends early"),
        HostileTar(name: "field: size of 8 GiB - 1", bytes: RawTar.header("a", size: 0o77777777777) + RawTar.end, expected: "ends early"),
        HostileTar(
            name: "field: size too small", bytes: RawTar.header("a", size: 1) + RawTar.body("x") + RawTar.body("y") + RawTar.end,
            expected: "checksum"),
        HostileTar(
            name: "field: checksum", bytes: RawTar.header("a", keepsChecksum: true) { $0[0] = UInt8(ascii: "b") } + RawTar.end,
            expected: "checksum is wrong"),
        HostileTar(
            name: "field: checksum in spaces",
            bytes: RawTar.header("a", keepsChecksum: true) { RawTar.put("  ", in: &$0, at: 148) } + RawTar.end,
            expected: "checksum is wrong"),
        HostileTar(
            name: "field: checksum ended otherwise",
            bytes: RawTar.header("a", keepsChecksum: true) { RawTar.put(" \0", in: &$0, at: 154) } + RawTar.end,
            expected: "field 'chksum'"),
    ]

    static let orders: [HostileTar] = [
        ("duplicate", ["a", "a"], "two members"), ("unsorted", ["b", "a"], "out of order"),
        ("description not first", ["a", "archive.json"], "out of order"),
        ("case twins", ["A", "a"], "take it for 'A'"), ("folder twins", ["D/a", "d/b"], "take it for 'D'"),
        ("normalisation twins", ["e\u{301}", "\u{E9}"], "take it for"), ("file, then folder", ["a", "a/b"], "a file and a folder"),
        ("file, others, then folder", ["a", "a-b", "a/b"], "a file and a folder"),
        ("case twins of file and folder", ["A", "a/b"], "take it for 'A'"),
    ].map { HostileTar(name: "order: \($0.0)", bytes: $0.1.flatMap { RawTar.file($0) } + RawTar.end, expected: $0.2) }

    static let ends: [HostileTar] = [
        ("nothing", [], "ends early"), ("half a block", [UInt8](repeating: 0, count: 256), "ends early"),
        ("one zero block", [UInt8](repeating: 0, count: 512), "two blocks of zeros"),
        ("three zero blocks", [UInt8](repeating: 0, count: 1536), "two blocks of zeros"),
        ("a member after the end", RawTar.file("a") + RawTar.end + RawTar.file("b") + RawTar.end, "two blocks of zeros"),
        ("a byte after the end", RawTar.file("a") + RawTar.end + [0], "two blocks of zeros"),
        ("no end", RawTar.file("a"), "ends early"),
        ("a member between zero blocks", RawTar.file("a") + [UInt8](repeating: 0, count: 512) + RawTar.file("b"), "two blocks of zeros"),
        ("cut in a header", Array(RawTar.file("a").prefix(300)), "ends early"),
        ("cut in a body", Array(RawTar.file("a", "hello").prefix(600)), "ends early"),
        ("padding", RawTar.header("a", size: 1) + RawTar.body("xy") + RawTar.end, "not filled with zeros"),
        ("last byte of padding", RawTar.header("a", size: 1) + RawTar.body("x").dropLast() + [1] + RawTar.end, "not filled with zeros"),
    ].map { HostileTar(name: "end: \($0.0)", bytes: $0.1, expected: $0.2) }

    private static let long = String(repeating: "n", count: 120)
    private static let member = RawTar.header(long) + RawTar.end
    private static let needed = RawTar.record("path", long)

    static let extended: [HostileTar] = [
        ("path that needs none", RawTar.pax(RawTar.record("path", "a")) + RawTar.file("a") + RawTar.end, "does not hold"),
        ("path over another name", RawTar.pax(RawTar.record("path", "b")) + RawTar.file("a") + RawTar.end, "does not hold"),
        ("time", RawTar.pax(RawTar.record("mtime", "1.5")) + member, "one 'path' record"),
        ("size", RawTar.pax(RawTar.record("size", "99999")) + member, "one 'path' record"),
        ("time after the path", RawTar.pax(needed + RawTar.record("mtime", "1.5")) + member, "control character"),
        ("time before the path", RawTar.pax(RawTar.record("mtime", "1.5") + needed) + member, "one 'path' record"),
        ("two paths", RawTar.pax(needed + needed) + member, "control character"),
        ("length too large", RawTar.pax("999 path=\(long)\n") + member, "does not hold"),
        ("length with a zero before", RawTar.pax("0" + needed) + member, "does not hold"),
        ("length too small", RawTar.pax("3 path=\(long)\n") + member, "does not hold"),
        ("no length", RawTar.pax(" path=\(long)\n") + member, "does not hold"),
        ("no line feed", RawTar.pax(String(needed.dropLast())) + member, "one 'path' record"),
        ("nothing", RawTar.pax("") + member, "one 'path' record"), ("no value", RawTar.pax("9 path=\n") + member, "it is empty"),
        ("only a key", RawTar.pax(" path=") + member, "one 'path' record"),
        ("NUL in the path", RawTar.pax(RawTar.record("path", "\(long)\0/../x")) + member, "control character"),
        ("hostile path", RawTar.pax(RawTar.record("path", "../../" + long)) + member, "'.' or '..'"),
        ("absolute path", RawTar.pax(RawTar.record("path", "/" + long)) + member, "starts with a slash"),
        (
            "path over the limit", RawTar.pax(RawTar.record("path", String(repeating: "abcdefg/", count: 128) + "a")) + member,
            "longer than 1024"
        ),
        ("name over the limit", RawTar.pax(RawTar.record("path", String(repeating: "n", count: 300))) + member, "longer than 1024"),
        ("bomb", RawTar.header("PaxHeader", size: 1 << 30, type: "x") + RawTar.end, "one 'path' record"),
        ("other name of the header", RawTar.pax(needed, name: "./PaxHeaders/x") + member, "field 'name'"),
        ("sparse", RawTar.pax(RawTar.record("GNU.sparse.major", "1")) + member, "one 'path' record"),
        ("link path", RawTar.pax(RawTar.record("linkpath", "/etc/passwd")) + member, "one 'path' record"),
        ("character set", RawTar.pax(RawTar.record("hdrcharset", "BINARY")) + member, "one 'path' record"),
        ("two headers", RawTar.pax(needed) + RawTar.pax(needed) + member, "one 'path' record"),
        ("header before a link", RawTar.pax(needed) + RawTar.header("n", type: "2") + RawTar.end, "one 'path' record"),
        ("header before the end", RawTar.pax(needed) + RawTar.end, "checksum"),
        ("header at the end", RawTar.pax(needed), "ends early"),
        ("name other than the path's start", RawTar.pax(needed) + RawTar.header("other") + RawTar.end, "field 'name'"),
        (
            "filled up with something",
            RawTar.header("PaxHeader", size: needed.utf8.count, type: "x") + RawTar.body(needed).dropLast() + [1] + member,
            "'extended header'"
        ),
        (
            "mode",
            RawTar.header("PaxHeader", size: needed.utf8.count, type: "x") { RawTar.put("0000755", in: &$0, at: 100) } + RawTar.body(needed)
                + member,
            "field 'mode'"
        ),
    ].map { HostileTar(name: "extended header: \($0.0)", bytes: $0.1, expected: $0.2) }

    static let splits: [HostileTar] = [
        // 'one/two/' and 95 letters: the writer's prefix is 'one'.
        HostileTar(
            name: "prefix longer than needed",
            bytes: RawTar.header(String(repeating: "n", count: 95)) { RawTar.put("one/two", in: &$0, at: 345) } + RawTar.end,
            expected: "field 'name'"),
        HostileTar(
            name: "prefix for a short path", bytes: RawTar.header("b") { RawTar.put("a", in: &$0, at: 345) } + RawTar.end,
            expected: "field 'name'"),
        HostileTar(
            name: "prefix with a slash last",
            bytes: RawTar.header(String(repeating: "n", count: 99)) { RawTar.put("one/", in: &$0, at: 345) } + RawTar.end,
            expected: "empty name"),
    ]

    static var all: [HostileTar] { paths + kinds + fields + orders + ends + extended + splits }
}

@Suite struct HostileTarTests {
    @Test(arguments: HostileTar.all)
    func `a tar that the writer cannot write is refused`(tar: HostileTar) {
        let error = #expect(throws: ArchiveError.self) { try TarStream.decode(tar.bytes) }
        #expect(error?.description.contains(tar.expected) == true, "\(error?.description ?? "accepted")")
    }

    @Test func `the hand-made headers are what the writer writes`() throws {
        #expect(try TarStream.decode(RawTar.file("a", "hello") + RawTar.end) == [ArchiveMember(path: "a", bytes: Array("hello".utf8))])
        #expect(HostileTar.all.count >= 100)
    }
}
