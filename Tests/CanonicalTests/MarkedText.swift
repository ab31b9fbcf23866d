import Canonical
import Diagnostics

/// A text in which 1️⃣ marks the place where a message must point.
struct MarkedText {
    let source: SourceText
    /// The byte offset of the mark.
    let mark: Int?

    init(_ text: String) {
        let sign = Array("1️⃣".utf8)
        var bytes = Array(text.utf8)
        mark = bytes.indices.first { bytes[$0...].starts(with: sign) }
        if let mark { bytes.removeSubrange(mark..<(mark + sign.count)) }
        source = SourceText(name: "a.json", bytes: bytes)
    }

    func read() -> Diagnosed<JSONDocument> {
        JSONDocument.parse(source)
    }
}

/// A seeded generator (SplitMix64), so that every run tries the same values.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
