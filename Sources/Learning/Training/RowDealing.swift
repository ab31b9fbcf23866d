import Numerics
import Tables

/// Deals rows at random, so that each part has its share of each class.
struct RowDealing {
    /// The rows of each stratum in random order; there is one where the answers are numbers.
    private let strata: [[Int]]

    /// - Parameter purpose: What the rows are dealt for; other purposes deal otherwise.
    init(_ target: TargetColumn, rowCount: Int, seed: Int, purpose: String) {
        let order = RandomStream(seed: seed, purpose: purpose).permutation(rowCount)
        guard case .classes(let codes, let classes) = target else {
            strata = [order]
            return
        }
        var strata = [[Int]](repeating: [], count: classes.count)
        for row in order { strata[Int(codes[row])].append(row) }
        self.strata = strata
    }

    /// For each row one of `count` parts, as evenly as can be in each stratum and in all.
    func parts(_ count: Int) -> [Int] {
        var parts = [Int](repeating: 0, count: strata.reduce(0) { $0 + $1.count })
        for (place, row) in strata.joined().enumerated() { parts[row] = place % count }
        return parts
    }

    /// So many of the rows, ascending; of each stratum that has rows one at least stays out where `leavesSome` is set.
    func sample(_ size: Int, leavesSome: Bool = false) -> [Int] {
        let shares = Splitter.shares(of: size, among: strata.map(\.count))
        return zip(strata, shares).flatMap { rows, share in rows.prefix(leavesSome ? min(share, max(rows.count - 1, 0)) : share) }.sorted()
    }

    /// For each row one of `count` parts; groups stay whole, the largest go first, each to the part with the fewest rows.
    static func grouped(_ groups: [Int32], _ count: Int, seed: Int, purpose: String) -> [Int] {
        var sizes = [Int](repeating: 0, count: Int((groups.max() ?? -1) + 2))
        for group in groups { sizes[Int(group) + 1] += 1 }
        let shuffled = RandomStream(seed: seed, purpose: purpose).permutation(sizes.count).filter { sizes[$0] > 0 }
        let order = shuffled.enumerated().sorted { (sizes[$1.element], $0.offset) < (sizes[$0.element], $1.offset) }.map(\.element)
        var part = [Int](repeating: 0, count: sizes.count)
        var have = [Int](repeating: 0, count: count)
        for group in order {
            let least = have.indices.reduce(0) { have[$1] < have[$0] ? $1 : $0 }
            part[group] = least
            have[least] += sizes[group]
        }
        return groups.map { part[Int($0) + 1] }
    }
}
