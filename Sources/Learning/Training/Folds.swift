import Tables

/// The rows of a table dealt into parts, each to be judged by a model of the others.
struct Folds: Sendable {
    struct Fold: Sendable {
        let rest: Table
        let held: Table
    }

    let list: [Fold]

    var count: Int { list.count }

    /// - Parameters:
    ///   - target: The answers of the table; classes are spread evenly over the parts.
    ///   - purpose: What the rows are dealt for; other purposes deal otherwise.
    /// - Throws: ``LearningError/diagnostics(_:)`` when there are fewer rows or groups than parts.
    init(
        _ table: Table, _ target: TargetColumn, _ options: CrossValidationOptions, seed: Int, purpose: String
    ) throws(LearningError) {
        let count = options.folds
        let places: [Int]
        if let group = options.group {
            let (codes, texts) = try FeatureColumn(group, in: table, .option("cross-validation-group")).texts()
            let groups = texts.count + (codes.contains(-1) ? 1 : 0)
            guard groups >= count else {
                throw .problem("too-few-rows", "column '\(group)' has \(groups) groups, too few for \(count) parts")
            }
            places = RowDealing.grouped(codes, count, seed: seed, purpose: purpose)
        } else {
            guard table.rowCount >= count else {
                throw .problem("too-few-rows", "\(table.rowCount) rows are too few for \(count) parts")
            }
            places = RowDealing(target, rowCount: table.rowCount, seed: seed, purpose: purpose).parts(count)
        }
        list = (0..<count).map { fold in
            Fold(
                rest: table.selecting(places.indices.filter { places[$0] != fold }),
                held: table.selecting(places.indices.filter { places[$0] == fold }))
        }
    }
}
