/// Numbers in a zip file, little-endian, every offset checked.
struct ZipFields: Sendable {
    let bytes: [UInt8]

    /// The number of `count` bytes at `offset`; nil when the file ends before, or it is beyond `Int`.
    func number(_ offset: Int, _ count: Int) -> Int? {
        guard offset >= 0, offset <= bytes.count - count else { return nil }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
        return Int(exactly: value)
    }

    /// Where an entry's content begins, after its own header, which must fit the directory.
    func contentStart(of entry: ZipEntry) throws(ZipError) -> Int {
        let offset = entry.header
        guard number(offset, 4) == 0x0403_4B50, let flags = number(offset + 6, 2), number(offset + 8, 2) == entry.method,
            let nameLength = number(offset + 26, 2), let extraLength = number(offset + 28, 2)
        else { throw .entry(entry.path, .header) }
        let name = offset + 30
        let start = name + nameLength + extraLength
        guard start <= bytes.count else { throw .entry(entry.path, .header) }
        let written = bytes[name..<name + nameLength]
        guard written.elementsEqual(entry.path.utf8) || (entry.isFolder && written.elementsEqual((entry.path + "/").utf8)) else {
            throw .entry(entry.path, .header)
        }
        // With bit 3 the sizes and the checksum come after the content; all ones stand for a 64-bit size elsewhere.
        guard flags & 8 == 0 else { return start }
        for (place, value) in [(14, Int(entry.checksum)), (18, entry.compressedSize), (22, entry.size)] {
            guard let recorded = number(offset + place, 4), recorded == value || (place != 14 && recorded == 0xFFFF_FFFF) else {
                throw .entry(entry.path, .header)
            }
        }
        return start
    }
}

/// Where the directory of a zip file lies, as the record at its end says.
struct ZipDirectory {
    let start: Int
    let end: Int
    let count: Int

    private init(start: Int, end: Int, count: Int) {
        (self.start, self.end, self.count) = (start, end, count)
    }

    private static let endSize = 22
    private static let largestComment = 0xFFFF

    init(_ fields: ZipFields) throws(ZipError) {
        let total = fields.bytes.count
        guard total >= Self.endSize else { throw .form(.noDirectory) }
        // The record whose comment ends where the file ends; the last such, as every reader takes it.
        let lowest = max(0, total - Self.endSize - Self.largestComment)
        let place = stride(from: total - Self.endSize, through: lowest, by: -1).first { offset in
            fields.number(offset, 4) == 0x0605_4B50 && fields.number(offset + 20, 2) == total - offset - Self.endSize
        }
        guard let place, let disk = fields.number(place + 4, 2), let firstDisk = fields.number(place + 6, 2),
            let here = fields.number(place + 8, 2), let all = fields.number(place + 10, 2), let size = fields.number(place + 12, 4),
            let start = fields.number(place + 16, 4)
        else { throw .form(.noDirectory) }
        if fields.number(place - 20, 4) == 0x0706_4B50 {
            self = try ZipDirectory(fields, large: place)
            return
        }
        guard disk == 0, firstDisk == 0, here == all else { throw .form(.severalDisks) }
        guard start + size == place else { throw .form(.directory) }
        self.init(start: start, end: place, count: all)
    }

    /// The 64-bit form, whose locator stands right before the record at `place`.
    private init(_ fields: ZipFields, large place: Int) throws(ZipError) {
        guard fields.number(place - 16, 4) == 0, fields.number(place - 4, 4) == 1 else { throw .form(.severalDisks) }
        guard let record = fields.number(place - 12, 8), fields.number(record, 4) == 0x0606_4B50,
            let length = fields.number(record + 4, 8), length == place - 20 - record - 12,
            fields.number(record + 16, 4) == 0, fields.number(record + 20, 4) == 0,
            let here = fields.number(record + 24, 8), let all = fields.number(record + 32, 8), here == all,
            let size = fields.number(record + 40, 8), let start = fields.number(record + 48, 8)
        else { throw .form(.directory) }
        let (end, overflow) = start.addingReportingOverflow(size)
        guard !overflow, end == record else { throw .form(.directory) }
        self.init(start: start, end: end, count: all)
    }
}

