/// Expands zlib streams (RFC 1950 and 1951), as PNG has them.
///
/// Images are many and small: this needs no library, no state and no memory but the content.
struct Inflate {
    /// What is wrong with a stream.
    enum Fault: String, Error {
        case header = "its zlib header is wrong"
        case code = "its Huffman codes are wrong"
        case distance = "it refers to bytes before its begin"
        case short = "it ends too early"
        case long = "it holds more bytes than the image needs"
        case checksum = "its checksum is wrong"
    }

    private let input: UnsafeBufferPointer<UInt8>
    private var next = 0
    /// Bits read and not yet used, the lowest first.
    private var bits: UInt64 = 0
    private var bitCount = 0
    private let output: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    private init(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) {
        self.input = input
        self.output = output
    }

    /// The content of a zlib stream that has exactly `count` bytes.
    ///
    /// - Complexity: O(bytes); some 200 MB/s of content.
    static func zlib(_ stream: [UInt8], count: Int) throws(Fault) -> [UInt8] {
        guard stream.count >= 6, stream[0] & 0x0F == 8, stream[0] >> 4 <= 7, stream[1] & 0x20 == 0,
            (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0
        else { throw .header }
        // Each byte of a stream gives at most 1032 of content: what promises more is not given memory for it.
        guard count / 1032 <= stream.count else { throw .short }
        var fault: Fault?
        let content = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            stream.withUnsafeBufferPointer { bytes in
                var inflate = Inflate(UnsafeBufferPointer(rebasing: bytes[2...]), UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                do throws(Fault) {
                    try inflate.run()
                } catch {
                    fault = error
                }
            }
            if fault != nil { buffer.initialize(repeating: 0) }
            initialized = count
        }
        if let fault { throw fault }
        return content
    }

    private mutating func run() throws(Fault) {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try compressed(HuffmanCode.fixedLiterals, HuffmanCode.fixedDistances)
            case 2:
                let (literals, distances) = try codes()
                try compressed(literals, distances)
            default: throw .code
            }
        }
        guard count == output.count else { throw .short }
        // What is left of the last byte is padding; whole bytes in the buffer are given back.
        next -= bitCount / 8
        (bits, bitCount) = (0, 0)
        guard next + 4 <= input.count else { throw .short }
        let expected = input[next..<next + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard expected == adler() else { throw .checksum }
        guard next + 4 == input.count else { throw .long }
    }

    @inline(__always)
    private mutating func fill() {
        while bitCount <= 56, next < input.count {
            bits |= UInt64(input[next]) << UInt64(bitCount)
            next &+= 1
            bitCount &+= 8
        }
    }

    @inline(__always)
    private mutating func take(_ wanted: Int) throws(Fault) -> Int {
        if bitCount < wanted { fill() }
        guard bitCount >= wanted else { throw .short }
        let value = Int(bits & (1 << UInt64(wanted) &- 1))
        bits >>= UInt64(wanted)
        bitCount &-= wanted
        return value
    }

    @inline(__always)
    private mutating func symbol(_ code: HuffmanCode) throws(Fault) -> Int {
        if bitCount < HuffmanCode.longest { fill() }
        let entry = code.table[Int(bits & code.mask)]
        let length = Int(entry & 15)
        guard length > 0 else { throw .code }
        guard length <= bitCount else { throw .short }
        bits >>= UInt64(length)
        bitCount &-= length
        return Int(entry >> 4)
    }

    private mutating func stored() throws(Fault) {
        let padding = bitCount % 8
        _ = try take(padding)
        let length = try take(16)
        guard try take(16) == length ^ 0xFFFF else { throw .code }
        guard count + length <= output.count else { throw .long }
        for _ in 0..<length {
            output[count] = UInt8(try take(8))
            count += 1
        }
    }

