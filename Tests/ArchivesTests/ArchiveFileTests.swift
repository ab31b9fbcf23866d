import Canonical
import Testing

@testable import Archives

@Suite struct ArchiveFileTests {
    private static let members = [
        ArchiveMember(path: "archive.json", bytes: Array("{}\n".utf8)), ArchiveMember(path: "model/weights", bytes: Array(0...255)),
    ]

    private func open(_ bytes: [UInt8], limit: Int = ArchiveFile.defaultLimit) throws(ArchiveError) -> [ArchiveMember] {
        try ArchiveFile.open(bytes, limit: limit).members
    }

    @Test func `a file is read back, and its identity is the digest of the tar`() throws {
        let tar = try TarStream.encode(Self.members)
        let (members, identity) = try ArchiveFile.open(ArchiveFile.compress(tar))
        #expect(members == Self.members)
        #expect(identity == Digest.of(tar))
    }

    @Test func `how the tar is compressed does not change the identity`() throws {
        let tar = try TarStream.encode(Self.members)
        let stored = try ArchiveFile.open(ArchiveFile.sealed(ZstandardFrame.storing(tar)))
        #expect(stored.identity == Digest.of(tar))
        #expect(stored.members == Self.members)
    }

    @Test func `the trailer is a skippable frame with the digest of all before it`() throws {
        let file = try ArchiveFile.compress(TarStream.encode(Self.members))
        let trailer = file.suffix(40)
        #expect(trailer.prefix(8).elementsEqual([0x5D, 0x2A, 0x4D, 0x18, 0x20, 0, 0, 0]))
        #expect(Array(trailer.suffix(32)) == Digest.of(Array(file.dropLast(40))).bytes)
    }

