import CArchive

/// RFC 1951 through libarchive, which is opened when it is first needed.
package enum Deflate {
    /// The content of a raw deflate stream, at least one byte; nil if it is longer than `limit` bytes.
    ///
    /// Bytes after the stream's own end are passed over: whoever knows the content's length or checksum compares them.
    ///
    /// - Complexity: about 300 MB/s in the calling thread; memory is the content and a copy of `stream`.
    /// - Throws: ``ArchiveError/libraryMissing(_:)``, ``ArchiveError/codec(_:)``.
    package static func expand(_ stream: ArraySlice<UInt8>, limit: Int, expected: Int = 0) throws(ArchiveError) -> [UInt8]? {
        precondition(limit >= 0, "a limit is not negative")
        let library = try Zstandard.shared().library
        // libarchive reads gzip, which is deflate with a header and a trailer; it compares nothing in the trailer.
        var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        file.reserveCapacity(stream.count + 18)
        file += stream
        file += [0, 0, 0, 0, 0, 0, 0, 0]
        var content: [UInt8] = []
        content.reserveCapacity(min(limit, expected))
        var message = [CChar](repeating: 0, count: Zstandard.messageCapacity)
        let outcome = file.withUnsafeBytes { bytes in
            withUnsafeMutablePointer(to: &content) { context in
                carchive_gunzip(
                    library, bytes.baseAddress, bytes.count, UInt64(limit), Zstandard.append, context, &message, message.count)
            }
        }
        if outcome == carchive_too_long { return nil }
        guard outcome == carchive_done else { throw .codec(Zstandard.text(message)) }
        return content
    }
}

/// The checksum of zip and gzip: CRC-32 with the polynomial 0x04C11DB7, reflected.
package enum CRC32 {
    /// The checksum of `bytes`.
    ///
    /// - Complexity: O(bytes), eight at a time.
    package static func of(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { of($0, after: 0) }
    }

    /// The checksum of what has the checksum `before`, followed by `raw`.
    package static func of(_ raw: UnsafeRawBufferPointer, after before: UInt32) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var crc: UInt32 = ~before
            var index = 0
            while index &+ 8 <= raw.count {
                let low = raw.loadUnaligned(fromByteOffset: index, as: UInt32.self).littleEndian ^ crc
                let high = raw.loadUnaligned(fromByteOffset: index &+ 4, as: UInt32.self).littleEndian
                let first = table[1792 &+ Int(low & 0xFF)] ^ table[1536 &+ Int(low >> 8 & 0xFF)]
                let second = table[1280 &+ Int(low >> 16 & 0xFF)] ^ table[1024 &+ Int(low >> 24)]
                let third = table[768 &+ Int(high & 0xFF)] ^ table[512 &+ Int(high >> 8 & 0xFF)]
                let fourth = table[256 &+ Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
                crc = first ^ second ^ third ^ fourth
                index &+= 8
            }
            while index < raw.count {
                crc = crc >> 8 ^ table[Int((crc ^ UInt32(raw[index])) & 0xFF)]
                index &+= 1
            }
            return ~crc
        }
    }

    /// Eight tables of 256: in table k the effect of a byte with k more bytes after it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()
}
