/// One opcode of a pickle, and where its argument stands.
struct PickleOperation {
    let opcode: PickleOpcode
    /// Of the opcode itself.
    let offset: Int
    /// The argument without its length and without line ends; empty when there is none.
    let argument: Range<Int>
}

/// The plain value that an opcode puts on the stack.
enum PickleValue: Hashable {
    case nothing
    case boolean(Bool)
    case integer(Int)
    /// An integer of more than 64 bits: two's complement, little-endian.
    case longInteger([UInt8])
    case float(UInt64)
    case text(Range<Int>)
    case bytes(Range<Int>)
}

/// Walks over the opcodes of a pickle. Nothing is ever executed, imported or built.
struct PickleReader {
    let bytes: [UInt8]
    private(set) var offset: Int
    /// Whether what was read last was the pickle's end.
    private(set) var isEnded = false

    init(_ bytes: [UInt8], at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next opcode; nil where there is none: at the end, or where the bytes are no pickle.
    mutating func next() -> PickleOperation? {
        guard !isEnded, offset < bytes.count, let opcode = PickleOpcode(rawValue: bytes[offset]) else { return nil }
        let start = offset
        guard let (argument, end) = argument(of: opcode, at: offset + 1) else { return nil }
        offset = end
        isEnded = opcode == .stop
        return PickleOperation(opcode: opcode, offset: start, argument: argument)
    }

    /// Goes on after bytes that are no opcodes, as joblib puts them between; false when there are not so many.
    mutating func skip(_ count: Int) -> Bool {
        guard Bytes.slice(bytes, offset, count) != nil else { return false }
        offset += count
        return true
    }

    private func argument(of opcode: PickleOpcode, at start: Int) -> (Range<Int>, end: Int)? {
        switch opcode.argument {
        case .nothing: return (start..<start, start)
        case .fixed(let count):
            guard count <= bytes.count - start else { return nil }
            return (start..<start + count, start + count)
        case .counted(let width):
            guard let count = Bytes.length(bytes, start, width), Bytes.slice(bytes, start + width, count) != nil else { return nil }
            return (start + width..<start + width + count, start + width + count)
        case .lines(let lines):
            var end = start
            for line in 0..<lines {
                if line > 0 { end += 1 }
                while end < bytes.count, bytes[end] != 0x0A { end += 1 }
                guard end < bytes.count else { return nil }
            }
            return (start..<end, end + 1)
        }
    }

    /// The plain value of an opcode that stands for one.
    func value(_ operation: PickleOperation) -> PickleValue? {
        let (argument, width) = (operation.argument, operation.argument.count)
        switch operation.opcode {
        case .none: return .nothing
        case .newtrue: return .boolean(true)
        case .newfalse: return .boolean(false)
        case .binint1, .binint2: return Bytes.length(bytes, argument.lowerBound, width).map { .integer($0) }
        case .binint:
            return Bytes.little(bytes, argument.lowerBound, 4).map { .integer(Int(Int32(truncatingIfNeeded: $0))) }
        case .long1, .long4: return integer(argument)
        case .int, .long:
            let text = String(decoding: bytes[argument], as: UTF8.self)
            if operation.opcode == .int, text == "00" || text == "01" { return .boolean(text == "01") }
            return Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .integer($0) }
        case .float: return Double(String(decoding: bytes[argument], as: UTF8.self)).map { .float($0.bitPattern) }
        case .binfloat: return Bytes.big(bytes, argument.lowerBound, 8).map { .float($0) }
        case .unicode, .binunicode, .shortBinunicode, .binunicode8: return .text(argument)
        case .string, .binstring, .shortBinstring: return .text(argument)
        case .binbytes, .shortBinbytes, .binbytes8, .bytearray8: return .bytes(argument)
        default: return nil
        }
    }

    private func integer(_ range: Range<Int>) -> PickleValue {
        if range.count > 8 { return .longInteger(Array(bytes[range])) }
        var value: UInt64 = 0
        for (index, byte) in bytes[range].enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        // The sign stands in the highest bit that is there.
        if let last = bytes[range].last, last & 0x80 != 0, range.count < 8 { value |= ~0 << UInt64(8 * range.count) }
        return .integer(Int(Int64(bitPattern: value)))
    }

    /// Whether `bytes` begin as a pickle does; one without a header only where the name or the end agrees.
    static func isPickle(_ bytes: [UInt8], _ pair: Pair) -> Bool {
        guard bytes.count >= 2 else { return false }
        let hasHeader = bytes[0] == PickleOpcode.proto.rawValue && (2...5).contains(bytes[1])
        guard hasHeader || (pair.isNamed(".pkl", ".pickle", ".p", ".joblib") && bytes.last == PickleOpcode.stop.rawValue) else {
            return false
        }
        var reader = PickleReader(bytes)
        for _ in 0..<8 {
            if reader.next() == nil { return reader.isEnded }
        }
        return true
    }
}
