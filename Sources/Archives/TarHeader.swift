/// The one form in which a member's header is written: POSIX ustar, with a pax `path` record only where ustar has no room.
// SPEC: archive.md#the-tar
enum TarHeader {
    static let blockSize = 512
    /// The largest size that eleven octal digits hold: 8 GiB - 1.
    static let largestSize = 0o77777777777

    /// The fields of a ustar header: name and bytes.
    static let fields: [(name: String, range: Range<Int>)] = [
        ("name", 0..<100), ("mode", 100..<108), ("uid", 108..<116), ("gid", 116..<124), ("size", 124..<136), ("mtime", 136..<148),
        ("chksum", 148..<156), ("typeflag", 156..<157), ("linkname", 157..<257), ("magic", 257..<263), ("version", 263..<265),
        ("uname", 265..<297), ("gname", 297..<329), ("devmajor", 329..<337), ("devminor", 337..<345), ("prefix", 345..<500),
        ("padding", 500..<512),
    ]

    static let regular = UInt8(ascii: "0")
    static let extended = UInt8(ascii: "x")
    static let paxName = Array("PaxHeader".utf8)
    static let mode = Array("0000644\0".utf8)
    static let executableMode = Array("0000755\0".utf8)
    static let largestRecord = MemberPath.longest + 16

    /// All header blocks of a member: one block, or a pax header, its record and one block.
    ///
    /// - Precondition: `path` keeps ``MemberPath``'s rules and `size` is at most ``largestSize``.
    static func blocks(path: [UInt8], size: Int, isExecutable: Bool) -> [UInt8] {
        precondition(0 <= size && size <= largestSize, "a member's size has eleven octal digits")
        if let (prefix, name) = split(path) {
            return block(name: name, prefix: prefix, size: size, isExecutable: isExecutable, type: regular)
        }
        let record = paxRecord(path)
        var blocks = block(name: paxName[...], prefix: [], size: record.count, isExecutable: false, type: extended)
        blocks += record
        blocks += [UInt8](repeating: 0, count: padding(after: record.count))
        blocks += block(name: shortened(path), prefix: [], size: size, isExecutable: isExecutable, type: regular)
        return blocks
    }

    /// The zeros that fill `size` bytes up to whole blocks.
    static func padding(after size: Int) -> Int {
        (blockSize - size % blockSize) % blockSize
    }

    /// The sum of a header's bytes with its checksum field read as spaces.
    static func checksum(of block: ArraySlice<UInt8>) -> Int {
        let start = block.startIndex
        var sum = 8 * 32
        for index in block.indices where !(148..<156).contains(index - start) { sum += Int(block[index]) }
        return sum
    }

    // Up to 100 bytes need no prefix. Else the first slash after which at most 100 bytes are left, if at most 155 are before it.
    private static func split(_ path: [UInt8]) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)? {
        if path.count <= 100 { return ([], path[...]) }
        guard let slash = path[(path.count - 101)...].firstIndex(of: MemberPath.slash), slash <= 155, slash + 1 < path.count else {
            return nil
        }
        return (path[..<slash], path[(slash + 1)...])
    }

    // For readers that do not know pax: whole characters of the path that fit.
    private static func shortened(_ path: [UInt8]) -> ArraySlice<UInt8> {
        var end = 100
        while path[end] & 0xC0 == 0x80 { end -= 1 }
        return path[..<end]
    }

    // `LENGTH path=PATH\n`, where LENGTH counts its own digits.
    private static func paxRecord(_ path: [UInt8]) -> [UInt8] {
        let rest = Array(" path=".utf8) + path + [UInt8(ascii: "\n")]
        var length = rest.count
        while length != rest.count + String(length).utf8.count { length = rest.count + String(length).utf8.count }
        return Array(String(length).utf8) + rest
    }

    private static func block(
        name: ArraySlice<UInt8>, prefix: ArraySlice<UInt8>, size: Int, isExecutable: Bool, type: UInt8
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
        }
        put(name, at: 0)
        put(isExecutable ? executableMode : mode, at: 100)
        put("0000000\0".utf8, at: 108)
        put("0000000\0".utf8, at: 116)
        put(octal(size, digits: 11), at: 124)
        put("00000000000\0".utf8, at: 136)
        block[156] = type
        put("ustar\000".utf8, at: 257)
        put(prefix, at: 345)
        put(octal(checksum(of: block[...]), digits: 6), at: 148)
        block[155] = UInt8(ascii: " ")
        return block
    }

    private static func octal(_ value: Int, digits: Int) -> [UInt8] {
        let text = Array(String(value, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: digits - text.count) + text
    }
}
