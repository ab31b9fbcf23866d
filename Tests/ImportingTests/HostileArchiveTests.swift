import Archives
import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Importing

/// Archives that want more than to be taken apart.
@Suite struct HostileArchiveTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let bytes: [UInt8]
        /// What the refusal says.
        let words: String
    }

    private static func tar(_ body: (inout TarBytes) -> Void) -> [UInt8] {
        var tar = TarBytes()
        body(&tar)
        return tar.ended
    }

    private static func zip(_ body: (inout ZipBytes) -> Void) -> [UInt8] {
        var zip = ZipBytes()
        body(&zip)
        return zip.ended
    }

    private static func named(_ name: String, type: Character = "0", link: String = "") -> [UInt8] {
        tar { $0.add(name, type: type, link: link, content: type == "0" ? "x" : "") }
    }

    static let cases: [Case] = {
        let deep = String(repeating: "a/", count: 40) + "b"
        let long = String(repeating: "n", count: 300)
        let list: [(String, [UInt8], String)] = [
            ("a path upwards", named("../x"), "'.' or '..'"), ("a path upwards inside", named("a/../../x"), "'.' or '..'"),
            ("a path that ends upwards", named("a/.."), "'.' or '..'"), ("an absolute path", named("/etc/x"), "starts with a slash"),
            ("two slashes", named("a//b"), "empty name"), ("a dot inside", named("a/./b"), "'.' or '..'"),
            ("a backslash", named("a\\..\\b"), "backslash"), ("a drive", named("C:\\x"), "backslash"),
            ("a control character", named("a\u{7}b"), "control character"), ("an escape", named("a\u{1B}[2J"), "control character"),
            ("a line feed", named("a\nb"), "control character"), ("a C1 control", named("a\u{9B}b"), "control character"),
            (
                "too deep",
                tar {
                    $0.pax([("path", deep)]); $0.add("x")
                }, "more than 32 names"
            ),
            (
                "a long name",
                tar {
                    $0.pax([("path", long)]); $0.add("x")
                }, "longer than"
            ),
            ("an empty name", tar { $0.add([], content: [1]) }, ""),
            ("not UTF-8", tar { $0.add([0x61, 0xFF], content: [1]) }, "not UTF-8"),
            ("a surrogate", tar { $0.add([0xED, 0xA0, 0x80], content: [1]) }, "not UTF-8"),
            ("a character device", named("x", type: "3"), "a device, a fifo or a socket"),
            ("a block device", named("x", type: "4"), "a device, a fifo or a socket"),
            ("a fifo", named("x", type: "6"), "a device, a fifo or a socket"),
            ("a link out", named("x", type: "2", link: "../x"), "a link has to lead"),
            ("an absolute link", named("x", type: "2", link: "/etc/passwd"), "a link has to lead"),
            ("a link to nothing", named("x", type: "2", link: "y"), "a link has to lead"),
            ("a link to itself", named("x", type: "2", link: "x"), "a link has to lead"),
            ("a link without a text", named("x", type: "2", link: ""), ""),
            ("a link to its folder", named("x", type: "2", link: "."), "a link has to lead"),
            (
                "links in a circle",
                tar {
                    $0.add("a", type: "2", link: "b"); $0.add("b", type: "2", link: "a")
                }, "a link has to lead"
            ),
            (
                "a link through a link",
                tar {
                    $0.add("d/e/f", content: "x")
                    $0.add("l", type: "2", link: "d/e")
                    $0.add("y", type: "2", link: "l/../../z")
                }, "a link has to lead"
            ),
            (
                "a link down and up",
                tar {
                    $0.add("d/x", content: "x"); $0.add("y", type: "2", link: "d/../../z")
                },
                "a link has to lead"
            ),
            (
                "a link to what lies behind a link",
                tar {
                    $0.add("d/x", content: "x")
                    $0.add("l", type: "2", link: "d")
                    $0.add("y", type: "2", link: "l/x")
                }, "a link has to lead"
            ),
            (
                "a file below a link",
                tar {
                    $0.add("d", type: "2", link: "e"); $0.add("d/x", content: "x")
                }, "is a file and a folder"
            ),
            (
                "a file over a link",
                tar {
                    $0.add("d", type: "2", link: "e"); $0.add("d", content: "x")
                }, "twice"
            ),
            ("a second name of nothing", named("x", type: "1", link: "y"), "a second name"),
            ("a second name outside", named("x", type: "1", link: "/etc/passwd"), "a second name"),
            ("a second name upwards", named("x", type: "1", link: "../x"), "a second name"),
            ("a second name of itself", named("x", type: "1", link: "x"), "a second name"),
            (
                "a second name of a folder",
                tar {
                    $0.add("d/", type: "5"); $0.add("x", type: "1", link: "d")
                }, "a second name"
            ),
            (
                "a second name of a link",
                tar {
                    $0.add("a", content: "x"); $0.add("l", type: "2", link: "a"); $0.add("x", type: "1", link: "l")
                },
                "a second name"
            ),
            (
                "twice",
                tar {
                    $0.add("a", content: "1"); $0.add("a", content: "2")
                }, "twice"
            ),
            (
                "twice, with a dot",
                tar {
                    $0.add("a", content: "1"); $0.add("./a", content: "2")
                }, "twice"
            ),
            (
                "capitals",
                tar {
                    $0.add("a/Read", content: "1"); $0.add("a/read", content: "2")
                }, "the same as"
            ),
            (
                "capitals of a folder",
                tar {
                    $0.add("A/x", content: "1"); $0.add("a/y", content: "2")
                }, "the same as"
            ),
            (
                "a sharp s",
                tar {
                    $0.add("stra\u{DF}e", content: "1"); $0.add("STRASSE", content: "2")
                }, "the same as"
            ),
            (
                "two spellings",
                tar {
                    $0.add("caf\u{E9}", content: "1"); $0.add("cafe\u{301}", content: "2")
                }, "the same as"
            ),
            (
                "a file, then a folder",
                tar {
                    $0.add("a", content: "1"); $0.add("a/b", content: "2")
                }, "a file and a folder"
            ),
            (
                "a folder, then a file",
                tar {
                    $0.add("a/b", content: "1"); $0.add("a", content: "2")
                }, "a file and a folder"
            ),
            (
                "a pax path upwards",
                tar {
                    $0.pax([("path", "../x")]); $0.add("y", content: "x")
                }, "'.' or '..'"
            ),
            (
                "a pax path for all",
                tar {
                    $0.pax([("path", "../x")], type: "g"); $0.pax([("path", "/x")]); $0.add("y")
                }, "starts with a slash"
            ),
            (
                "a pax link out",
                tar {
                    $0.pax([("linkpath", "../../x")]); $0.add("y", type: "2", link: "z")
                }, "a link has to lead"
            ),
            (
                "a GNU long name upwards",
                tar {
                    $0.add("././@LongLink", type: "L", content: "../x\0"); $0.add("y", content: "x")
                }, "'.' or '..'"
            ),
            (
                "a GNU long link out",
                tar {
                    $0.add("././@LongLink", type: "K", content: "/etc/passwd\0"); $0.add("y", type: "2", link: "z")
                }, "a link has to lead"
            ),
            ("a prefix upwards", tar { $0.add(Array("x".utf8), content: [1], prefix: "../..") }, "'.' or '..'"),
            ("a negative size", tar { $0.add(Array("x".utf8), size: "-0000000001") }, ""),
            ("a size beyond all", tar { $0.add(Array("x".utf8), size: "77777777777") }, ""),
            ("a checksum that is wrong", tar { $0.add(Array("x".utf8), content: [1], breaksChecksum: true) }, ""),
            ("cut in a member", Array(tar { $0.add("x", content: String(repeating: "y", count: 5000)) }.prefix(2000)), ""),
            ("cut in a header", Array(named("x").prefix(300)), ""), ("nothing", [], ""), ("no archive", Array("just text\n".utf8), ""),
            ("HTML", Array("<html><body>Welcome</body></html>".utf8), ""), ("zeros", [UInt8](repeating: 0, count: 400), ""),
            ("zip: upwards", zip { $0.add("../x", "x") }, "'.' or '..'"),
            ("zip: absolute", zip { $0.add("/x", "x") }, "starts with a slash"),
            ("zip: backslash", zip { $0.add("..\\x", "x") }, ""),
            (
                "zip: twice",
                zip {
                    $0.add("x", "1"); $0.add("x", "2")
                }, "twice"
            ),
            (
                "zip: capitals",
                zip {
                    $0.add("X", "1"); $0.add("x", "2")
                }, "the same as"
            ),
            ("zip: a link out", zip { $0.add("l", "../../etc/passwd", mode: 0o120777) }, "a link has to lead"),
            ("zip: a device", zip { $0.add("d", "", mode: 0o020666) }, "a device, a fifo or a socket"),
            ("zip: encrypted", zip { $0.add("x", "0123456789abcdef", flags: 0x801) }, "encrypted"),
            ("zip: a checksum that is wrong", zip { $0.add("x", "content", checksum: 1) }, ""),
            ("zip: cut", Array(zip { $0.add("x", "content") }.dropLast(30)), ""),
            (
                "zip: a NUL in a name",
                zip {
                    $0.add("good", "x"); $0.add("a\0/../../b", "x")
                }, "control character"
            ),
            ("zip: not UTF-8", zip { $0.add("a\u{7}", "x") }, "control character"),
        ]
        return list.map { Case(description: $0.0, bytes: $0.1, words: $0.2) }
    }()

    /// Tries to unpack, and says why that was refused.
    private static func refusal(_ bytes: [UInt8], limits: UnpackReader.Limits = UnpackReader.Limits()) throws -> String? {
        let folder = try TemporaryFolder(inMemory: true)
        let store = try DirectoryStore.open(folder.appending("store"))
        let archive = try store.put(file: bytes)
        try store.flush()
        let before = try folder.everything()
        do throws(ArchiveIntake.Failure) {
            _ = try ArchiveIntake(store: store, limits: limits).tree(of: archive) { _ in }
            return nil
        } catch {
            try store.flush()
            // Nothing of it stays.
            #expect(try folder.everything() == before)
            guard case .archive(let refusal) = error else { return "\(error)" }
            return refusal.description
        }
    }

    @Test(arguments: cases) func `it is refused, and nothing of it is kept`(hostile: Case) throws {
        let text = try #require(try Self.refusal(hostile.bytes), "\(hostile)")
        #expect(text.contains(hostile.words), "\(hostile): \(text)")
        #expect(text.utf8.allSatisfy { $0 >= 0x20 } || hostile.words == "control character", "\(hostile): \(text)")
    }

    @Test func `there are more than sixty of them`() { #expect(Self.cases.count >= 60) }

    @Test func `one that comes after good ones takes them along`() throws {
        let bytes = Self.tar {
            for index in 0..<50 { $0.add("good/\(index)", content: "content \(index)") }
            $0.add("../bad", content: "x")
        }
        #expect(try Self.refusal(bytes) != nil)
    }

    @Test func `a bomb, too many members and too many bytes are refused`() throws {
        let zeros = Self.tar { $0.add(Array("zeros".utf8), content: [UInt8](repeating: 0, count: 1_000_000)) }
        let packed = try ProcessRunner.run(["gzip", "-9"], input: zeros)
        try #require(packed.status == 0)
        var limits = UnpackReader.Limits()
        limits.free = 100_000
        #expect(try Self.refusal(packed.output, limits: limits)?.contains("more than 200 times its own length") == true)
        #expect(try Self.refusal(packed.output) == nil)
        limits = UnpackReader.Limits()
        limits.bytes = 999_999
        #expect(try Self.refusal(zeros, limits: limits)?.contains("more than 999999 bytes") == true)
        limits = UnpackReader.Limits()
        limits.members = 3
        let many = Self.tar { for index in 0..<4 { $0.add("\(index)", content: "x") } }
        #expect(try Self.refusal(many, limits: limits)?.contains("more than 3 members") == true)
    }

    @Test func `an archive in an archive stays one, and twice packed is refused`() throws {
        let inner = Self.tar { $0.add("x", content: "x") }
        let once = try ProcessRunner.run(["gzip"], input: inner).output
        #expect(try Self.refusal(once) == nil)
        let twice = try ProcessRunner.run(["gzip"], input: once).output
        #expect(try Self.refusal(twice)?.contains("packed more than once") == true)
        #expect(try Self.refusal(Self.tar { $0.add(Array("inner.tar.gz".utf8), content: once) }) == nil)
    }

    @Test func `every cut of a packed archive is refused or gives less than all`() throws {
        let whole = try ProcessRunner.run(
            ["gzip"], input: Self.tar { for index in 0..<20 { $0.add("\(index)", content: "content \(index)") } }
        ).output
        for length in stride(from: 0, to: whole.count - 12, by: 7) {
            #expect(try Self.refusal(Array(whole.prefix(length))) != nil, "\(length) of \(whole.count)")
        }
    }
}
