import Diagnostics

/// Texts: line and column, and what the words there look like.
enum TextComparison {
    /// Whether the beginning looks like UTF-8 text.
    static func isText(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix(4096)
        let odd = head.count { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D, 0x1B].contains($0) }
        guard odd == 0 else { return false }
        // A sequence that the cut ends is no fault.
        let whole = head.count < bytes.count ? head.dropLast(3) : head
        return String(validating: whole, as: UTF8.self) != nil || head.count < bytes.count
    }

    static func finding(_ pair: Pair) -> Finding? {
        guard let offset = Bytes.firstDifference(pair.first, pair.second) else { return nil }
        let source = SourceText(name: pair.name, bytes: pair.first)
        let position = source.position(at: offset)
        let (left, right) = (line(pair.first, offset), line(pair.second, offset))
        var cause = TokenPair.cause(left, right)
        if cause == nil, LineOrder.isSame(pair.first, pair.second) { cause = .order(of: "lines") }
        return Finding("line \(position.line), column \(position.column)", cause, shown(pair.first, offset), shown(pair.second, offset))
    }

    /// The line around `offset`, at most some thousand bytes of it.
    private static func line(_ bytes: [UInt8], _ offset: Int) -> [UInt8] {
        let (lower, upper) = bounds(bytes, offset, 2048)
        return Array(bytes[lower..<upper])
    }

    private static func bounds(_ bytes: [UInt8], _ offset: Int, _ reach: Int) -> (Int, Int) {
        let middle = min(offset, bytes.count)
        var lower = middle
        var upper = middle
        while lower > 0, middle - lower < reach, bytes[lower - 1] != 0x0A { lower -= 1 }
        while upper < bytes.count, upper - middle < reach, bytes[upper] != 0x0A { upper += 1 }
        return (lower, upper)
    }

    private static func shown(_ bytes: [UInt8], _ offset: Int) -> String {
        let (lower, upper) = bounds(bytes, offset, 32)
        if offset >= bytes.count { return "end" }
        return lower == upper ? "an empty line" : String(decoding: bytes[lower..<upper], as: UTF8.self)
    }
}

/// Whether two texts have the same lines in another order.
enum LineOrder {
    private static let most = 1 << 21

    static func isSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count, let left = hashes(first), let right = hashes(second) else { return false }
        return left.count > 1 && left.sorted() == right.sorted()
    }

    private static func hashes(_ bytes: [UInt8]) -> [UInt64]? {
        var result: [UInt64] = []
        // FNV-1a: the same on every machine.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var isOpen = false
        for byte in bytes {
            if byte == 0x0A {
                result.append(hash)
                if result.count > most { return nil }
                hash = 0xCBF2_9CE4_8422_2325
                isOpen = false
            } else {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
                isOpen = true
            }
        }
        if isOpen { result.append(hash) }
        return result
    }
}
