import Platform
import TestSupport
import Testing

@testable import Archives

/// Zip files put together field by field, so that each can be wrong on its own.
struct RawZip {
    struct Member {
        var name: [UInt8]
        var content: [UInt8] = []
        var method = 0
        var packed: [UInt8]?
        var flags = 0x800
        var system = 3
        var mode = 0o100644
        var checksum: UInt32?
        var size: Int?
        var localName: [UInt8]?

        init(_ name: String, _ content: String = "") {
            self.name = Array(name.utf8)
            self.content = Array(content.utf8)
        }
    }

    static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func encode(_ members: [Member], sharingBytes: Bool = false) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let packed = member.packed ?? member.content
            let checksum = Int(member.checksum ?? CRC32.of(member.content))
            let size = member.size ?? member.content.count
            let fields =
                number(member.flags, 2) + number(member.method, 2) + number(0, 4) + number(checksum, 4) + number(packed.count, 4)
                + number(size, 4)
            let header = sharingBytes ? 0 : file.count
            let localName = member.localName ?? member.name
            directory += number(0x0201_4B50, 4) + [20, UInt8(member.system), 20, 0] + fields + number(member.name.count, 2) + number(0, 8)
            directory += number(member.mode << 16, 4) + number(header, 4) + member.name
            file += number(0x0403_4B50, 4) + [20, 0] + fields + number(localName.count, 2) + number(0, 2) + localName + packed
        }
        let start = file.count
        let count = number(members.count, 2)
        return file + directory + number(0x0605_4B50, 4) + number(0, 4) + count + count + number(directory.count, 4) + number(start, 4) + [
            0, 0,
        ]
    }
}

struct ZipReaderTests {
    static func fault(_ members: [RawZip.Member], sharingBytes: Bool = false) -> ZipError? {
        do throws(ZipError) {
            let reader = try ZipReader(RawZip.encode(members, sharingBytes: sharingBytes))
            for entry in reader.entries { _ = try reader.content(of: entry) }
            return nil
        } catch {
            return error
        }
    }

    @Test func `what Python's zipfile writes is read back`() throws {
        let folder = try TemporaryFolder()
        let script = """
            import zipfile, os
            with zipfile.ZipFile('t.zip', 'w', zipfile.ZIP_DEFLATED) as z:
                z.writestr('a/b.txt', 'x' * 100000)
                z.writestr(zipfile.ZipInfo('a/'), '')
                i = zipfile.ZipInfo('run.sh'); i.external_attr = 0o100755 << 16
                z.writestr(i, b'#!/bin/sh\\n')
                z.writestr('a/\\u00e9.txt', 'accent')
                z.writestr('empty', '', compress_type=zipfile.ZIP_DEFLATED)
                with z.open('streamed', 'w', force_zip64=True) as f: f.write(bytes(range(256)) * 500)
            """
        let outcome = try ProcessRunner.run(["/usr/bin/env", "python3", "-c", script], directory: folder.path)
        try #require(outcome.status == 0, "\(outcome.errorText)")
        let reader = try ZipReader(Files.read(folder.appending("t.zip")))
        #expect(reader.entries.map(\.path) == ["a/b.txt", "a", "run.sh", "a/é.txt", "empty", "streamed"])
        #expect(reader.entries.map(\.isFolder) == [false, true, false, false, false, false])
        #expect(reader.entries.map(\.isExecutable) == [false, false, true, false, false, false])
        #expect(try reader.content(of: reader.entries[0]) == [UInt8](repeating: UInt8(ascii: "x"), count: 100_000))
        #expect(try reader.content(of: reader.entries[3]) == Array("accent".utf8))
        #expect(try reader.content(of: reader.entries[4]).isEmpty)
        #expect(try reader.content(of: reader.entries[5]) == (0..<500).flatMap { _ in (0...255).map(UInt8.init) })
    }

    @Test func `names that lead elsewhere are refused`() {
        for (name, fault) in [
            ("/etc/passwd", MemberPath.Fault.absolute), ("../x", .dots), ("a/../../x", .dots), ("a//x", .emptyName), ("a\\x", .backslash),
            ("a\u{1}", .control), ("./x", .dots), ("", .empty), ("/", .empty),
        ] {
            #expect(Self.fault([RawZip.Member(name)]) == .entry(name, .path(fault)), "\(name)")
        }
        var member = RawZip.Member("x")
        member.name = [0xFF, 0xFE]
        #expect(Self.fault([member]) == .entry("\u{FFFD}\u{FFFD}", .path(.notUnicode)))
        member.flags = 0
        #expect(Self.fault([member]) == .entry("\u{FFFD}\u{FFFD}", .notMarkedUnicode))
    }

