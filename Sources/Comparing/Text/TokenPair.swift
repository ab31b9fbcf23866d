/// Two pieces of text that should be the same: what they look like tells what they are.
enum TokenPair {
    /// What two texts that differ are likely to hold.
    static func cause(_ first: [UInt8], _ second: [UInt8]) -> Cause? {
        guard let offset = Bytes.firstDifference(first, second) else { return nil }
        let (left, right) = (context(first, offset), context(second, offset))
        if let numbers = numbers(left.token, right.token) { return numbers }
        if isAddress(left.token), isAddress(right.token) { return .address }
        if isUnique(left.token), isUnique(right.token) { return .randomIdentifier }
        if isTime(left.around), isTime(right.around) { return .timeStamp }
        if isPath(left.word), isPath(right.word) { return .path }
        if isHexadecimal(left.token), isHexadecimal(right.token), left.token.count == right.token.count { return .randomIdentifier }
        return nil
    }

    /// What surrounds an offset: letters, digits and what joins them; everything up to white space and quotes; some of the line.
    private static func context(_ bytes: [UInt8], _ offset: Int) -> (token: [UInt8], word: [UInt8], around: [UInt8]) {
        func piece(_ longest: Int, _ belongs: (UInt8) -> Bool) -> [UInt8] {
            var lower = offset
            var upper = offset
            while lower > 0, offset - lower < longest, belongs(bytes[lower - 1]) { lower -= 1 }
            while upper < bytes.count, upper - offset < longest, belongs(bytes[upper]) { upper += 1 }
            return Array(bytes[lower..<upper])
        }
        let token = piece(64) { isLetter($0) || isDigit($0) || [0x2B, 0x2D, 0x2E, 0x5F].contains($0) }
        let word = piece(512) { $0 > 0x20 && $0 < 0x7F && ![0x22, 0x27, 0x2C, 0x28, 0x29, 0x3C, 0x3E, 0x3D, 0x5B, 0x5D].contains($0) }
        return (token, word, piece(24) { $0 != 0x0A && $0 != 0x22 })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte | 0x20) }

    private static func numbers(_ first: [UInt8], _ second: [UInt8]) -> Cause? {
        guard let left = number(first), let right = number(second) else { return nil }
        if left.isWhole, right.isWhole, let left = Int(exactly: left.value), let right = Int(exactly: right.value) {
            return NumberPair.cause(left, right)
        }
        return NumberPair.cause(left.value, right.value)
    }

    private static func number(_ token: [UInt8]) -> (value: Double, isWhole: Bool)? {
        guard let first = token.first, isDigit(first) || first == 0x2D || first == 0x2E || first == 0x2B, token.count <= 40,
            token.allSatisfy({ isDigit($0) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains($0) }), token.contains(where: isDigit),
            let value = Double(String(decoding: token, as: UTF8.self))
        else { return nil }
        return (value, token.allSatisfy { isDigit($0) || $0 == 0x2D })
    }

    /// `0x7f...`, at least eight digits.
    private static func isAddress(_ token: [UInt8]) -> Bool {
        guard token.count >= 10, token[0] == 0x30, token[1] | 0x20 == 0x78 else { return false }
        return token.dropFirst(2).allSatisfy(isHexDigit)
    }

    /// Eight, four, four, four and twelve hexadecimal digits.
    private static func isUnique(_ token: [UInt8]) -> Bool {
        let parts = token.split(separator: 0x2D, omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(isHexDigit) }
    }

    /// At least eight digits, among them a letter or more than any number has.
    private static func isHexadecimal(_ token: [UInt8]) -> Bool {
        var digits = token[...]
        // matplotlib's identifiers begin with a letter for their kind.
        if digits.count % 2 == 1, let first = digits.first, isLetter(first) { digits = digits.dropFirst() }
        guard digits.count >= 8, digits.allSatisfy(isHexDigit) else { return false }
        return digits.contains(where: isLetter) && digits.contains(where: isDigit)
    }

    /// A date as `2024-05-06`, a time as `07:08`, a date as `D:20240506`, or a month's name beside digits.
    private static func isTime(_ text: [UInt8]) -> Bool {
        let shapes = text.map { isDigit($0) ? UInt8(ascii: "0") : $0 }
        for shape in ["0000-00-00", "0000/00/00", "00:00:00", "D:00000000", "00000000T0000", "00000000-0000"]
        where contains(shapes, Array(shape.utf8)) {
            return true
        }
        let months = ["Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "]
        return months.contains { contains(text, Array($0.utf8)) } && contains(shapes, Array("00:00".utf8))
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// An absolute path of at least two names.
    private static func isPath(_ word: [UInt8]) -> Bool {
        var path = word[...]
        if let scheme = path.firstIndex(of: 0x3A), path[path.index(after: scheme)...].first == 0x2F { path = path[(scheme + 1)...] }
        return path.first == 0x2F && path.split(separator: 0x2F).count >= 2
    }
}
