import Testing

@testable import Archives

@Suite struct ZstandardFrameTests {
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// A frame put together by hand: descriptor, the bytes after it, blocks.
    private static func frame(_ descriptor: UInt8, _ header: [UInt8], _ blocks: [UInt8]) -> [UInt8] {
        magic + [descriptor] + header + blocks
    }

    /// A block's header: type 0 raw, 1 repeated byte, 2 compressed, 3 reserved.
    private static func block(_ size: Int, type: Int, last: Bool) -> [UInt8] {
        let header = size << 3 | type << 1 | (last ? 1 : 0)
        return [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16 & 0xFF)]
    }

    private static let hello = block(5, type: 0, last: true) + Array("hello".utf8)
    private static let window: [UInt8] = [7 << 3]
    private static let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]

    private func fault(_ bytes: [UInt8]) -> ArchiveError.FrameFault? {
        do throws(ArchiveError) {
            _ = try ZstandardFrame(bytes, end: bytes.count)
            return nil
        } catch {
            if case .frame(let fault, let offset) = error {
                #expect((0...bytes.count).contains(offset))
                return fault
            }
            Issue.record("not a fault of a frame: \(error)")
            return nil
        }
    }

    @Test(arguments: [
        ("raw block", frame(0, window, hello)),
        ("two blocks", frame(0, window, block(2, type: 0, last: false) + [1, 2] + hello)),
        ("repeated byte", frame(0, window, block(131072, type: 1, last: true) + [9])),
        ("with a checksum", frame(4, window, hello + [1, 2, 3, 4])),
        ("single segment", frame(0x20, [5], hello)),
        ("size in two bytes", frame(0x40, window + [0, 0], hello)),
        ("size in four bytes", frame(0x80, window + [5, 0, 0, 0], hello)),
        ("size in eight bytes", frame(0xC0, window + [5, 0, 0, 0, 0, 0, 0, 0], hello)),
        ("window of 8 MiB", frame(0, [13 << 3], hello)),
        ("no content", frame(0, window, block(0, type: 0, last: true))),
    ])
    func `one plain frame passes the gate`(name: String, bytes: [UInt8]) {
        #expect(fault(bytes) == nil)
    }

    @Test(arguments: [
        ("nothing", [], ArchiveError.FrameFault.cut), ("only the magic number", magic, .cut),
        ("another magic number", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], .magic), ("zstd 0.7", [0x27, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], .magic),
        ("skippable frame first", skippable + frame(0, window, hello), .magic),
        ("skippable frame after", frame(0, window, hello) + skippable, .trailing),
        ("second frame", frame(0, window, hello) + frame(0, window, hello), .trailing),
        ("a byte after", frame(0, window, hello) + [0], .trailing),
        ("checksum not announced", frame(0, window, hello + [1, 2, 3, 4]), .trailing),
        ("reserved bit", frame(0x08, window, hello), .reserved), ("unused bit", frame(0x10, window, hello), .reserved),
        ("dictionary, 1 byte", frame(1, window + [7], hello), .dictionary),
        ("dictionary, 2 bytes", frame(2, window + [7, 0], hello), .dictionary),
        ("dictionary, 4 bytes", frame(3, window + [7, 0, 0, 0], hello), .dictionary),
        ("window of 8 MiB and an eighth", frame(0, [13 << 3 | 1], hello), .window),
        ("window of 16 MiB", frame(0, [14 << 3], hello), .window),
        ("window of 2 GiB", frame(0, [21 << 3], hello), .window), ("window of 3.75 TiB", frame(0, [0xFF], hello), .window),
        ("single segment of 4 GiB", frame(0xA0, [0xFF, 0xFF, 0xFF, 0xFF], hello), .window),
        ("single segment of 2^64 - 1", frame(0xE0, [UInt8](repeating: 0xFF, count: 8), hello), .window),
        ("reserved type of block", frame(0, window, block(5, type: 3, last: true) + Array("hello".utf8)), .block),
        ("block over 128 KiB", frame(0, window, block(131073, type: 1, last: true) + [9]), .block),
        ("compressed block over 128 KiB", frame(0, [13 << 3], block(2_000_000, type: 2, last: true)), .block),
        ("block larger than the window", frame(0, [0], block(1025, type: 1, last: true) + [9]), .block),
        ("block cut", frame(0, window, block(6, type: 0, last: true) + Array("hello".utf8)), .cut),
        ("no last block", frame(0, window, block(5, type: 0, last: false) + Array("hello".utf8)), .cut),
        ("header cut", frame(0xC0, window + [5, 0, 0], []), .cut), ("no block", frame(0, window, []), .cut),
        ("checksum cut", frame(4, window, hello + [1, 2, 3]), .cut),
    ])
    func `everything else is refused`(name: String, bytes: [UInt8], expected: ArchiveError.FrameFault) {
        #expect(fault(bytes) == expected)
    }

    @Test(arguments: [0, 1, 131071, 131072, 131073, 300_000])
    func `a stored frame holds its content`(size: Int) throws {
        var generator = SeededGenerator(7)
        let content = generator.bytes(size)
        let frame = ZstandardFrame.storing(content)
        #expect(fault(frame) == nil)
        if size > 0 { #expect(try Zstandard.shared().decompress(frame, end: frame.count, limit: size) == content) }
    }

    @Test func `what libarchive compresses passes the gate`() throws {
        var generator = SeededGenerator(8)
        for size in [1, 1000, 200_000, 3_000_000] {
            let content = generator.bytes(size / 2) + [UInt8](repeating: 0, count: size - size / 2)
            let frame = try Zstandard.shared().compress(content)
            #expect(fault(frame) == nil)
            #expect(try Zstandard.shared().decompress(frame, end: frame.count, limit: size) == content)
            #expect(try Zstandard.shared().decompress(frame, end: frame.count, limit: size - 1) == nil)
        }
    }

    @Test func `zstd inside zstd is unpacked once`() throws {
        let inner = try Zstandard.shared().compress(Array("inner".utf8))
        let outer = try Zstandard.shared().compress(inner)
        #expect(try Zstandard.shared().decompress(outer, end: outer.count, limit: 1 << 20) == inner)
    }

    @Test func `bytes in another compression's form are not guessed at`() throws {
        for bytes: [UInt8] in [[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], Array("plain text".utf8)] {
            #expect(throws: ArchiveError.self) { try Zstandard.shared().decompress(bytes, end: bytes.count, limit: 1 << 20) }
        }
    }

    @Test func `a missing library is an error that names the package`() {
        let missing = #expect(throws: ArchiveError.self) { try Zstandard(opening: ["libnowhere.so.13", "libnowhere.so.14"]) }
        #expect(missing?.description.contains("libnowhere.so.14") == true)
        #expect(missing?.description.contains("'apt install libarchive13' or 'brew install libarchive'") == true)
    }

    #if canImport(Glibc)
        @Test func `a library without an entry point is an error that names it`() {
            #expect(throws: ArchiveError.libraryMissing("libc.so.6 has no function 'archive_version_string'")) {
                try Zstandard(opening: ["libnowhere.so.13", "libc.so.6"])
            }
        }
    #endif
}
