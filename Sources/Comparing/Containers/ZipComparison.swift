/// zip, and npz, pt and all that is a zip inside: the members, their times, then what is in them.
enum ZipComparison {
    static func finding(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        guard let first = ZipDirectory.members(pair.first), let second = ZipDirectory.members(pair.second) else { return nil }
        return (members(first, second) ?? contents(first, second, pair, &unpacking) ?? headers(first, second))?.inside("zip")
    }

    private static func members(_ first: [ZipDirectory.Member], _ second: [ZipDirectory.Member]) -> Finding? {
        let (left, right) = (first.map(\.name), second.map(\.name))
        guard left != right else { return nil }
        let index = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(left.count, right.count)
        let sorted = { (names: [[UInt8]]) in names.sorted { $0.lexicographicallyPrecedes($1) } }
        func shown(_ names: [[UInt8]]) -> String { index < names.count ? "'\(Shown.text(names[index]))'" : "no member" }
        return Finding("member \(index + 1)", sorted(left) == sorted(right) ? .order(of: "members") : nil, shown(left), shown(right))
    }

    private static func contents(
        _ first: [ZipDirectory.Member], _ second: [ZipDirectory.Member], _ pair: Pair, _ unpacking: inout Unpacking
    ) -> Finding? {
        for (member, other) in zip(first, second) where member.checksum != other.checksum || member.size != other.size {
            let name = Shown.text(member.name)
            guard let left = content(member, pair.first, &unpacking), let right = content(other, pair.second, &unpacking) else {
                return Finding("member '\(name)'", nil, "\(member.size) bytes", "\(other.size) bytes")
            }
            return unpacking.inner(Pair(first: left, second: right, name: name))?.inside("member '\(name)'")
        }
        return nil
    }

    private static func content(_ member: ZipDirectory.Member, _ bytes: [UInt8], _ unpacking: inout Unpacking) -> [UInt8]? {
        guard let packed = member.packed, unpacking.take(member.size) else { return nil }
        switch member.method {
        case 0: return packed.count == member.size ? Array(bytes[packed]) : nil
        case 8: return Inflate.unpack(bytes, packed, limit: member.size).flatMap { $0.content.count == member.size ? $0.content : nil }
        default: return nil
        }
    }

    /// What is left when all that is packed is the same.
    private static func headers(_ first: [ZipDirectory.Member], _ second: [ZipDirectory.Member]) -> Finding? {
        for (member, other) in zip(first, second) {
            let place = "member '\(Shown.text(member.name))'"
            if member.time != other.time { return Finding("time stamp of \(place)", .timeStamp, dosTime(member.time), dosTime(other.time)) }
            if member.attributes != other.attributes {
                return Finding("permissions of \(place)", .owner, octal(member.attributes), octal(other.attributes))
            }
            if member.extra != other.extra {
                // The extended fields of times and of owners.
                let isTime = member.extra.starts(with: [0x55, 0x54])
                return Finding(
                    "extra field of \(place)", isTime ? .timeStamp : .owner, Shown.hex(member.extra, 0), Shown.hex(other.extra, 0))
            }
            if member.method != other.method || member.packed?.count != other.packed?.count {
                let words = [member, other].map { "method \($0.method), \($0.packed?.count ?? 0) bytes" }
                return Finding(place, .compression, words[0], words[1])
            }
        }
        return nil
    }

    private static func octal(_ attributes: UInt32) -> String { "0\(String(attributes >> 16 & 0o7777, radix: 8))" }

    private static func dosTime(_ time: UInt32) -> String {
        func padded(_ number: UInt32) -> String { number < 10 ? "0\(number)" : String(number) }
        let date = "\(1980 + (time >> 25))-\(padded(time >> 21 & 15))-\(padded(time >> 16 & 31))"
        return "\(date) \(padded(time >> 11 & 31)):\(padded(time >> 5 & 63)):\(padded((time & 31) * 2))"
    }
}

