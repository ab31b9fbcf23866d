import Canonical
import Platform

/// A tiny wheel, made byte by byte: a zip file of stored members.
struct TestWheel {
    let fileName: String
    let bytes: [UInt8]

    var digest: Digest { Digest.of(bytes) }

    /// - Parameters:
    ///   - requires: lines of `Requires-Dist`.
    ///   - content: what the module says, so that two wheels of one name can differ.
    init(
        _ name: String, _ version: String, tags: String = "py3-none-any", requires: [String] = [], python: String? = nil,
        content: String = ""
    ) {
        let stem = "\(name)-\(version)"
        fileName = "\(stem)-\(tags).whl"
        var metadata = "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n"
        if let python { metadata += "Requires-Python: \(python)\n" }
        for requirement in requires { metadata += "Requires-Dist: \(requirement)\n" }
        let parts = tags.split(separator: "-")
        var wheel = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\n"
        for tag in parts[0].split(separator: ".") { wheel += "Tag: \(tag)-\(parts[1])-\(parts[2])\n" }
        let files = [
            ("\(name).py", "version = '\(version)'\n\(content)"), ("\(stem).dist-info/METADATA", metadata),
            ("\(stem).dist-info/WHEEL", wheel),
            (
                "\(stem).dist-info/RECORD",
                "\(name).py,,\n\(stem).dist-info/METADATA,,\n\(stem).dist-info/WHEEL,,\n\(stem).dist-info/RECORD,,\n"
            ),
        ]
        bytes = Self.zip(files)
    }

    private static func zip(_ files: [(name: String, text: String)]) -> [UInt8] {
        func two(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
        func four(_ value: Int) -> [UInt8] { two(value) + two(value >> 16) }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, text) in files {
            let content = Array(text.utf8)
            let sum = checksum(content)
            // Version, flags, method, time, date, checksum, sizes, lengths of name and extra field.
            let common =
                two(20) + two(0) + two(0) + two(0) + two(0x21) + four(Int(sum)) + four(content.count) + four(content.count)
                + two(name.utf8.count) + two(0)
            directory +=
                four(0x0201_4b50) + two(20) + common + two(0) + two(0) + two(0) + four(0o644 << 16) + four(bytes.count) + Array(name.utf8)
            bytes += four(0x0403_4b50) + common + Array(name.utf8) + content
        }
        let start = bytes.count
        let end = four(0x0605_4b50) + two(0) + two(0) + two(files.count) + two(files.count)
        return bytes + directory + end + four(directory.count) + four(start) + two(0)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
