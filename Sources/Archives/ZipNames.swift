/// Looks through the names in a zip file for what libarchive does not show: it ends a name at its first NUL.
package enum ZipNames {
    private static let end = 22

    /// The first name that holds a NUL, up to there; nil when none does, and for what is no zip file or a damaged one.
    ///
    /// `read` gives so many bytes from an offset on, or fewer where the file ends.
    ///
    /// - Complexity: reads the directory and the header of each member.
    package static func cut<Failure: Error>(
        size: Int, read: @escaping (_ offset: Int, _ count: Int) throws(Failure) -> [UInt8]
    ) throws(Failure) -> String? {
        let reader = Window(size, length: 256 << 10, read)
        let members = Window(size, length: 4 << 10, read)
        guard try reader.number(0, 2) == 0x4B50, let directory = try directory(reader, size) else { return nil }
        var offset = directory.lowerBound
        while offset < directory.upperBound {
            guard try reader.number(offset, 4) == 0x0201_4B50, let name = try reader.number(offset + 28, 2),
                let extra = try reader.number(offset + 30, 2), let comment = try reader.number(offset + 32, 2),
                let header = try reader.number(offset + 42, 4)
            else { return nil }
            if let cut = try cut(reader, offset + 46, name) { return cut }
            // Of one beyond 4 GiB the name in the directory has to do.
            if header != 0xFFFF_FFFF, try members.number(header, 4) == 0x0403_4B50, let own = try members.number(header + 26, 2),
                let cut = try cut(members, header + 30, own)
            {
                return cut
            }
            offset += 46 + name + extra + comment
        }
        return nil
    }

    private static func cut<Failure>(_ reader: Window<Failure>, _ offset: Int, _ length: Int) throws(Failure) -> String? {
        let name = try reader.bytes(offset, length)
        guard let place = name.firstIndex(of: 0) else { return nil }
        return String(decoding: name[..<place].prefix(200), as: UTF8.self)
    }

    /// Where the directory lies, as the record at the end of the file says.
    private static func directory<Failure>(_ reader: Window<Failure>, _ size: Int) throws(Failure) -> Range<Int>? {
        var place = size - end
        while place >= max(0, size - end - 0xFFFF) {
            if try reader.number(place, 4) == 0x0605_4B50, try reader.number(place + 20, 2) == size - place - end { break }
            place -= 1
        }
        guard place >= max(0, size - end - 0xFFFF), let length = try reader.number(place + 12, 4),
            let start = try reader.number(place + 16, 4)
        else { return nil }
        if length != 0xFFFF_FFFF, start != 0xFFFF_FFFF { return range(start, length, size) }
        guard try reader.number(place - 20, 4) == 0x0706_4B50, let record = try reader.number(place - 12, 8),
            try reader.number(record, 4) == 0x0606_4B50, let length = try reader.number(record + 40, 8),
            let start = try reader.number(record + 48, 8)
        else { return nil }
        return range(start, length, size)
    }

    private static func range(_ start: Int, _ length: Int, _ size: Int) -> Range<Int>? {
        let (end, overflow) = start.addingReportingOverflow(length)
        return overflow || start < 0 || end > size || end < start ? nil : start..<end
    }

    /// A part of a file in memory, which moves to where something is asked for.
    private final class Window<Failure: Error> {
        private let length: Int

        private let read: (Int, Int) throws(Failure) -> [UInt8]
        private let size: Int
        private var start = 0
        private var held: [UInt8] = []

        init(_ size: Int, length: Int, _ read: @escaping (Int, Int) throws(Failure) -> [UInt8]) {
            (self.size, self.length, self.read) = (size, length, read)
        }

        /// Nothing where the file ends before.
        func bytes(_ offset: Int, _ count: Int) throws(Failure) -> ArraySlice<UInt8> {
            guard offset >= 0, count > 0, offset <= size - count else { return [] }
            if offset < start || offset + count > start + held.count {
                // Names are looked for forwards, the end of the file backwards.
                start = offset < start ? max(0, min(offset, offset + count - length)) : offset
                held = try read(start, min(max(length, count), size - start))
                if offset + count > start + held.count { return [] }
            }
            return held[(offset - start)..<(offset - start + count)]
        }

        /// A number, little-endian; nil where the file ends before, and for one beyond `Int`.
        func number(_ offset: Int, _ count: Int) throws(Failure) -> Int? {
            let bytes = try bytes(offset, count)
            guard bytes.count == count else { return nil }
            return Int(exactly: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }
}
