/// Finds names that occur twice in one object.
///
/// Names are equal when their contents are canonically equivalent in Unicode: `"é"` is found in either spelling, and `"\u0061"` is `"a"`.
struct JSONDuplicateKeys {
    /// Two names that are equal, as indices of nodes.
    struct Pair {
        let first: Int
        let second: Int
    }

    /// Up to this many members are compared each with each.
    private static let fewest = 24

    /// Another one in each process, so that no text can be made whose names all collide. No result depends on it.
    private static let seed = UInt64.random(in: .min ... .max)

    private let seed = Self.seed
    private var table: [UInt32] = []

    /// Whether a byte of UTF-8 starts a character that can take part in two canonically equivalent spellings.
    ///
    /// Not so below U+0300, in basic Cyrillic, in the blocks of U+4000...U+9FFF, and in Hangul of U+B000...U+CFFF: there each character
    /// is normalised (NFC), starts anew and joins no character before it. Strings of these alone are equivalent only when they are equal.
    @inline(__always)
    static func mayRespell(_ byte: UInt8) -> Bool {
        switch byte {
        case ..<0xCC, 0xD0...0xD1, 0xE4...0xE9, 0xEB...0xEC: false
        default: true
        }
    }

    /// A hash of the bytes of the string at `node`, without its quotes.
    @inline(__always)
    func hash(_ node: JSONTape.Node, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var position = Int(node.start) &+ 1
        let end = max(Int(node.end) &- 1, position)
        var hash = seed ^ UInt64(truncatingIfNeeded: end &- position)
        while position < end {
            var word: UInt64
            let left = end &- position
            if position &+ 8 <= bytes.count {
                word = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + position).loadUnaligned(as: UInt64.self)
                word = UInt64(littleEndian: word)
                if left < 8 { word &= (1 << UInt64(truncatingIfNeeded: left &* 8)) &- 1 }
            } else {
                word = 0
                for offset in 0..<left { word |= UInt64(bytes[position &+ offset]) << UInt64(truncatingIfNeeded: offset &* 8) }
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            hash = product.high ^ product.low
            position &+= 8
        }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    /// For each name of the object that occurred before, the pair of the first and this one, in text order.
    mutating func find(in frame: JSONParser.Frame, nodes: UnsafeBufferPointer<JSONTape.Node>, bytes: UnsafeBufferPointer<UInt8>) -> [Pair] {
        if frame.hasUnusualKeys { return findByContent(frame, nodes, bytes) }
        return frame.count <= Self.fewest ? findAmongFew(frame, nodes, bytes) : findAmongMany(frame, nodes, bytes)
    }

    private func findAmongFew(
        _ frame: JSONParser.Frame, _ nodes: UnsafeBufferPointer<JSONTape.Node>, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> [Pair] {
        // Six bits of every hash in one word: mostly they differ, and then so do the names.
        var seen: UInt64 = 0
        var mayRepeat = false
        var key = frame.node &+ 1
        for _ in 0..<frame.count {
            let bit: UInt64 = 1 << UInt64(nodes[key].link & 63)
            mayRepeat = mayRepeat || seen & bit != 0
            seen |= bit
            key = Self.key(after: key, nodes)
        }
        if !mayRepeat { return [] }

        var pairs: [Pair] = []
        var second = frame.node &+ 1
        for index in 0..<frame.count {
            var first = frame.node &+ 1
            for _ in 0..<index {
                if nodes[first].link == nodes[second].link, Self.haveEqualBytes(nodes[first], nodes[second], bytes) {
                    pairs.append(Pair(first: first, second: second))
                    break
                }
                first = Self.key(after: first, nodes)
            }
            second = Self.key(after: second, nodes)
        }
        return pairs
    }

    private mutating func findAmongMany(
        _ frame: JSONParser.Frame, _ nodes: UnsafeBufferPointer<JSONTape.Node>, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> [Pair] {
        // Open addressing over node indices; 0 is the root and never a name.
        var size = 64
        while size < 2 * frame.count { size *= 2 }
        table.removeAll(keepingCapacity: true)
        table.append(contentsOf: repeatElement(0, count: size))
        var pairs: [Pair] = []
        var key = frame.node + 1
        for _ in 0..<frame.count {
            var slot = Int(nodes[key].link) & (size - 1)
            while true {
                let other = Int(table[slot])
                if other == 0 {
                    table[slot] = UInt32(truncatingIfNeeded: key)
                    break
                }
                if nodes[other].link == nodes[key].link, Self.haveEqualBytes(nodes[other], nodes[key], bytes) {
                    pairs.append(Pair(first: other, second: key))
                    break
                }
                slot = (slot + 1) & (size - 1)
            }
            key = Self.key(after: key, nodes)
        }
        return pairs
    }

    /// For objects in which some name has escapes or other spellings: compares as `String` does.
    private func findByContent(
        _ frame: JSONParser.Frame, _ nodes: UnsafeBufferPointer<JSONTape.Node>, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> [Pair] {
        var firsts: [String: Int] = [:]
        firsts.reserveCapacity(frame.count)
        var pairs: [Pair] = []
        var key = frame.node + 1
        for _ in 0..<frame.count {
            let node = nodes[key]
            let literal = UnsafeBufferPointer(rebasing: bytes[Int(node.start)..<Int(node.end)])
            let content = JSONString.content(literal, isEscaped: node.marks.contains(.escaped))
            if let first = firsts[content] {
                pairs.append(Pair(first: first, second: key))
            } else {
                firsts[content] = key
            }
            key = Self.key(after: key, nodes)
        }
        return pairs
    }

    /// The index of the name after the one at `key`, which has its value behind it.
    @inline(__always)
    private static func key(after key: Int, _ nodes: UnsafeBufferPointer<JSONTape.Node>) -> Int {
        let value = nodes[key &+ 1]
        return value.kind == .array || value.kind == .object ? Int(value.link) : key &+ 2
    }

    private static func haveEqualBytes(
        _ first: JSONTape.Node, _ second: JSONTape.Node, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        bytes[Int(first.start)..<Int(first.end)].elementsEqual(bytes[Int(second.start)..<Int(second.end)])
    }
}