    @Test func `every flipped bit of a file is found`() throws {
        var file = try ModelArchive.pack(Samples.archive).file
        try #require(file.count < 8192)
        var accepted: [Int] = []
        for bit in 0..<file.count * 8 {
            file[bit / 8] ^= 1 << UInt8(bit % 8)
            if (try? ModelArchive.read(file)) != nil { accepted.append(bit) }
            file[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        #expect(accepted == [])
        #expect(try ModelArchive.read(file) == Samples.archive)
    }

    @Test func `every cut of a file is found, at its end and at its start`() throws {
        let file = try ModelArchive.pack(Samples.archive).file
        for length in 0..<file.count {
            #expect(throws: ArchiveError.self) { try ModelArchive.read(Array(file.prefix(length))) }
            #expect(throws: ArchiveError.self) { try ModelArchive.read(Array(file.suffix(length))) }
        }
    }

    @Test func `a byte more is found, wherever it stands`() throws {
        let file = try ModelArchive.pack(Samples.archive).file
        for place in 0...file.count {
            #expect(throws: ArchiveError.self) { try ModelArchive.read(Array(file[..<place]) + [0] + file[place...]) }
        }
    }

    @Test func `other files are no archives`() {
        for bytes in [[], Array("hello".utf8), RawTar.file("a") + RawTar.end, [UInt8](repeating: 0, count: 40), ArchiveFile.sealed([])] {
            #expect(throws: ArchiveError.noTrailer) { try open(bytes) }
        }
    }

    @Test func `a changed file is refused with both digests`() throws {
        var file = try ModelArchive.pack(Samples.archive).file
        file[100] ^= 1
        let error = #expect(throws: ArchiveError.self) { try open(file) }
        let text = error?.description ?? ""
        #expect(text.contains(Digest.of(Array(file.dropLast(40))).description))
        #expect(text.contains("sha256:" + Digest(bytes: file.suffix(32)).hex))
    }

    @Test(arguments: [
        ("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], ArchiveError.FrameFault.magic),
        ("a skippable frame before", [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2], .magic),
    ])
    func `a seal over something else does not help`(name: String, bytes: [UInt8], fault: ArchiveError.FrameFault) throws {
        let frame = ZstandardFrame.storing(try TarStream.encode(Self.members))
        #expect(throws: ArchiveError.frame(fault, offset: 0)) { try open(ArchiveFile.sealed(bytes + frame)) }
    }

    @Test func `two frames, a frame in between, and two trailers are refused`() throws {
        let tar = try TarStream.encode(Self.members)
        let frame = ZstandardFrame.storing(tar)
        let halves = ZstandardFrame.storing(Array(tar.prefix(512))) + ZstandardFrame.storing(Array(tar.dropFirst(512)))
        #expect(throws: ArchiveError.frame(.trailing, offset: 6 + 3 + 512)) { try open(ArchiveFile.sealed(halves)) }
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
        #expect(throws: ArchiveError.frame(.trailing, offset: frame.count)) { try open(ArchiveFile.sealed(frame + skippable)) }
        #expect(throws: ArchiveError.frame(.trailing, offset: frame.count)) { try open(ArchiveFile.sealed(ArchiveFile.sealed(frame))) }
    }

    @Test func `a corrupt block gives libarchive's message`() throws {
        var generator = SeededGenerator(5)
        let letters = generator.bytes(600_000).map { $0 % 16 }
        var frame = try Zstandard.shared().compress(TarStream.encode([ArchiveMember(path: "model/letters", bytes: letters)]))
        // libarchive decides by the first blocks whether it takes the stream at all; here the header in the fourth one is broken.
        var offset = 6
        for _ in 1..<4 { offset += 3 + (Int(frame[offset]) | Int(frame[offset + 1]) << 8 | Int(frame[offset + 2]) << 16) >> 3 }
        for index in offset + 3..<offset + 11 { frame[index] = 0xFF }
        let error = #expect(throws: ArchiveError.self) { try open(ArchiveFile.sealed(frame)) }
        #expect(error?.description.contains("libarchive says: Zstd decompression failed") == true)
    }

    @Test func `the caller's limit holds`() throws {
        let tar = try TarStream.encode(Self.members)
        let file = try ArchiveFile.compress(tar)
        #expect(try open(file, limit: tar.count) == Self.members)
        #expect(throws: ArchiveError.tooLarge(size: nil, limit: tar.count - 1)) { try open(file, limit: tar.count - 1) }
        #expect(throws: ArchiveError.tooLarge(size: nil, limit: 0)) { try open(file, limit: 0) }
    }

    @Test func `a size that the frame claims is believed only to refuse it`() throws {
        // Content of 2^62 bytes, says the header; there are five.
        let size: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]
        let frame = ZstandardFrame.magic + [0xC0, 7 << 3] + size + [5 << 3 | 1, 0, 0] + Array("hello".utf8)
        #expect(throws: ArchiveError.tooLarge(size: 1 << 62, limit: 1 << 20)) { try open(ArchiveFile.sealed(frame), limit: 1 << 20) }
        #expect(throws: ArchiveError.self) { try open(ArchiveFile.sealed(frame), limit: .max) }
    }

    @Test func `a bomb is stopped at 64 MiB`() throws {
        // 4 bytes for each 128 KiB: 2 GiB from 64 KiB.
        var frame = ZstandardFrame.magic + [0, 7 << 3]
        let blocks = 16384
        for index in 0..<blocks {
            let header = 131072 << 3 | 1 << 1 | (index == blocks - 1 ? 1 : 0)
            frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0]
        }
        #expect(throws: ArchiveError.expands(limit: 64 << 20)) { try open(ArchiveFile.sealed(frame)) }
        #expect(throws: ArchiveError.tooLarge(size: nil, limit: 1 << 20)) { try open(ArchiveFile.sealed(frame), limit: 1 << 20) }
    }

    @Test func `content that compresses like a bomb is stored, and read back`() throws {
        let member = ArchiveMember(path: "model/zeros", bytes: [UInt8](repeating: 0, count: 65 << 20))
        let tar = try TarStream.encode([member])
        let file = try ArchiveFile.compress(tar)
        #expect(file.count > tar.count)
        #expect(try open(file) == [member])
    }

    @Test func `changed frames under a new seal are refused or give the same tar`() throws {
        let tar = try TarStream.encode(Samples.members)
        let frame = try Zstandard.shared().compress(tar)
        var generator = SeededGenerator(11)
        var refused = 0
        for _ in 0..<2000 {
            let changed = mutated(frame, &generator)
            do throws(ArchiveError) {
                let read = try ArchiveFile.tar(of: ArchiveFile.sealed(changed), limit: 1 << 20)
                // Whatever zstd makes of it, the tar reader lets through only what encodes to itself.
                if let members = try? TarStream.decode(read) { #expect(try! TarStream.encode(members) == read) }
            } catch {
                refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(refused > 1000)
    }

    @Test func `changed tars are refused or encode to themselves`() throws {
        let tar = try TarStream.encode(Samples.members)
        var generator = SeededGenerator(12)
        var accepted = 0
        for _ in 0..<3000 {
            var changed = mutated(tar, &generator)
            // A right checksum in each header lets a change through to the checks behind it.
            if generator.next() % 2 == 0 {
                for start in stride(from: 0, to: changed.count - 511, by: 512)
                where changed[start + 257..<start + 262].elementsEqual("ustar".utf8) {
                    var block = Array(changed[start..<start + 512])
                    RawTar.seal(&block)
                    changed.replaceSubrange(start..<start + 512, with: block)
                }
            }
            guard let members = try? TarStream.decode(changed) else { continue }
            accepted += 1
            #expect(try TarStream.encode(members) == changed)
        }
        // A changed content is a good tar; what it says is for the description to refuse.
        #expect(accepted > 10)
    }

    private func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 5...: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 4:
                let end = min(bytes.count, place + Int.random(in: 1...600, using: &generator))
                bytes += bytes[place..<end]
            default: bytes.removeLast(min(bytes.count, Int.random(in: 1...64, using: &generator)))
            }
        }
        return bytes
    }
}
