/// Finds what somebody probably meant.
package enum Suggestion {
    /// The candidate nearest to `word`, if one is near enough to be worth naming.
    ///
    /// Distance is optimal string alignment (insert, delete, replace, swap neighbours), at most a third of the word's length
    /// and at least 1. Ties go to the candidate that sorts first.
    ///
    /// - Complexity: O(candidates x length squared)
    package static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased().unicodeScalars)
        guard letters.count <= 256 else { return nil }
        let limit = max(1, letters.count / 3)
        var best: (distance: Int, word: String)?
        for candidate in candidates.sorted() where candidate != word {
            let other = Array(candidate.lowercased().unicodeScalars)
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= limit, best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
        }
        return best?.word
    }

    private static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var previous = Array(0...second.count)
        for i in 0..<first.count {
            var row = [i + 1]
            for j in 0..<second.count {
                var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (first[i] == second[j] ? 0 : 1))
                if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            before = previous
            previous = row
        }
        return previous[second.count]
    }
}