    @Test func `names that get in each other's way are refused`() {
        #expect(Self.fault([.init("a"), .init("a")]) == .entry("a", .duplicate))
        #expect(Self.fault([.init("a"), .init("a/b")]) == .entry("a/b", .fileAndFolder("a")))
        #expect(Self.fault([.init("a/b"), .init("a")]) == .entry("a", .fileAndFolder("a")))
        #expect(Self.fault([.init("caf\u{E9}"), .init("cafe\u{301}")]) == .entry("cafe\u{301}", .twin("caf\u{E9}")))
        var folder = RawZip.Member("b/")
        folder.mode = 0o040755
        #expect(Self.fault([.init("b/a"), .init("c"), folder, .init("b/d"), .init("B/a")]) == nil)
    }

    @Test func `links, devices, encryption and other methods are refused`() {
        var member = RawZip.Member("a", "target")
        member.mode = 0o120777
        #expect(Self.fault([member]) == .entry("a", .link))
        member.mode = 0o020666
        #expect(Self.fault([member]) == .entry("a", .special))
        member.mode = 0o100644
        member.flags = 0x801
        #expect(Self.fault([member]) == .entry("a", .encrypted))
        member.flags = 0x800
        member.method = 12
        #expect(Self.fault([member]) == .entry("a", .method(12)))
    }

    @Test func `content that is not what the directory says is refused`() {
        var member = RawZip.Member("a", "content")
        member.checksum = 1
        #expect(Self.fault([member]) == .entry("a", .checksum))
        member = RawZip.Member("a", "content")
        member.localName = Array("b".utf8)
        #expect(Self.fault([member]) == .entry("a", .header))
        member = RawZip.Member("a", "content")
        member.size = 1 << 30
        #expect(Self.fault([member]) == .entry("a", .size(recorded: 1 << 30)))
        member.method = 8
        member.packed = [1, 7, 0, 0xF8, 0xFF] + member.content
        #expect(Self.fault([member]) == .entry("a", .size(recorded: 1 << 30)))
        for size in [6, 8, 100] {
            member.size = size
            #expect(Self.fault([member]) == .entry("a", .size(recorded: size)))
        }
        #expect(Self.fault([.init("a", "x"), .init("a2", "x")], sharingBytes: true) == .entry("a2", .overlap))
    }

    @Test func `what unpacks to more than the limit is refused before it is unpacked`() {
        let file = RawZip.encode([.init("a", "12345"), .init("b", "12345")])
        #expect(throws: ZipError.tooLarge(limit: 9)) { try ZipReader(file, limit: 9) }
        #expect(throws: Never.self) { try ZipReader(file, limit: 10) }
    }

    @Test func `bytes that are no zip file are refused`() {
        let file = RawZip.encode([.init("a", "12345")])
        #expect(throws: ZipError.form(.noDirectory)) { try ZipReader([]) }
        #expect(throws: ZipError.form(.noDirectory)) { try ZipReader(Array("no zip file, but long enough".utf8)) }
        #expect(throws: ZipError.form(.noDirectory)) { try ZipReader(file.dropLast()) }
        #expect(throws: ZipError.form(.directory)) { try ZipReader([0] + file) }
    }

    @Test func `no changed byte traps, and none changes content unnoticed`() {
        var packed = RawZip.Member("folder/name", "content")
        packed.method = 8
        // `content`, stored in one block of deflate.
        packed.packed = [1, 7, 0, 0xF8, 0xFF] + packed.content
        let members = [RawZip.Member("a", "12345"), packed, RawZip.Member("b/")]
        let file = RawZip.encode(members)
        #expect(Self.fault(members.dropLast()) == nil)
        for index in file.indices {
            for bit in 0..<8 {
                var changed = file
                changed[index] ^= 1 << bit
                guard let reader = try? ZipReader(changed) else { continue }
                for entry in reader.entries {
                    guard let content = try? reader.content(of: entry) else { continue }
                    #expect(["12345", "content", ""].contains(String(decoding: content, as: UTF8.self)))
                }
            }
        }
        for length in file.indices { _ = try? ZipReader(Array(file[..<length])) }
    }

    @Test func `the checksum is that of zip`() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
        #expect(CRC32.of([UInt8](repeating: 0xA5, count: 1000)) == 0x2156_B7DC)
    }
}