/// One record of the directory.
struct ZipRecord {
    let next: Int
    private let name: [UInt8]
    private let flags: Int
    private let method: Int
    private let checksum: UInt32
    private let size: Int
    private let compressedSize: Int
    private let header: Int
    private let isUnix: Bool
    private let mode: Int

    init(_ fields: ZipFields, at offset: Int, end: Int) throws(ZipError) {
        guard fields.number(offset, 4) == 0x0201_4B50, let system = fields.number(offset + 5, 1), let flags = fields.number(offset + 8, 2),
            let method = fields.number(offset + 10, 2), let checksum = fields.number(offset + 16, 4),
            let compressed = fields.number(offset + 20, 4), let size = fields.number(offset + 24, 4),
            let nameLength = fields.number(offset + 28, 2), let extraLength = fields.number(offset + 30, 2),
            let commentLength = fields.number(offset + 32, 2), let disk = fields.number(offset + 34, 2),
            let attributes = fields.number(offset + 38, 4), let header = fields.number(offset + 42, 4)
        else { throw .form(.directory) }
        let extra = offset + 46 + nameLength
        next = extra + extraLength + commentLength
        guard next <= end else { throw .form(.directory) }
        name = Array(fields.bytes[(offset + 46)..<extra])
        guard disk == 0 || disk == 0xFFFF else { throw .form(.severalDisks) }
        var numbers = [size, compressed, header]
        try Self.widen(&numbers, fields, extra..<extra + extraLength)
        (self.size, compressedSize, self.header) = (numbers[0], numbers[1], numbers[2])
        (self.flags, self.method, self.checksum) = (flags, method, UInt32(checksum))
        isUnix = system == 3
        mode = attributes >> 16
    }

    /// Puts 64-bit numbers in the place of those that are all ones.
    private static func widen(_ numbers: inout [Int], _ fields: ZipFields, _ range: Range<Int>) throws(ZipError) {
        var offset = range.lowerBound
        while offset + 4 <= range.upperBound {
            guard let tag = fields.number(offset, 2), let length = fields.number(offset + 2, 2), offset + 4 + length <= range.upperBound
            else { throw .form(.directory) }
            if tag == 1 {
                var place = offset + 4
                for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
                    guard place + 8 <= offset + 4 + length, let value = fields.number(place, 8) else { throw .form(.directory) }
                    numbers[index] = value
                    place += 8
                }
                return
            }
            offset += 4 + length
        }
    }

    func entry() throws(ZipError) -> ZipEntry {
        let text = String(decoding: name, as: UTF8.self)
        func refuse(_ fault: ZipError.EntryFault) -> ZipError { .entry(text, fault) }
        guard name.allSatisfy({ $0 < 0x80 }) || flags & 0x800 != 0 else { throw refuse(.notMarkedUnicode) }
        guard let path = String(validating: name, as: UTF8.self) else { throw refuse(.path(.notUnicode)) }
        let isFolder = name.last == MemberPath.slash
        let plain = isFolder ? String(path.dropLast()) : path
        if let fault = MemberPath.fault(of: plain) { throw refuse(.path(fault)) }
        // Bits 0, 6 and 13: encryption in its three forms.
        guard flags & 0x2041 == 0 else { throw refuse(.encrypted) }
        guard method == 0 || method == 8 else { throw refuse(.method(method)) }
        let type = isUnix ? mode & 0o170000 : 0
        if type == 0o120000 { throw refuse(.link) }
        guard type == 0 || type == (isFolder ? 0o040000 : 0o100000) else { throw refuse(.special) }
        guard method == 8 || size == compressedSize else { throw refuse(.size(recorded: size)) }
        guard !isFolder || size == 0 else { throw refuse(.size(recorded: size)) }
        return ZipEntry(
            path: plain, isFolder: isFolder, isExecutable: type == 0o100000 && mode & 0o111 != 0, size: size, checksum: checksum,
            method: method, compressedSize: compressedSize, header: header)
    }
}
