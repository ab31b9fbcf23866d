/// What each scalar is to words, looked up at the cost of an array.
struct WordTable: Sendable {
    static let shared = WordTable()

    /// For each scalar of the basic plane: what it is folded to, or -1 where it ends a word.
    private let basic: [Int32]

    private init() {
        var basic = [Int32](repeating: -1, count: 0x10000)
        for pair in stride(from: 0, to: WordCharacters.ranges.count, by: 2) {
            let (first, last) = (WordCharacters.ranges[pair], WordCharacters.ranges[pair + 1])
            guard first < 0x10000 else { break }
            for scalar in first...min(last, 0xFFFF) { basic[Int(scalar)] = Int32(scalar) }
        }
        for run in stride(from: 0, to: WordCharacters.foldings.count, by: 4) {
            let (first, last) = (WordCharacters.foldings[run], WordCharacters.foldings[run + 1])
            guard first < 0x10000 else { break }
            for scalar in stride(from: first, through: last, by: Int(WordCharacters.foldings[run + 2])) where basic[Int(scalar)] >= 0 {
                basic[Int(scalar)] = scalar + WordCharacters.foldings[run + 3]
            }
        }
        self.basic = basic
    }

    /// What the scalar is folded to, or -1 where it ends a word.
    @inline(__always)
    func folded(_ scalar: UInt32) -> Int32 {
        scalar < 0x10000 ? basic[Int(scalar)] : Self.search(scalar)
    }

    /// The first ASCII scalars of the table, for loops over bytes.
    var ascii: [Int8] { basic[..<128].map { Int8($0) } }

    private static func search(_ scalar: UInt32) -> Int32 {
        let ranges = WordCharacters.ranges
        var low = 0
        var high = ranges.count / 2
        while low < high {
            let middle = (low + high) / 2
            if ranges[2 * middle + 1] < scalar { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count / 2, ranges[2 * low] <= scalar else { return -1 }
        let foldings = WordCharacters.foldings
        let number = Int32(scalar)
        var run = foldings.count - 4
        while run >= 0, foldings[run] >= 0x10000 {
            if foldings[run] <= number, number <= foldings[run + 1], (number - foldings[run]) % foldings[run + 2] == 0 {
                return number + foldings[run + 3]
            }
            run -= 4
        }
        return number
    }
}
