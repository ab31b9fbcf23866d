/// How two versions of a table differ as wholes: rows, columns, and how often each label occurs.
package struct TableChange: Hashable, Sendable {
    /// A label of a column and how many rows had and have it.
    package struct Label: Hashable, Sendable {
        package let column: String
        package let level: String
        package let before: Int
        package let after: Int
    }

    /// Columns with more levels than this are texts or names: their levels are no labels that people count.
    package static let mostLevels = 64

    package let rowsBefore: Int
    package let rowsAfter: Int
    /// Names of columns that are new, in the order of the later table.
    package let added: [String]
    /// Names of columns that are gone, in the order of the earlier table.
    package let removed: [String]
    /// Columns that are of another type now: name, earlier and later type.
    package let retyped: [Retyped]
    /// The labels whose counts differ: columns in the later table's order, levels by bytes.
    package let labels: [Label]

    package struct Retyped: Hashable, Sendable {
        package let name: String
        package let before: String
        package let after: String
    }

    /// - Complexity: O(values)
    package init(from before: TableProfile, to after: TableProfile) {
        rowsBefore = before.rowCount
        rowsAfter = after.rowCount
        // By bytes: two spellings of one letter are two names.
        let old = Dictionary(before.columns.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        let new = Set(after.columns.map { Array($0.name.utf8) })
        added = after.columns.map(\.name).filter { old[Array($0.utf8)] == nil }
        removed = before.columns.map(\.name).filter { !new.contains(Array($0.utf8)) }
        var retyped: [Retyped] = []
        var labels: [Label] = []
        for column in after.columns {
            guard let old = old[Array(column.name.utf8)] else { continue }
            if case .categories(let levels, let counts) = column.content, case .categories(let oldLevels, let oldCounts) = old.content {
                guard max(levels.count, oldLevels.count) <= Self.mostLevels else { continue }
                var tally: [[UInt8]: (before: Int, after: Int)] = [:]
                for (level, count) in zip(oldLevels, oldCounts) { tally[Array(level.utf8), default: (0, 0)].before = count }
                for (level, count) in zip(levels, counts) { tally[Array(level.utf8), default: (0, 0)].after = count }
                for (level, count) in tally.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where count.before != count.after {
                    let level = String(decoding: level, as: UTF8.self)
                    labels.append(Label(column: column.name, level: level, before: count.before, after: count.after))
                }
            } else if column.type != old.type, column.type != nil, old.type != nil {
                retyped.append(Retyped(name: column.name, before: old.type ?? "", after: column.type ?? ""))
            }
        }
        self.retyped = retyped
        self.labels = labels
    }
}

extension ColumnProfile {
    /// What people call its values; nil when every one is missing.
    fileprivate var type: String? {
        switch content {
        case .numbers: "numbers"
        case .categories: "categories"
        case .images: "images"
        case .nothing: nil
        }
    }
}