    private mutating func compressed(_ literals: HuffmanCode, _ distances: HuffmanCode) throws(Fault) {
        while true {
            let symbol = try symbol(literals)
            if symbol < 256 {
                guard count < output.count else { throw .long }
                output[count] = UInt8(symbol)
                count &+= 1
                continue
            }
            if symbol == 256 { return }
            guard symbol < 286 else { throw .code }
            let length = Self.lengths[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let place = try self.symbol(distances)
            guard place < 30 else { throw .code }
            let distance = Self.distances[place] + (try take(Self.distanceBits[place]))
            guard distance <= count else { throw .distance }
            guard count + length <= output.count else { throw .long }
            for index in count..<count + length { output[index] = output[index - distance] }
            count += length
        }
    }

    /// The codes that stand before a block.
    private mutating func codes() throws(Fault) -> (HuffmanCode, HuffmanCode) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let count = try take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw .code }
        var order = [UInt8](repeating: 0, count: 19)
        for place in 0..<count { order[Self.codeOrder[place]] = UInt8(try take(3)) }
        guard let code = HuffmanCode(order) else { throw .code }
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try symbol(code)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw .code }
                lengths += repeatElement(last, count: try take(2) + 3)
            case 17: lengths += repeatElement(0, count: try take(3) + 3)
            case 18: lengths += repeatElement(0, count: try take(7) + 11)
            default: lengths.append(UInt8(symbol))
            }
        }
        guard lengths.count == literalCount + distanceCount, lengths[256] > 0, let literals = HuffmanCode(lengths[..<literalCount]),
            let distances = HuffmanCode(lengths[literalCount...])
        else { throw .code }
        return (literals, distances)
    }

    private func adler() -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        var index = 0
        while index < output.count {
            // So many sums of bytes stay below 2^32.
            let end = min(index + 5_552, output.count)
            while index < end {
                low &+= UInt32(output[index])
                high &+= low
                index &+= 1
            }
            low %= 65_521
            high %= 65_521
        }
        return high << 16 | low
    }

    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengths = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distances = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
        16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
}

/// A prefix code of deflate, as a table of the next bits.
struct HuffmanCode: Sendable {
    static let longest = 15

    /// For each value of the next bits, as many as the longest code has, the first of them lowest: the symbol times 16, plus
    /// its length; 0 where no code begins so.
    let table: [UInt16]
    let mask: UInt64

    /// The code in which each symbol has so many bits, 0 for none; nil when there cannot be one.
    ///
    /// A code may be incomplete only if it has a single symbol, or none.
    init?(_ lengths: some Collection<UInt8>) {
        var counts = [Int](repeating: 0, count: Self.longest + 1)
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        var firsts = [Int](repeating: 0, count: Self.longest + 2)
        var room = 1
        for length in 1...Self.longest {
            room = room * 2 - counts[length]
            guard room >= 0 else { return nil }
            firsts[length + 1] = (firsts[length] + counts[length]) * 2
        }
        guard room == 0 || counts.reduce(0, +) <= 1 else { return nil }
        let width = counts.lastIndex { $0 > 0 } ?? 0
        var table = [UInt16](repeating: 0, count: 1 << width)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let code = firsts[Int(length)]
            firsts[Int(length)] += 1
            var reversed = 0
            for bit in 0..<Int(length) where code >> bit & 1 == 1 { reversed |= 1 << (Int(length) - 1 - bit) }
            let entry = UInt16(symbol << 4 | Int(length))
            var place = reversed
            while place < table.count {
                table[place] = entry
                place += 1 << Int(length)
            }
        }
        self.table = table
        mask = 1 << UInt64(width) - 1
    }

    private init(fixed lengths: [UInt8]) {
        guard let code = HuffmanCode(lengths) else { preconditionFailure("the codes of RFC 1951 are codes") }
        self = code
    }

    static let fixedLiterals = HuffmanCode(
        fixed: [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8))
    static let fixedDistances = HuffmanCode(fixed: [UInt8](repeating: 5, count: 32))
}
