internal import Canonical
internal import Platform

/// Where a large file is cut: at places that its content chooses, so that they move along with it.
///
/// A place is cut when the rolling hash before it is the greatest within ``reach`` bytes on either side. So whether there is
/// a cut depends on what is near and on nothing else, not even on other cuts.
// SPEC: remotes.md#chunks
struct Chunker {
    /// Bytes on either side in which no other place may have a greater hash; also the least length of a chunk but the last.
    static let reach = 224 << 10
    /// Most bytes of a chunk; where nothing is found to cut at, it is cut all the same.
    static let most = 768 << 10
    /// A hash below this is never the greatest of so many.
    private static let candidate = UInt64.max << 50

    /// What each byte adds to the rolling hash.
    static let gear: [UInt64] = (0..<256).map { Digest.of(Array("mlbuild gear 1\n".utf8) + [UInt8($0)]).leadingWord }

    private var hash: UInt64 = 0
    /// Bytes that were looked at.
    private var count = 0
    /// Places that may be cut, as far as that is not settled, and those that keep others from it.
    private var candidates: [(place: Int, hash: UInt64)] = []
    /// The first of ``candidates`` that is not settled.
    private var open = 0
    /// The ends of chunks, in order.
    private(set) var ends: [Int] = []

    /// Looks at the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var hash = hash
        let base = count + 1
        Self.gear.withUnsafeBufferPointer { gear in
            for index in 0..<bytes.count {
                hash = (hash &<< 1) &+ gear[Int(bytes[index])]
                if hash >= Self.candidate { candidates.append((base &+ index, hash)) }
            }
        }
        self.hash = hash
        count += bytes.count
        settle(until: count - Self.reach)
    }

    /// All ends of chunks, once everything was looked at.
    mutating func finish() -> [Int] {
        settle(until: .max)
        cut(at: count)
        return ends
    }

    /// Decides on the candidates up to a place; everything within reach of them is known.
    private mutating func settle(until last: Int) {
        while open < candidates.count, candidates[open].place <= last {
            if isGreatest(open) { cut(at: candidates[open].place) }
            open += 1
        }
        // What is out of reach of all that are open has no more say.
        let place = open < candidates.count ? candidates[open].place : count
        let done = candidates[..<open].firstIndex { $0.place + Self.reach >= place } ?? open
        if done > 1024 {
            candidates.removeFirst(done)
            open -= done
        }
    }

    private func isGreatest(_ index: Int) -> Bool {
        let (place, hash) = candidates[index]
        // So the first chunk, too, has its least length.
        if place < Self.reach { return false }
        for other in candidates[..<index].reversed() {
            if other.place + Self.reach < place { break }
            if other.hash >= hash { return false }
        }
        for other in candidates[(index + 1)...] {
            if other.place > place + Self.reach { break }
            if other.hash > hash { return false }
        }
        return true
    }

    /// Cuts, and on the way there wherever a chunk would be too long.
    private mutating func cut(at end: Int) {
        var start = ends.last ?? 0
        while end - start > Self.most {
            start += end - start >= 2 * Self.most ? Self.most : (end - start) / 2
            ends.append(start)
        }
        if end > start { ends.append(end) }
    }
}
