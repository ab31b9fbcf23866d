/// What the headers of an ELF program or shared library say about what it needs to be loaded.
///
/// 64-bit little-endian files only. Every offset is checked against the file: hostile bytes are an error, never a trap.
struct ElfFile: Hashable, Sendable {
    /// `e_machine`: 62 is x86-64, 183 is AArch64.
    let machine: UInt16
    /// The loader that the kernel starts with the program, from `PT_INTERP`; nil for libraries and static programs.
    let interpreter: [UInt8]?
    /// Names of libraries, in the order of `DT_NEEDED`.
    let needed: [[UInt8]]
    /// `DT_SONAME`.
    let name: [UInt8]?
    /// Folders of `DT_RUNPATH`, as written.
    let runpath: [[UInt8]]
    /// Folders of `DT_RPATH`, as written.
    let rpath: [[UInt8]]

    /// Why bytes are no ELF file that can be read.
    enum Fault: String, Error, Hashable, Sendable {
        case notElf = "it is no ELF file"
        case foreignClass = "it is not a 64-bit little-endian ELF file"
        case header = "its ELF header is not in order"
        case segments = "its program headers are not in order"
        case dynamic = "its dynamic section is not in order"
        case strings = "its dynamic section names text outside of the file"
    }

    /// Most entries of each table; real files have fewer than a thousand.
    private static let largestTable = 1 << 16
    /// Longest name or list of folders, in bytes.
    private static let longestText = 1 << 14

    static let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]

    /// - Complexity: O(headers + dynamic section), however long the file is.
    init(_ bytes: [UInt8]) throws(Fault) {
        let reader = Reader(bytes: bytes)
        guard bytes.starts(with: Self.magic) else { throw .notElf }
        // Class 2 is 64 bits, data 1 is little-endian, version 1 is the only one.
        guard bytes.count >= 64, bytes[4] == 2, bytes[5] == 1 else { throw .foreignClass }
        guard bytes[6] == 1 else { throw .header }
        let type = try reader.number(16, bytes: 2, or: .header)
        // 2 is a program, 3 a library or a program that can be loaded anywhere.
        guard type == 2 || type == 3 else { throw .header }
        machine = UInt16(truncatingIfNeeded: try reader.number(18, bytes: 2, or: .header))
        let segments = try Self.segments(reader)

        if let segment = segments.first(where: { $0.kind == 3 }) {
            guard segment.size > 0, segment.size <= Self.longestText else { throw .segments }
            interpreter = try reader.text(segment.offset, limit: segment.size, or: .segments)
        } else {
            interpreter = nil
        }
        guard let dynamic = segments.first(where: { $0.kind == 2 }) else {
            (needed, name, runpath, rpath) = ([], nil, [], [])
            return
        }
        let table = try DynamicTable(reader, dynamic)
        var needed: [[UInt8]] = []
        var name: [UInt8]?
        var runpath: [[UInt8]] = []
        var rpath: [[UInt8]] = []
        for entry in table.texts {
            guard let start = Self.offset(of: table.strings, in: segments), entry.offset < table.stringsSize,
                let place = Self.sum(start, entry.offset)
            else { throw .strings }
            let text = try reader.text(place, limit: min(table.stringsSize - entry.offset, Self.longestText), or: .strings)
            switch entry.tag {
            case .needed: needed.append(text)
            case .name: name = text
            case .runpath: runpath += Self.folders(text)
            case .rpath: rpath += Self.folders(text)
            }
        }
        (self.needed, self.name, self.runpath, self.rpath) = (needed, name, runpath, rpath)
    }

    private struct Segment {
        let kind: UInt64
        let offset: Int
        let address: UInt64
        let size: Int
    }

    private enum Tag: UInt64 {
        case needed = 1
        case name = 14
        case rpath = 15
        case runpath = 29
    }

    private struct DynamicTable {
        var texts: [(tag: Tag, offset: Int)] = []
        var strings: UInt64 = 0
        var stringsSize = 0

        init(_ reader: Reader, _ segment: Segment) throws(Fault) {
            guard segment.size / 16 <= ElfFile.largestTable else { throw .dynamic }
            for index in 0..<(segment.size / 16) {
                guard let place = ElfFile.sum(segment.offset, index * 16) else { throw .dynamic }
                let tag = try reader.number(place, bytes: 8, or: .dynamic)
                let value = try reader.number(place + 8, bytes: 8, or: .dynamic)
                if tag == 0 { return }
                if tag == 5 { strings = value }
                if tag == 10 {
                    guard let size = Int(exactly: value) else { throw .strings }
                    stringsSize = size
                }
                if let tag = Tag(rawValue: tag) {
                    guard let offset = Int(exactly: value) else { throw .strings }
                    texts.append((tag, offset))
                }
            }
        }
    }

    private static func segments(_ reader: Reader) throws(Fault) -> [Segment] {
        guard let table = Int(exactly: try reader.number(32, bytes: 8, or: .header)) else { throw .header }
        let entrySize = Int(try reader.number(54, bytes: 2, or: .header))
        let count = Int(try reader.number(56, bytes: 2, or: .header))
        if count == 0 { return [] }
        guard entrySize == 56 else { throw .segments }
        var segments: [Segment] = []
        for index in 0..<count {
            guard let place = sum(table, index * 56) else { throw .segments }
            guard let offset = Int(exactly: try reader.number(place, 8, bytes: 8, or: .segments)),
                let size = Int(exactly: try reader.number(place, 32, bytes: 8, or: .segments))
            else { throw .segments }
            segments.append(
                Segment(
                    kind: try reader.number(place, bytes: 4, or: .segments), offset: offset,
                    address: try reader.number(place, 16, bytes: 8, or: .segments), size: size))
        }
        return segments
    }

    /// Where in the file the byte lies that is loaded at `address`.
    private static func offset(of address: UInt64, in segments: [Segment]) -> Int? {
        for segment in segments where segment.kind == 1 {
            let (distance, underflow) = address.subtractingReportingOverflow(segment.address)
            if underflow || distance >= UInt64(segment.size) { continue }
            return sum(segment.offset, Int(distance))
        }
        return nil
    }

    private static func folders(_ text: [UInt8]) -> [[UInt8]] {
        text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: true).map(Array.init)
    }

    fileprivate static func sum(_ first: Int, _ second: Int) -> Int? {
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : sum
    }

    private struct Reader {
        let bytes: [UInt8]

        func number(_ offset: Int, _ more: Int = 0, bytes count: Int, or fault: Fault) throws(Fault) -> UInt64 {
            guard let start = ElfFile.sum(offset, more), start >= 0, start <= bytes.count - count else { throw fault }
            var value: UInt64 = 0
            for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[start + index]) }
            return value
        }

        /// The bytes up to a zero byte, which must come within `limit`.
        func text(_ offset: Int, limit: Int, or fault: Fault) throws(Fault) -> [UInt8] {
            guard offset >= 0, offset < bytes.count, limit > 0 else { throw fault }
            let end = min(bytes.count, ElfFile.sum(offset, limit) ?? bytes.count)
            guard let zero = bytes[offset..<end].firstIndex(of: 0) else { throw fault }
            return Array(bytes[offset..<zero])
        }
    }
}
