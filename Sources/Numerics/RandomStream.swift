/// Random numbers that are a pure function of a seed, a purpose and an index.
///
/// Philox4x32-10 (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", 2011). The key is the seed, low word
/// first; the counter is the index, low word first, then the FNV-1a 64 hash of the purpose's UTF-8, low word first.
/// Streams with different seeds or purposes are unrelated, and values may be taken in any order on any thread.
// SPEC: determinism.md#random-numbers
package struct RandomStream: Sendable {
    private let key: (UInt32, UInt32)
    private let purpose: (UInt32, UInt32)

    /// - Parameter purpose: What the numbers are for, such as `split/shuffle`; part of the result for ever.
    package init(seed: Int, purpose: String) {
        let bits = UInt64(bitPattern: Int64(seed))
        key = (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in purpose.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        self.purpose = (UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
    }

    /// 64 random bits: the first two words of the block at `index`, low word first.
    package func bits(_ index: UInt64) -> UInt64 {
        let counter = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), purpose.0, purpose.1)
        let block = Self.philox(counter: counter, key: key)
        return UInt64(block.1) << 32 | UInt64(block.0)
    }

    /// A number from 0 (included) to 1 (not included): the upper 53 bits times 2^-53.
    package func uniform(_ index: UInt64) -> Double {
        Double(bits(index) >> 11) * 0x1p-53
    }

    /// An integer from 0 to `count` - 1: the upper half of the 128-bit product of the bits and `count`.
    ///
    /// No value is drawn again, so that index and result stay one to one; no integer is favoured by more than
    /// `count` / 2^64.
    package func below(_ count: Int, _ index: UInt64) -> Int {
        precondition(count > 0, "a number is drawn from a range that is not empty")
        return Int(bits(index).multipliedFullWidth(by: UInt64(count)).high)
    }

    /// The integers from 0 to `count` - 1 in random order.
    ///
    /// Fisher and Yates: for i from `count` - 1 down to 1, exchange element i with element `below(i + 1, i)`.
    package func permutation(_ count: Int) -> [Int] {
        precondition(count >= 0, "a permutation has no negative length")
        var order = Array(0..<count)
        guard count > 1 else { return order }
        order.withUnsafeMutableBufferPointer { order in
            for i in stride(from: count - 1, through: 1, by: -1) {
                order.swapAt(i, below(i + 1, UInt64(i)))
            }
        }
        return order
    }

    /// One block of Philox4x32-10.
    package static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let first = UInt64(c0) &* 0xD251_1F53
            let second = UInt64(c2) &* 0xCD9E_8D57
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
