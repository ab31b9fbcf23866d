/// PNG: the first chunk that differs; texts and times are told from pixels.
enum PngComparison {
    static let magic: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func finding(_ pair: Pair) -> Finding? {
        guard let first = chunks(pair.first), let second = chunks(pair.second) else { return nil }
        for (chunk, other) in zip(first, second) {
            let (left, right) = (Array(pair.first[chunk.content]), Array(pair.second[other.content]))
            if chunk.name != other.name { return Finding("png, chunk at \(chunk.content.lowerBound - 8)", nil, chunk.name, other.name) }
            if left == right { continue }
            let place = "png, chunk \(chunk.name) at \(chunk.content.lowerBound - 8)"
            switch chunk.name {
            case "tIME": return Finding(place, .timeStamp, time(left), time(right))
            case "tEXt", "iTXt", "zTXt":
                return Finding(place, TokenPair.cause(left, right), text(left), text(right))
            case "IDAT": return Finding("\(place), the pixels", nil, "\(left.count) bytes", "\(right.count) bytes")
            default: return Finding(place, nil, Shown.hex(left, 0), Shown.hex(right, 0))
            }
        }
        if first.count != second.count { return Finding("png, number of chunks", nil, String(first.count), String(second.count)) }
        return nil
    }

    private static func chunks(_ bytes: [UInt8]) -> [(name: String, content: Range<Int>)]? {
        var offset = magic.count
        var chunks: [(name: String, content: Range<Int>)] = []
        while offset < bytes.count {
            guard let count = Bytes.big(bytes, offset, 4).map(Int.init), let name = Bytes.slice(bytes, offset + 4, 4),
                Bytes.slice(bytes, offset + 8, count + 4) != nil, chunks.count < 1 << 20
            else { return nil }
            chunks.append((Shown.text(name), offset + 8..<offset + 8 + count))
            offset += 12 + count
        }
        return chunks
    }

    private static func time(_ bytes: [UInt8]) -> String {
        guard bytes.count >= 7 else { return Shown.hex(bytes, 0) }
        return "\((Int(bytes[0]) << 8) + Int(bytes[1]))-\(bytes[2])-\(bytes[3]) \(bytes[4]):\(bytes[5]):\(bytes[6])"
    }

    /// Keyword, a zero byte, text.
    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }.prefix(200), as: UTF8.self)
    }
}
