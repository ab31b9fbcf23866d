@testable import Archives

/// Tars put together by hand, field by field, and not by the code under test.
enum RawTar {
    static let end = [UInt8](repeating: 0, count: 1024)

    /// A header as archives have it, before `edit`; the checksum is right for what `edit` leaves unless it is told not to be.
    static func header(
        _ name: String, size: Int = 0, type: Character = "0", keepsChecksum: Bool = false, edit: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        header(Array(name.utf8), size: size, type: type, keepsChecksum: keepsChecksum, edit: edit)
    }

    static func header(
        _ name: [UInt8], size: Int = 0, type: Character = "0", keepsChecksum: Bool = false, edit: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        put(Array(name.prefix(100)), in: &block, at: 0)
        put("0000644", in: &block, at: 100)
        put("0000000", in: &block, at: 108)
        put("0000000", in: &block, at: 116)
        put(octal(size, 11), in: &block, at: 124)
        put("00000000000", in: &block, at: 136)
        put(String(type), in: &block, at: 156)
        put("ustar", in: &block, at: 257)
        put("00", in: &block, at: 263)
        if !keepsChecksum { edit(&block) }
        seal(&block)
        if keepsChecksum { edit(&block) }
        return block
    }

    static func seal(_ block: inout [UInt8]) {
        put("        ", in: &block, at: 148)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6), in: &block, at: 148)
        block[154] = 0
        block[155] = UInt8(ascii: " ")
    }

    static func put(_ text: String, in block: inout [UInt8], at offset: Int) {
        put(Array(text.utf8), in: &block, at: offset)
    }

    static func put(_ bytes: [UInt8], in block: inout [UInt8], at offset: Int) {
        block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    static func octal(_ value: Int, _ digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// `text` filled up with zeros to whole blocks.
    static func body(_ text: String) -> [UInt8] { body(Array(text.utf8)) }

    static func body(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    static func file(_ name: String, _ content: String = "") -> [UInt8] {
        header(name, size: content.utf8.count) + body(content)
    }

    /// A member with one field overwritten.
    static func edited(_ offset: Int, _ bytes: String) -> [UInt8] {
        header("a.txt") { put(bytes, in: &$0, at: offset) } + end
    }

    /// A pax header with these records, as they stand.
    static func pax(_ records: String, name: String = "PaxHeader") -> [UInt8] {
        header(name, size: records.utf8.count, type: "x") + body(records)
    }

    static func record(_ key: String, _ value: String) -> String {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while String(length).utf8.count + rest.utf8.count != length { length += 1 }
        return "\(length)\(rest)"
    }
}
