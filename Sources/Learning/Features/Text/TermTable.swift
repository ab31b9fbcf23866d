/// Byte strings, each with a number in the order of first appearance.
struct TermTable: Sendable {
    /// The strings one after the other.
    private(set) var arena: [UInt8] = []
    /// Where each string ends in the arena.
    private(set) var ends: [Int] = []
    private var hashes: [UInt32] = []
    /// Open addressing: 0 is free, else the string's number plus one. The count is a power of two.
    private var slots = [Int32](repeating: 0, count: 16)

    init() {}

    /// The strings that end at `ends` in `arena`; all are distinct.
    init(arena: [UInt8], ends: [Int]) {
        self.arena = arena
        self.ends = ends
        hashes = []
        hashes.reserveCapacity(ends.count)
        arena.withUnsafeBufferPointer { bytes in
            var start = 0
            for end in ends {
                hashes.append(TermHash.of(UnsafeBufferPointer(rebasing: bytes[start..<end])).short)
                start = end
            }
        }
        var count = 16
        while count < 2 * ends.count { count *= 2 }
        fill(count)
    }

    var count: Int { ends.count }

    /// Where the string of this number stands in the arena.
    @inline(__always)
    func range(_ number: Int) -> Range<Int> {
        (number == 0 ? 0 : ends[number - 1])..<ends[number]
    }

    func text(_ number: Int) -> String {
        String(decoding: arena[range(number)], as: UTF8.self)
    }

    /// The number of the string; nil when the table does not have it.
    @inline(__always)
    func number(of text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Int32? {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = slots[slot] - 1
            if hashes[Int(number)] == hash, equals(Int(number), text) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The number of the string, a new one if the table did not have it.
    mutating func insert(_ text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Int32 {
        if let number = number(of: text, hash: hash) { return number }
        precondition(count < Int(Int32.max) - 1, "a table of at most 4 GiB has fewer terms than a column can number")
        let number = Int32(count)
        hashes.append(hash)
        arena.append(contentsOf: text)
        ends.append(arena.count)
        if count * 2 > slots.count {
            fill(slots.count * 2)
        } else {
            place(number)
        }
        return number
    }

    private mutating func fill(_ slotCount: Int) {
        slots = [Int32](repeating: 0, count: slotCount)
        for number in 0..<Int32(hashes.count) { place(number) }
    }

    private mutating func place(_ number: Int32) {
        var slot = Int(hashes[Int(number)]) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = number + 1
    }

    @inline(__always)
    private func equals(_ number: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = range(number)
        guard range.count == text.count else { return false }
        return arena.withUnsafeBufferPointer { arena in
            for index in 0..<text.count where arena[range.lowerBound + index] != text[index] { return false }
            return true
        }
    }
}

extension TermTable: Hashable {
    static func == (left: TermTable, right: TermTable) -> Bool {
        left.ends == right.ends && left.arena == right.arena
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ends)
        hasher.combine(arena)
    }
}

/// The hash of a term: FNV-1a of its bytes, 64 bits, which can be continued, and then mixed.
// SPEC: model.md#texts
struct TermHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    @inline(__always)
    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> TermHash {
        var hash = TermHash()
        hash.add(bytes)
        return hash
    }

    @inline(__always)
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// All 64 bits.
    @inline(__always)
    var long: UInt64 {
        var mixed = state ^ state >> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }

    @inline(__always)
    var short: UInt32 { UInt32(truncatingIfNeeded: long) }
}
