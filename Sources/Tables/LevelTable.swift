/// Gives each distinct text a number, in the order of first appearance.
struct LevelTable: Sendable {
    private var arena: [UInt8] = []
    /// The start of each level in the arena, then the end of the last.
    private var starts: [Int] = [0]
    private var hashes: [UInt32] = []
    /// Open addressing: 0 is free, else the level's number plus one. The count is a power of two.
    private var slots = [Int32](repeating: 0, count: 16)

    var count: Int { hashes.count }

    /// The number of the text, a new one if it has not been seen.
    mutating func code(of text: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = Self.hash(text)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let level = Int(slots[slot]) - 1
            if hashes[level] == hash, equals(level, text) { return Int32(level) }
            slot = (slot + 1) & (slots.count - 1)
        }
        precondition(count < Int(Int32.max) - 1, "a table of at most 4 GiB has fewer fields than a code can number")
        slots[slot] = Int32(count + 1)
        hashes.append(hash)
        arena.append(contentsOf: text)
        starts.append(arena.count)
        if count * 2 > slots.count { grow() }
        return Int32(count - 1)
    }

    /// Calls `body` with the text of a level.
    func withLevel<Result>(_ level: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        arena.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[starts[level]..<starts[level + 1]])) }
    }

    /// The codes and levels with the levels in the order of their bytes; a code of -1 stays.
    func sorted(_ codes: [Int32]) -> (codes: [Int32], levels: [String]) {
        arena.withUnsafeBufferPointer { arena in
            func bytes(_ level: Int) -> UnsafeBufferPointer<UInt8> {
                UnsafeBufferPointer(rebasing: arena[starts[level]..<starts[level + 1]])
            }
            let order = (0..<count).sorted { bytes($0).lexicographicallyPrecedes(bytes($1)) }
            // One more at the front, so that a missing value needs no branch.
            var renamed = [Int32](repeating: -1, count: count + 1)
            for (new, old) in order.enumerated() { renamed[old + 1] = Int32(new) }
            return (codes.map { renamed[Int($0) + 1] }, order.map { String(decoding: bytes($0), as: UTF8.self) })
        }
    }

    private func equals(_ level: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = starts[level]
        guard starts[level + 1] - start == text.count else { return false }
        return arena.withUnsafeBytes { arena in
            let raw = UnsafeRawBufferPointer(text)
            var index = 0
            while index + 8 <= raw.count {
                let own = arena.loadUnaligned(fromByteOffset: start + index, as: UInt64.self)
                if own != raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
                index += 8
            }
            return Self.rest(UnsafeRawBufferPointer(rebasing: arena[start..<start + raw.count]), index) == Self.rest(raw, index)
        }
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for (level, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(level + 1)
        }
    }

    /// A hash that only has to spread; the order of the levels does not depend on it.
    @inline(__always)
    private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: text.count)
        let raw = UnsafeRawBufferPointer(text)
        var index = 0
        while index + 8 <= raw.count {
            state = mixed(state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        return UInt32(truncatingIfNeeded: mixed(state ^ rest(raw, index)) >> 16)
    }

    /// The last bytes of a text, fewer than eight, in words that may overlap.
    @inline(__always)
    private static func rest(_ raw: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        let count = raw.count - index
        if count == 0 { return 0 }
        if raw.count >= 8 { return raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self) }
        if count >= 4 {
            let first = raw.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            return UInt64(first) << 32 | UInt64(raw.loadUnaligned(fromByteOffset: raw.count - 4, as: UInt32.self))
        }
        return UInt64(raw[index]) << 16 | UInt64(raw[index + count / 2]) << 8 | UInt64(raw[raw.count - 1])
    }

    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
