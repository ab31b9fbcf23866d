/// gzip: the time and the name in the header, then what is inside.
enum GzipComparison {
    static func finding(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        guard let first = Header(pair.first), let second = Header(pair.second) else { return nil }
        if let inner = content(first, second, pair, &unpacking) { return inner.inside("gzip") }
        return header(first, second)?.inside("gzip")
    }

    private static func header(_ first: Header, _ second: Header) -> Finding? {
        if first.time != second.time { return Finding("time stamp in the header", .timeStamp, String(first.time), String(second.time)) }
        if first.name != second.name {
            let cause = TokenPair.cause(first.name, second.name) ?? .path
            return Finding("file name in the header", cause, "'\(Shown.text(first.name))'", "'\(Shown.text(second.name))'")
        }
        return nil
    }

    private static func content(_ first: Header, _ second: Header, _ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        let limit = min(unpacking.left / 2, 256 << 20)
        guard let left = Inflate.unpack(pair.first, first.end..<pair.first.count, limit: limit), unpacking.take(left.content.count),
            let right = Inflate.unpack(pair.second, second.end..<pair.second.count, limit: limit), unpacking.take(right.content.count)
        else { return nil }
        if left.content == right.content {
            if first.time != second.time || first.name != second.name { return nil }
            return Finding(nil, .compression, "\(left.end - first.end) bytes", "\(right.end - second.end) bytes")
        }
        let name = pair.isNamed(".gz") ? String(pair.name.dropLast(3)) : pair.isNamed(".tgz") ? "\(pair.name.dropLast(4)).tar" : pair.name
        return unpacking.inner(Pair(first: left.content, second: right.content, name: name))
    }

    struct Header {
        /// Seconds since 1970; 0 says nothing.
        let time: UInt64
        let name: [UInt8]
        /// The offset of what is packed.
        let end: Int

        init?(_ bytes: [UInt8]) {
            guard bytes.count >= 18, bytes.starts(with: [0x1F, 0x8B, 8]), let time = Bytes.little(bytes, 4, 4) else { return nil }
            let flags = bytes[3]
            var offset = 10
            if flags & 4 != 0 {
                guard let length = Bytes.length(bytes, offset, 2) else { return nil }
                offset += 2 + length
            }
            func line() -> [UInt8]? {
                guard offset < bytes.count, let end = bytes[offset...].firstIndex(of: 0) else { return nil }
                defer { offset = end + 1 }
                return Array(bytes[offset..<end])
            }
            var name: [UInt8] = []
            if flags & 8 != 0 {
                guard let found = line() else { return nil }
                name = found
            }
            if flags & 16 != 0, line() == nil { return nil }
            if flags & 2 != 0 { offset += 2 }
            guard offset <= bytes.count else { return nil }
            self.time = time
            self.name = name
            end = offset
        }
    }
}
