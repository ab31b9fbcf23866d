/// Archives byte by byte, so that they can say what no tool would write.
struct TarBytes {
    private(set) var bytes: [UInt8] = []

    /// Adds a header and the content after it; numbers are as they stand there.
    mutating func add(
        _ name: [UInt8], type: Character = "0", link: String = "", content: [UInt8] = [], mode: String = "0000644", size: String? = nil,
        magic: String = "ustar\0" + "00", breaksChecksum: Bool = false, prefix: String = ""
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at place: Int) { for (offset, byte) in text.enumerated() { header[place + offset] = byte } }
        put(Array(name.prefix(100)), at: 0)
        put(Array(mode.utf8), at: 100)
        put(Array("0000000\0".utf8), at: 108)
        put(Array("0000000\0".utf8), at: 116)
        let digits = String(content.count, radix: 8)
        put(Array((size ?? String(repeating: "0", count: 11 - digits.count) + digits).utf8), at: 124)
        put(Array("00000000000".utf8), at: 136)
        put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
        put([type.asciiValue ?? 0], at: 156)
        put(Array(link.utf8.prefix(100)), at: 157)
        put(Array(magic.utf8), at: 257)
        put(Array(prefix.utf8.prefix(155)), at: 345)
        let sum = header.reduce(0) { $0 + Int($1) } + (breaksChecksum ? 1 : 0)
        let octal = String(sum, radix: 8)
        put(Array((String(repeating: "0", count: 6 - octal.count) + octal).utf8) + [0, UInt8(ascii: " ")], at: 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func add(_ name: String, type: Character = "0", link: String = "", content: String = "") {
        add(Array(name.utf8), type: type, link: link, content: Array(content.utf8))
    }

    /// Adds a pax header for the member after it.
    mutating func pax(_ fields: [(String, String)], type: Character = "x") {
        var text = ""
        for (key, value) in fields {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while String(length).utf8.count + rest.utf8.count != length { length += 1 }
            text += "\(length)\(rest)"
        }
        add(Array("pax".utf8), type: type, content: Array(text.utf8))
    }

    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// A zip file of stored members.
struct ZipBytes {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    private static func little(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    static func checksum(_ bytes: [UInt8]) -> Int {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return Int(~sum)
    }

    /// `mode` is that of Unix, with the kind of file.
    mutating func add(_ name: String, _ content: String = "", mode: Int = 0o100644, flags: Int = 0x800, checksum: Int? = nil) {
        let data = Array(content.utf8)
        let sum = checksum ?? Self.checksum(data)
        let common =
            Self.little(20, 2) + Self.little(flags, 2) + Self.little(0, 2) + Self.little(0, 4) + Self.little(sum, 4)
            + Self.little(data.count, 4) + Self.little(data.count, 4) + Self.little(name.utf8.count, 2) + Self.little(0, 2)
        directory += [0x50, 0x4B, 1, 2] + Self.little(0x0314, 2) + common + Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2)
        directory += Self.little(mode << 16, 4) + Self.little(bytes.count, 4) + Array(name.utf8)
        bytes += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + data
        count += 1
    }

    var ended: [UInt8] {
        bytes + directory + [0x50, 0x4B, 5, 6] + Self.little(0, 4) + Self.little(count, 2) + Self.little(count, 2)
            + Self.little(directory.count, 4) + Self.little(bytes.count, 4) + Self.little(0, 2)
    }
}
