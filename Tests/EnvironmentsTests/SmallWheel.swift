import Archives
import Canonical

/// Wheels put together in memory: stored zip files with the metadata that a wheel has.
struct SmallWheel {
    var project = "demo"
    var version = "1.0"
    var files: [(path: String, text: String)] = []
    /// Files that may be run.
    var executables: Set<String> = []
    var wheelVersion = "1.0"
    /// Digests in RECORD in the place of the right ones.
    var recorded: [String: String] = [:]

    var fileName: String { "\(project)-\(version)-py3-none-any.whl" }

    var bytes: [UInt8] {
        let information = "\(project)-\(version).dist-info"
        var all = files
        all.append(("\(information)/WHEEL", "Wheel-Version: \(wheelVersion)\nRoot-Is-Purelib: true\nTag: py3-none-any\n"))
        all.append(("\(information)/METADATA", "Metadata-Version: 2.1\nName: \(project)\nVersion: \(version)\n"))
        var record = ""
        for file in all {
            let digest = recorded[file.path] ?? Self.base64(Digest.of(Array(file.text.utf8)).bytes)
            record += "\(file.path),sha256=\(digest),\(file.text.utf8.count)\n"
        }
        all.append(("\(information)/RECORD", record + "\(information)/RECORD,,\n"))
        return Self.zip(all.map { ($0.path, Array($0.text.utf8), executables.contains($0.path)) })
    }

    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0...group.count { text.append(digits[Int(value >> UInt32(18 - 6 * index) & 63)]) }
        }
        return text
    }

    static func zip(_ members: [(path: String, bytes: [UInt8], isExecutable: Bool)]) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let name = Array(member.path.utf8)
            let sizes = number(member.bytes.count, 4) + number(member.bytes.count, 4)
            let fields = number(0x800, 2) + number(0, 6) + number(Int(CRC32.of(member.bytes)), 4) + sizes
            let mode = member.isExecutable ? 0o100755 : 0o100644
            directory += number(0x0201_4B50, 4) + [20, 3, 20, 0] + fields + number(name.count, 2) + number(0, 8)
            directory += number(mode << 16, 4) + number(file.count, 4) + name
            file += number(0x0403_4B50, 4) + [20, 0] + fields + number(name.count, 2) + number(0, 2) + name + member.bytes
        }
        let end = number(members.count, 2) + number(members.count, 2) + number(directory.count, 4) + number(file.count, 4) + [0, 0]
        return file + directory + number(0x0605_4B50, 4) + number(0, 4) + end
    }
}
