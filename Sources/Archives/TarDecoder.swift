/// Reads a tar member by member and holds each header to the one form in which it is written.
struct TarDecoder {
    private let bytes: [UInt8]
    private var offset = 0
    /// Where the header of the member that ``next()`` gave last begins.
    private(set) var memberOffset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next member, nil after the two zero blocks that end the tar.
    mutating func next() throws(ArchiveError) -> ArchiveMember? {
        memberOffset = offset
        guard bytes.count - offset >= TarHeader.blockSize else { throw fault(.cut) }
        if bytes[offset] == 0, isZero(offset..<offset + TarHeader.blockSize) {
            guard bytes.count - offset == 2 * TarHeader.blockSize, isZero(offset..<bytes.count) else { throw fault(.end) }
            return nil
        }
        let (longPath, header) = try extendedPath()
        let path = longPath ?? shortPath(header)
        let size = try octal(header + 124, digits: 11, or: .size)
        let isExecutable = try mode(header)
        guard let name = String(validating: path, as: UTF8.self) else { throw .path(String(decoding: path, as: UTF8.self), .notUnicode) }
        // Before the comparison, which would call a hostile path a mere matter of form.
        if let fault = MemberPath.fault(of: name) { throw .path(name, fault) }
        // INVARIANT: equal to what is written, here and in the padding, so re-encoding gives these bytes.
        try compare(TarHeader.blocks(path: path, size: size, isExecutable: isExecutable))

        let start = header + TarHeader.blockSize
        let padding = TarHeader.padding(after: size)
        guard bytes.count - start >= size + padding else { throw fault(.cut) }
        guard isZero(start + size..<start + size + padding) else { throw fault(.padding) }
        offset = start + size + padding
        return ArchiveMember(path: name, bytes: Array(bytes[start..<start + size]), isExecutable: isExecutable)
    }

    /// The path of a pax header if one stands here, and the offset of the member's own header.
    private func extendedPath() throws(ArchiveError) -> (path: [UInt8]?, header: Int) {
        let type = try kind(at: offset)
        if type == TarHeader.regular { return (nil, offset) }
        guard type == TarHeader.extended else { throw fault(.kind(type)) }
        let length = try octal(offset + 124, digits: 11, or: .size)
        guard length <= TarHeader.largestRecord else { throw fault(.extendedHeader) }
        let start = offset + TarHeader.blockSize
        let header = start + length + TarHeader.padding(after: length)
        guard bytes.count - header >= TarHeader.blockSize else { throw fault(.cut) }
        guard try kind(at: header) == TarHeader.regular else { throw fault(.extendedHeader) }
        // The digits before the space are checked by the comparison with the written form.
        let record = bytes[start..<start + length]
        let key = Array(" path=".utf8)
        guard let space = record.firstIndex(of: key[0]), record[space...].starts(with: key), record.last == UInt8(ascii: "\n"),
            space + key.count <= record.endIndex - 1
        else { throw fault(.extendedHeader) }
        return (Array(record[(space + key.count)..<(record.endIndex - 1)]), header)
    }

    private func kind(at header: Int) throws(ArchiveError) -> UInt8 {
        guard try octal(header + 148, digits: 6, or: .checksum) == TarHeader.checksum(of: bytes[header..<header + TarHeader.blockSize])
        else { throw fault(.checksum) }
        return bytes[header + 156]
    }

    private func shortPath(_ header: Int) -> [UInt8] {
        let name = text(header..<header + 100)
        let prefix = text(header + 345..<header + 500)
        return prefix.isEmpty ? Array(name) : prefix + [MemberPath.slash] + name
    }

    private func text(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[range].prefix { $0 != 0 }
    }

    private func mode(_ header: Int) throws(ArchiveError) -> Bool {
        let mode = bytes[header + 100..<header + 108]
        if mode.elementsEqual(TarHeader.mode) { return false }
        guard mode.elementsEqual(TarHeader.executableMode) else { throw fault(.mode) }
        return true
    }

    // Digits only: spaces, signs and the base-256 form of large sizes are other spellings of the same number.
    private func octal(_ start: Int, digits: Int, or problem: ArchiveError.TarFault) throws(ArchiveError) -> Int {
        var value = 0
        for byte in bytes[start..<start + digits] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "7") else { throw fault(problem) }
            value = value << 3 | Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private func compare(_ written: [UInt8]) throws(ArchiveError) {
        guard bytes.count - offset >= written.count else { throw fault(.form("size")) }
        let differences = written.indices.lazy.filter { written[$0] != bytes[offset + $0] }
        // A header's checksum follows from its other fields, so these are named first.
        guard let index = differences.first(where: { field(at: $0, of: written.count) != "chksum" }) ?? differences.first else { return }
        throw fault(.form(field(at: index, of: written.count)))
    }

    // A pax record's own blocks have no fields.
    private func field(at index: Int, of count: Int) -> String {
        let isHeader = index < TarHeader.blockSize || index >= count - TarHeader.blockSize
        let place = index % TarHeader.blockSize
        return TarHeader.fields.first { isHeader && $0.range.contains(place) }?.name ?? "extended header"
    }

    private func isZero(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { $0 == 0 }
    }

    private func fault(_ fault: ArchiveError.TarFault) -> ArchiveError {
        .tar(fault, offset: offset)
    }
}