/// The list of members at the end of a zip.
enum ZipDirectory {
    struct Member {
        let name: [UInt8]
        let method: Int
        /// As DOS packs it: date above time.
        let time: UInt32
        let checksum: UInt32
        let size: Int
        let attributes: UInt32
        let extra: [UInt8]
        /// Where the packed bytes stand; nil when that is not inside the file.
        let packed: Range<Int>?
    }

    private static let most = 100_000

    /// Nil when there is no directory that can be read.
    static func members(_ bytes: [UInt8]) -> [Member]? {
        guard let end = endRecord(bytes), var offset = Bytes.length(bytes, end + 16, 4), var count = Bytes.length(bytes, end + 10, 2) else {
            return nil
        }
        if offset == 0xFFFF_FFFF || count == 0xFFFF, let wide = wideRecord(bytes, end) { (offset, count) = wide }
        guard count <= most else { return nil }
        var members: [Member] = []
        for _ in 0..<count {
            guard Bytes.little(bytes, offset, 4) == 0x0201_4B50, let method = Bytes.length(bytes, offset + 10, 2),
                let time = Bytes.little(bytes, offset + 12, 4), let checksum = Bytes.little(bytes, offset + 16, 4),
                var packedSize = Bytes.length(bytes, offset + 20, 4), var size = Bytes.length(bytes, offset + 24, 4),
                let nameLength = Bytes.length(bytes, offset + 28, 2), let extraLength = Bytes.length(bytes, offset + 30, 2),
                let commentLength = Bytes.length(bytes, offset + 32, 2), let attributes = Bytes.little(bytes, offset + 38, 4),
                var place = Bytes.length(bytes, offset + 42, 4), let name = Bytes.slice(bytes, offset + 46, nameLength),
                let extra = Bytes.slice(bytes, offset + 46 + nameLength, extraLength)
            else { return nil }
            widen(Array(extra), &size, &packedSize, &place)
            members.append(
                Member(
                    name: Array(name), method: method, time: UInt32(time), checksum: UInt32(checksum), size: size,
                    attributes: UInt32(attributes), extra: Array(extra), packed: packed(bytes, place, packedSize)))
            offset += 46 + nameLength + extraLength + commentLength
        }
        return members
    }

    private static func endRecord(_ bytes: [UInt8]) -> Int? {
        var offset = bytes.count - 22
        let lowest = max(0, offset - 0xFFFF)
        while offset >= lowest {
            if Bytes.little(bytes, offset, 4) == 0x0605_4B50 { return offset }
            offset -= 1
        }
        return nil
    }

    private static func wideRecord(_ bytes: [UInt8], _ end: Int) -> (offset: Int, count: Int)? {
        guard Bytes.little(bytes, end - 20, 4) == 0x0706_4B50, let record = Bytes.length(bytes, end - 12, 8),
            record < bytes.count, Bytes.little(bytes, record, 4) == 0x0606_4B50, let count = Bytes.length(bytes, record + 32, 8),
            let offset = Bytes.length(bytes, record + 48, 8), offset < bytes.count
        else { return nil }
        return (offset, count)
    }

    /// Puts in the sizes of the extra field for large members, in its fixed order.
    private static func widen(_ extra: [UInt8], _ size: inout Int, _ packedSize: inout Int, _ place: inout Int) {
        var offset = 0
        while let kind = Bytes.little(extra, offset, 2), let length = Bytes.length(extra, offset + 2, 2) {
            if kind == 1 {
                var field = offset + 4
                func wide(_ value: inout Int) {
                    guard value == 0xFFFF_FFFF, let found = Bytes.length(extra, field, 8) else { return }
                    value = found
                    field += 8
                }
                wide(&size)
                wide(&packedSize)
                wide(&place)
            }
            offset += 4 + length
        }
    }

    private static func packed(_ bytes: [UInt8], _ place: Int, _ size: Int) -> Range<Int>? {
        guard place < bytes.count, Bytes.little(bytes, place, 4) == 0x0403_4B50, let nameLength = Bytes.length(bytes, place + 26, 2),
            let extraLength = Bytes.length(bytes, place + 28, 2)
        else { return nil }
        let start = place + 30 + nameLength + extraLength
        guard Bytes.slice(bytes, start, size) != nil else { return nil }
        return start..<start + size
    }
}
