import Numerics
package import Tables

/// Deals the rows of a table into a training, a test and a validation part.
package enum Splitter {
    /// Row numbers, each row in one part, each part ascending.
    package struct Parts: Hashable, Sendable {
        package let train: [Int]
        package let test: [Int]
        package let validation: [Int]
    }

    /// Deals the rows.
    ///
    /// The test part has the share of the rows, rounded to the nearest number of them (half a row counts up), and so has the
    /// validation part. Stratified, each value gets its share of each part, rounded so that the part's size stays (largest
    /// remainders, ties by bytes). Grouped, groups are dealt in random order to the part that still lacks most of its rows
    /// for its size, so sizes are only near the shares; rows without a group are one group.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for a column that does not exist, when a part or the training part is empty,
    ///   when groups are so large that a part misses its share by more than 0.2 of the rows, or when nearly every row has a
    ///   value of its own in the column to stratify by.
    package static func split(_ table: Table, options: SplitOptions) throws(LearningError) -> Parts {
        let count = table.rowCount
        let sizes = [options.test, options.validation].map { Int((Double(count) * $0 + 0.5).rounded(.down)) }
        var places: [Int]
        var groups: (codes: [Int32], texts: [String]) = ([], [])
        if let group = options.group {
            let column = try FeatureColumn(group, in: table, .option("group"))
            groups = column.texts()
            places = grouped(groups.codes, sizes, options.seed)
        } else {
            var strata = [Int32](repeating: 0, count: count)
            if let stratify = options.stratify {
                let (codes, texts) = try FeatureColumn(stratify, in: table, .option("stratify")).texts()
                try SplitProblem.requireStrata(stratify, distinct: texts.count, rows: count)
                strata = codes
            }
            places = dealt(strata, sizes, options.seed)
        }
        let parts = Parts(
            train: places.indices.filter { places[$0] == 0 }, test: places.indices.filter { places[$0] == 1 },
            validation: places.indices.filter { places[$0] == 2 })
        try SplitProblem.check(parts, options, groups: groups)
        return parts
    }

    /// For each row its part: 0 to train, 1 to test, 2 to validate.
    private static func dealt(_ strata: [Int32], _ sizes: [Int], _ seed: Int) -> [Int] {
        let order = RandomStream(seed: seed, purpose: "split/shuffle").permutation(strata.count)
        // Stratum -1, missing, comes first.
        let stratumCount = Int((strata.max() ?? -1) + 2)
        var members = [[Int]](repeating: [], count: stratumCount)
        for row in order { members[Int(strata[row]) + 1].append(row) }
        var places = [Int](repeating: 0, count: strata.count)
        var left = members.map(\.count)
        for (part, size) in sizes.enumerated() {
            let quotas = shares(of: size, among: left)
            for stratum in left.indices {
                let start = members[stratum].count - left[stratum]
                for row in members[stratum][start..<start + quotas[stratum]] { places[row] = part + 1 }
                left[stratum] -= quotas[stratum]
            }
        }
        return places
    }

    /// Parts of `size` in proportion to `counts`, by largest remainders.
    static func shares(of size: Int, among counts: [Int]) -> [Int] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return counts }
        let size = min(size, total)
        var result: [Int] = []
        var remainders: [(remainder: Int, place: Int)] = []
        for (place, count) in counts.enumerated() {
            let (quotient, remainder) = total.dividingFullWidth(count.multipliedFullWidth(by: size))
            result.append(quotient)
            remainders.append((remainder, place))
        }
        let missing = size - result.reduce(0, +)
        for entry in remainders.sorted(by: { ($1.remainder, $0.place) < ($0.remainder, $1.place) }).prefix(missing) {
            result[entry.place] += 1
        }
        return result
    }

    private static func grouped(_ groups: [Int32], _ sizes: [Int], _ seed: Int) -> [Int] {
        let groupCount = Int((groups.max() ?? -1) + 2)
        var counts = [Int](repeating: 0, count: groupCount)
        for group in groups { counts[Int(group) + 1] += 1 }
        let wanted = [groups.count - sizes.reduce(0, +)] + sizes
        var have = [0, 0, 0]
        var place = [Int](repeating: 0, count: groupCount)
        for group in RandomStream(seed: seed, purpose: "split/shuffle-groups").permutation(groupCount) where counts[group] > 0 {
            // Compared as fractions, so that a small part is not starved: lacking / wanted.
            var best = 0
            for part in 1..<3 where wanted[part] > 0 {
                let lacking = Double(wanted[part] - have[part]) / Double(wanted[part])
                let bestLacking = wanted[best] > 0 ? Double(wanted[best] - have[best]) / Double(wanted[best]) : -.infinity
                if lacking > bestLacking { best = part }
            }
            place[group] = best
            have[best] += counts[group]
        }
        return groups.map { place[Int($0) + 1] }
    }
}
