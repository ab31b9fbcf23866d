import Diagnostics
import Numerics

/// Parts that are not what was asked for.
enum SplitProblem {
    /// A grouped part may miss its share by so much of all rows.
    private static let mostMissed = 0.2
    /// With fewer values than this, a few that stand alone are no sign of a wrong column.
    private static let fewestSingleValues = 20

    /// Refuses a column in which values stand for single rows: there is nothing to spread evenly.
    static func requireStrata(_ name: String, distinct: Int, rows: Int) throws(LearningError) {
        let areSingle = distinct == rows && rows > 1
        guard areSingle || (distinct >= fewestSingleValues && 2 * distinct > rows) else { return }
        throw .problem(
            "cannot-stratify",
            "option 'stratify' names the column '\(name)', whose \(distinct) distinct values in \(rows) rows are too many to spread evenly",
            notes: ["stratify by a column of few values, such as the classes, or leave 'stratify' out"])
    }

    /// Refuses empty parts, and those of groups that are far from their shares.
    static func check(
        _ parts: Splitter.Parts, _ options: SplitOptions, groups: (codes: [Int32], texts: [String])
    ) throws(LearningError) {
        let count = parts.train.count + parts.test.count + parts.validation.count
        let wanted: [(name: String, rows: [Int], share: Double)] = [
            ("train", parts.train, 1 - options.test - options.validation), ("test", parts.test, options.test),
            ("validation", parts.validation, options.validation),
        ]
        for part in wanted where part.rows.isEmpty && (part.share > 0 || part.name != "validation") {
            var reason = count == 1 ? "1 row is too few for these shares" : "\(count) rows are too few for these shares"
            if let group = options.group { reason = "column '\(group)' has too few groups for these shares" }
            throw .problem(
                "too-few-rows", "the \(part.name) part would be empty: \(reason)",
                notes: ["change 'test' and 'validation', or give more rows"])
        }
        guard let group = options.group else { return }
        for part in wanted where (Double(part.rows.count) / Double(count) - part.share).magnitude > mostMissed {
            let largest = largest(part.rows.isEmpty ? Array(groups.codes) : part.rows.map { groups.codes[$0] })
            let named = largest.code < 0 ? "the rows without a group are" : "the group '\(groups.texts[Int(largest.code)])' alone is"
            let hint = "group by a column of more and smaller groups, change the shares, or try another 'seed'"
            throw .problem(
                "uneven-groups",
                "grouped by '\(group)', the \(part.name) part would be \(percent(part.rows.count, count)) of the rows instead of "
                    + "\(DecimalText.text((part.share * 1000).rounded() / 10)) %; \(named) \(percent(largest.count, count))",
                notes: [hint])
        }
    }

    /// The code that stands in most rows, the lowest of several.
    private static func largest(_ codes: [Int32]) -> (code: Int32, count: Int) {
        var counts = [Int](repeating: 0, count: Int((codes.max() ?? -1) + 2))
        for code in codes { counts[Int(code) + 1] += 1 }
        var best = 0
        for place in counts.indices where counts[place] > counts[best] { best = place }
        return (Int32(best) - 1, counts[best])
    }

    private static func percent(_ part: Int, _ whole: Int) -> String {
        DecimalText.text((Double(part) / Double(whole) * 1000).rounded() / 10) + " %"
    }
}
