/// Unpacks deflate (RFC 1951), the compression inside zip and gzip: bounded, and without a library that may be missing.
struct Inflate {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int
    private let limit: Int
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    private init(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
        self.limit = limit
    }

    /// The content of the stream that begins where `range` does, and where it ends; nil when it is damaged or longer than `limit`.
    static func unpack(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) -> (content: [UInt8], end: Int)? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        var inflate = Inflate(bytes, range, limit: limit)
        guard inflate.run() else { return nil }
        return (inflate.output, inflate.offset - inflate.bitCount / 8)
    }

    private mutating func run() -> Bool {
        while true {
            guard let isLast = take(1), let kind = take(2) else { return false }
            let isFine: Bool
            switch kind {
            case 0: isFine = stored()
            case 1: isFine = coded(Self.fixedLengths, Self.fixedDistances)
            case 2:
                guard let (lengths, distances) = tables() else { return false }
                isFine = coded(lengths, distances)
            default: isFine = false
            }
            if !isFine { return false }
            if isLast == 1 { return true }
        }
    }

    private mutating func fill() {
        while bitCount <= 56, offset < end {
            bits |= UInt64(bytes[offset]) << UInt64(bitCount)
            offset += 1
            bitCount += 8
        }
    }

    private mutating func take(_ count: Int) -> Int? {
        if bitCount < count { fill() }
        guard bitCount >= count else { return nil }
        let value = Int(bits & ((1 << UInt64(count)) - 1))
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func stored() -> Bool {
        _ = take(bitCount % 8)
        guard let count = take(16), let check = take(16), count == check ^ 0xFFFF, output.count + count <= limit else { return false }
        // Whole bytes that were read ahead go back.
        offset -= bitCount / 8
        (bits, bitCount) = (0, 0)
        guard count <= end - offset else { return false }
        output += bytes[offset..<offset + count]
        offset += count
        return true
    }

    private mutating func coded(_ lengths: Code, _ distances: Code) -> Bool {
        while true {
            guard let symbol = next(lengths) else { return false }
            if symbol < 256 {
                guard output.count < limit else { return false }
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return true }
            guard symbol <= 285, let extra = take(Self.lengthBits[symbol - 257]) else { return false }
            let length = Self.lengthBases[symbol - 257] + extra
            guard let far = next(distances), far < 30, let more = take(Self.distanceBits[far]) else { return false }
            let distance = Self.distanceBases[far] + more
            guard distance <= output.count, output.count + length <= limit else { return false }
            let start = output.count - distance
            for index in 0..<length { output.append(output[start + index]) }
        }
    }

    // MARK: Codes

    /// A canonical Huffman code: how many words have each length, and the symbols in the order of their words.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        /// Nil when more words are asked for than there are.
        init?(_ lengths: ArraySlice<Int>) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            var left = 1
            for length in 1...15 {
                left = left * 2 - counts[length]
                if left < 0 { return nil }
            }
            for length in 1...15 {
                for (symbol, known) in lengths.enumerated() where known == length { symbols.append(symbol) }
            }
        }
    }

    private mutating func next(_ code: Code) -> Int? {
        var word = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            guard let bit = take(1) else { return nil }
            word |= bit
            let count = code.counts[length]
            if word - count < first { return code.symbols[index + word - first] }
            index += count
            first = (first + count) << 1
            word <<= 1
        }
        return nil
    }

    private mutating func tables() -> (Code, Code)? {
        guard let literals = take(5), let distances = take(5), let count = take(4) else { return nil }
        var lengths = [Int](repeating: 0, count: 19)
        for place in Self.order.prefix(count + 4) {
            guard let length = take(3) else { return nil }
            lengths[place] = length
        }
        guard let code = Code(lengths[...]) else { return nil }
        let total = literals + 257 + distances + 1
        lengths = []
        while lengths.count < total {
            guard let symbol = next(code) else { return nil }
            switch symbol {
            case 0..<16: lengths.append(symbol)
            case 16:
                guard let last = lengths.last, let more = take(2) else { return nil }
                lengths += [Int](repeating: last, count: 3 + more)
            default:
                guard let more = take(symbol == 17 ? 3 : 7) else { return nil }
                lengths += [Int](repeating: 0, count: (symbol == 17 ? 3 : 11) + more)
            }
        }
        guard lengths.count == total, let first = Code(lengths[..<(literals + 257)]), let second = Code(lengths[(literals + 257)...]) else {
            return nil
        }
        return (first, second)
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let distanceBits = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
        16385, 24577,
    ]
    private static let fixedLengths: Code = {
        let nine = [Int](repeating: 9, count: 112)
        let seven = [Int](repeating: 7, count: 24)
        let lengths = [Int](repeating: 8, count: 144) + nine + seven + [Int](repeating: 8, count: 8)
        guard let code = Code(lengths[...]) else { preconditionFailure("the code of the standard is one") }
        return code
    }()
    private static let fixedDistances: Code = {
        guard let code = Code([Int](repeating: 5, count: 30)[...]) else { preconditionFailure("the code of the standard is one") }
        return code
    }()
}
