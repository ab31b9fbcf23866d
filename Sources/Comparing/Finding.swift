/// Two contents that are to be told apart, under the name that people know both by.
struct Pair {
    let first: [UInt8]
    let second: [UInt8]
    let name: String

    /// Whether the name ends so, in any case of ASCII letters.
    func isNamed(_ endings: String...) -> Bool {
        let lower = name.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        return endings.contains { lower.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }
}

/// What the comparison of one format found: where, what, and both sides in words.
struct Finding {
    /// From the outside in.
    var place: [String]
    var cause: Cause?
    let first: String
    let second: String

    init(_ place: String?, _ cause: Cause? = nil, _ first: String, _ second: String) {
        self.place = place.map { [$0] } ?? []
        self.cause = cause
        self.first = Shown.text(first)
        self.second = Shown.text(second)
    }

    func inside(_ outer: String) -> Finding {
        var finding = self
        finding.place.insert(outer, at: 0)
        return finding
    }
}

/// What may still be unpacked from archives inside of archives.
struct Unpacking {
    static let deepest = 4
    /// Bytes for both sides of a comparison together.
    static let largest = 256 << 20

    private(set) var depth = 0
    private(set) var left = largest

    /// Takes `count` bytes from what is left; false when that is too much.
    mutating func take(_ count: Int) -> Bool {
        guard count >= 0, count <= left else { return false }
        left -= count
        return true
    }

    /// Compares what was unpacked, one level down.
    mutating func inner(_ pair: Pair) -> Finding? {
        guard pair.first != pair.second else { return nil }
        guard depth < Self.deepest else { return BinaryComparison.finding(pair) }
        depth += 1
        defer { depth -= 1 }
        return ContentForm.finding(pair, &self) ?? BinaryComparison.finding(pair)
    }
}
