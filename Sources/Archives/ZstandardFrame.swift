/// What the outside of a zstd frame says, read without decompressing anything.
///
/// This is the gate before libarchive: zstd tools take several frames, dictionaries and windows of gigabytes; archives have none of these.
// SPEC: archive.md#the-file; RFC 8878, section 3.1
struct ZstandardFrame {
    /// The largest window that is read: decompression needs this much memory, whatever the file says.
    static let largestWindow = 8 << 20
    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    static let largestBlock = 128 << 10

    /// The content's size where the frame gives it; zstd itself checks it.
    let contentSize: UInt64?
    /// No content of this frame is larger: its blocks' sizes, with 128 KiB or the window for each compressed one.
    let largestContent: Int

    /// Reads the frame that fills `bytes[0..<end]`.
    ///
    /// - Throws: ``ArchiveError/frame(_:offset:)`` unless exactly one frame without dictionary, with no reserved bit set and a
    ///   window of at most 8 MiB, begins at 0 and ends at `end`.
    /// - Complexity: O(blocks), a block being up to 128 KiB of content.
    init(_ bytes: [UInt8], end: Int) throws(ArchiveError) {
        func number(at offset: Int, bytes count: Int) throws(ArchiveError) -> UInt64 {
            guard end - offset >= count else { throw .frame(.cut, offset: offset) }
            var value: UInt64 = 0
            for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
            return value
        }
        guard end >= 5 else { throw .frame(.cut, offset: 0) }
        guard bytes.starts(with: Self.magic) else { throw .frame(.magic, offset: 0) }
        let descriptor = bytes[4]
        // Bit 3 is reserved, bit 4 unused, bits 0 and 1 give the length of a dictionary's name.
        guard descriptor & 0b0001_1000 == 0 else { throw .frame(.reserved, offset: 4) }
        guard descriptor & 0b0000_0011 == 0 else { throw .frame(.dictionary, offset: 4) }
        let isSingleSegment = descriptor & 0b0010_0000 != 0
        let hasChecksum = descriptor & 0b0000_0100 != 0
        var offset = 5

        var window: UInt64 = 0
        if !isSingleSegment {
            let byte = try number(at: offset, bytes: 1)
            let base: UInt64 = 1 << (10 + (byte >> 3))
            window = base + base / 8 * (byte & 7)
            offset += 1
        }
        let sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        if sizeBytes > 0 {
            let value = try number(at: offset, bytes: sizeBytes)
            contentSize = sizeBytes == 2 ? value + 256 : value
            offset += sizeBytes
        } else {
            contentSize = nil
        }
        if isSingleSegment, let contentSize { window = contentSize }
        guard window <= UInt64(Self.largestWindow) else { throw .frame(.window, offset: 5) }

        let largest = min(Int(window), Self.largestBlock)
        var content = 0
        var isLast = false
        while !isLast {
            let header = Int(try number(at: offset, bytes: 3))
            let size = header >> 3
            isLast = header & 1 == 1
            let length: Int
            switch header >> 1 & 3 {
            case 0: (length, content) = (size, content + size)
            case 1: (length, content) = (1, content + size)
            case 2: (length, content) = (size, content + largest)
            default: throw .frame(.block, offset: offset)
            }
            guard size <= largest else { throw .frame(.block, offset: offset) }
            offset += 3
            guard end - offset >= length else { throw .frame(.cut, offset: offset) }
            offset += length
        }
        if hasChecksum {
            guard end - offset >= 4 else { throw .frame(.cut, offset: offset) }
            offset += 4
        }
        largestContent = content
        guard offset == end else { throw .frame(.trailing, offset: offset) }
    }

    /// A frame that holds `content` as it is, in raw blocks.
    ///
    /// For content that compresses so well that a reader must take it for a bomb.
    static func storing(_ content: [UInt8]) -> [UInt8] {
        var frame = magic
        // No content size, no checksum; a window of 128 KiB: exponent 7, mantissa 0.
        frame += [0, 7 << 3]
        frame.reserveCapacity(content.count + 3 * (content.count / largestBlock + 1) + frame.count)
        var offset = 0
        repeat {
            let size = min(largestBlock, content.count - offset)
            let header = size << 3 | (offset + size == content.count ? 1 : 0)
            frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16)]
            frame += content[offset..<offset + size]
            offset += size
        } while offset < content.count
        return frame
    }
}
