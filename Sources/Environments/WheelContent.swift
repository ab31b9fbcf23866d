import Archives
import Canonical

/// A wheel that has been looked through: its entries, and what its own metadata says about them.
struct Wheel: Sendable {
    let archive: ZipReader
    /// The name of its `.dist-info` folder.
    let informationFolder: String
    /// The name of the folder for what belongs elsewhere than beside the packages; it need not be there.
    let dataFolder: String
    /// The project's name as the file's name has it.
    let project: String
    /// Digests by path, as RECORD lists them.
    let recorded: [[UInt8]: Digest]

    /// - Throws: `.bad` when the file is not a wheel of format 1.
    init(_ bytes: [UInt8], fileName: String) throws(WheelInstall.Failure) {
        do throws(ZipError) {
            archive = try ZipReader(bytes)
        } catch {
            throw .bad(error.description)
        }
        let parts = fileName.split(separator: "-", omittingEmptySubsequences: false)
        guard fileName.hasSuffix(".whl"), parts.count == 5 || parts.count == 6 else {
            throw .bad("its name is not that of a wheel, NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
        }
        project = String(parts[0])
        guard Self.isProject(parts[0]) else { throw .bad("'\(project)' is not the name of a project") }
        let suffix = ".dist-info"
        var folders: Set<String> = []
        for entry in archive.entries {
            let first = entry.path.utf8.prefix { $0 != UInt8(ascii: "/") }
            guard first.count < entry.path.utf8.count, let name = String(first), name.hasSuffix(suffix) else { continue }
            folders.insert(name)
        }
        guard folders.count == 1, let folder = folders.first else {
            throw .bad("it has \(folders.count) folders '*.dist-info'; a wheel has one")
        }
        // The rest of the name is not compared: versions are spelled in more than one way.
        let stem = folder.dropLast(suffix.count)
        guard Self.normalised(stem.prefix { $0 != "-" }) == Self.normalised(parts[0]) else {
            throw .bad("its folder '\(folder)' is of another project")
        }
        informationFolder = folder
        dataFolder = stem + ".data"
        let description = try Self.text("\(folder)/WHEEL", archive)
        try Self.checkVersion(description)
        recorded = try Self.read(record: try Self.text("\(folder)/RECORD", archive))
    }

    /// The content of an entry, its checksum compared.
    func content(of entry: ZipEntry) throws(WheelInstall.Failure) -> [UInt8] { try Self.content(of: entry, archive) }

    /// The commands that the wheel asks for, sorted by name.
    func entryPoints() throws(WheelInstall.Failure) -> [EntryPoint] {
        let path = "\(informationFolder)/entry_points.txt"
        guard archive.entries.contains(where: { $0.path.utf8.elementsEqual(path.utf8) }) else { return [] }
        let text = try Self.text(path, archive)
        do throws(EntryPoint.Malformed) {
            return try EntryPoint.read(text)
        } catch {
            throw .bad("'entry_points.txt' has a line that names no command: '\(error.line)'")
        }
    }

    private static func content(of entry: ZipEntry, _ archive: ZipReader) throws(WheelInstall.Failure) -> [UInt8] {
        do throws(ZipError) {
            return try archive.content(of: entry)
        } catch {
            throw .bad(error.description)
        }
    }

    /// A file of the metadata as text.
    private static func text(_ path: String, _ archive: ZipReader) throws(WheelInstall.Failure) -> String {
        guard let entry = archive.entries.first(where: { $0.path.utf8.elementsEqual(path.utf8) && !$0.isFolder }) else {
            throw .bad("it has no '\(path)'")
        }
        guard let text = String(validating: try content(of: entry, archive), as: UTF8.self) else { throw .bad("'\(path)' is not UTF-8") }
        return text
    }

    /// PEP 503: runs of `-`, `_` and `.` are one `-`, letters are small.
    private static func normalised(_ name: some StringProtocol) -> String {
        name.split { $0 == "-" || $0 == "_" || $0 == "." }.joined(separator: "-").lowercased()
    }

    /// PEP 508: letters and digits, with `-`, `_` and `.` between them.
    private static func isProject(_ name: Substring) -> Bool {
        let isLetter = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = name.utf8.first, let last = name.utf8.last, isLetter(first), isLetter(last) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
    }

    private static func checkVersion(_ description: String) throws(WheelInstall.Failure) {
        for line in description.split(whereSeparator: \.isNewline) where line.hasPrefix("Wheel-Version:") {
            let version = line.dropFirst("Wheel-Version:".count).drop { $0 == " " }
            guard version.hasPrefix("1.") else { throw .bad("it is of version \(version) of the wheel format; 1 is known") }
            return
        }
        throw .bad("its WHEEL file names no version of the format")
    }

    /// Reads lines such as `package/file.py,sha256=<base64url without padding>,1234`.
    ///
    /// What RECORD does not list, or lists with another algorithm, is not compared: the wheel as a whole is pinned by digest.
    static func read(record text: String) throws(WheelInstall.Failure) -> [[UInt8]: Digest] {
        var digests: [[UInt8]: Digest] = [:]
        // By bytes: Unicode has more ends of lines than RECORD.
        for line in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let (path, rest) = field(Array(line))
            let hash = rest.prefix { $0 != UInt8(ascii: ",") }
            let algorithm = Array("sha256=".utf8)
            guard hash.starts(with: algorithm) else { continue }
            guard let digest = digest(hash.dropFirst(algorithm.count)) else {
                throw .bad("its RECORD has a line that is no digest: '\(String(decoding: line, as: UTF8.self))'")
            }
            digests[path] = digest
        }
        return digests
    }

    /// The first field of a line of CSV, and what follows the comma after it.
    private static func field(_ line: [UInt8]) -> (field: [UInt8], rest: ArraySlice<UInt8>) {
        let quote = UInt8(ascii: "\"")
        guard line.first == quote else {
            let field = line.prefix { $0 != UInt8(ascii: ",") }
            return (Array(field), line.dropFirst(field.count + 1))
        }
        var field: [UInt8] = []
        var index = 1
        while index < line.count {
            if line[index] == quote {
                if index + 1 < line.count, line[index + 1] == quote { index += 1 } else { break }
            }
            field.append(line[index])
            index += 1
        }
        return (field, line.dropFirst(index + 2))
    }

    /// 32 bytes from 43 digits of base64url.
    private static func digest(_ text: some Collection<UInt8>) -> Digest? {
        let digits = text.filter { $0 != UInt8(ascii: "=") }
        guard digits.count == 43 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"), UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "_"), UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes.count == Digest.byteCount ? Digest(bytes: bytes) : nil
    }
}
