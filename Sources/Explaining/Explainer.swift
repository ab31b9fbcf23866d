internal import Diagnostics
package import Learning
internal import Numerics
internal import StageKinds
package import Tables

/// Says which columns a model goes by.
package enum Explainer {
    /// The explanation is a function of the model, the tables and the options: the number of threads changes only the time.
    ///
    /// - Parameters:
    ///   - background: The rows to which rows are compared; those of `table` when there are none.
    ///   - isCancelled: Asked between steps.
    /// - Throws: ``LearningError/diagnostics(_:)`` when a table has no rows, lacks a column or an answer, or the model's sums
    ///   cannot be parted; ``LearningError/cancelled``.
    package static func explain(
        _ model: TrainedModel, on table: Table, background: Table? = nil, options: ExplanationOptions, threads: Int = 1,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(LearningError) -> Explanation {
        for table in [table] + (background.map { [$0] } ?? []) where table.rowCount == 0 {
            let location = Diagnostic.Location(source: table.source.name, span: nil)
            throw .diagnostics([Diagnostic(code: "learning/no-rows", "the table has no rows to explain the model by", at: location)])
        }
        let columns = ColumnList(model.pipeline)
        let features = try model.pipeline.apply(to: table, threads: threads)
        let surroundings =
            try background.map { (table) throws(LearningError) in try model.pipeline.apply(to: table, threads: threads) } ?? features
        var explanation = Explanation(columns: columns.names)
        if options.method != .shap {
            let loss = try MainLoss(model, answers: table, rows: PermutationImportance.rows(of: table.rowCount))
            explanation.permutation = try PermutationImportance(
                model, features, columns, loss, options, threads: threads, isCancelled: isCancelled)
        }
        let ensemble = try TreeEnsemble(model, weighedBy: surroundings, threads: threads)
        explanation.gains = ensemble.map { columns.sums(TreeGains.shares($0, featureCount: model.pipeline.features.count), each: 1) }
        guard options.method != .permutation else { return explanation }
        let rows = min(options.rows, table.rowCount)
        let size = rows.multipliedReportingOverflow(by: model.pipeline.features.count * max(model.classes.count, 1))
        guard !size.overflow, size.partialValue <= Contributions.mostElements else {
            throw .explaining("learning/too-large", "the contributions of \(rows) rows are too many to hold; choose fewer 'rows'")
        }
        let chosen = features.selecting(Array(0..<rows))
        let contributions: Contributions
        if let ensemble {
            contributions = try TreeContributions.of(
                ensemble, chosen, featureCount: model.pipeline.features.count, threads: threads, isCancelled: isCancelled)
        } else if let additive = try LinearContributions.of(model, chosen, background: surroundings, threads: threads) {
            contributions = additive
        } else if options.method == .auto {
            return explanation
        } else {
            throw .explaining(
                "learning/no-contributions",
                "the learner '\(model.learner.kind.rawValue)' does not part its sums into contributions; use the method 'permutation'")
        }
        explanation.outputs = outputs(of: model, count: contributions.outputCount)
        explanation.contributions = rows > 0 ? contributions.byColumn(columns) : nil
        return explanation
    }

    /// What the outputs are about: the target, or classes.
    private static func outputs(of model: TrainedModel, count: Int) -> [String] {
        if model.classes.isEmpty { return [model.target ?? ""] }
        return Array(model.classes.suffix(count))
    }
}

/// The columns behind a model's features; the parts of a date are of one column.
struct ColumnList {
    let names: [String]
    /// The features of each column.
    let features: [[Int]]

    init(_ pipeline: FeaturePipeline) {
        var names: [String] = []
        var features: [[Int]] = []
        for (place, feature) in pipeline.features.enumerated() {
            // A column's features stand one after the other.
            if let last = names.last, last.utf8.elementsEqual(feature.name.utf8) {
                features[features.count - 1].append(place)
            } else {
                names.append(feature.name)
                features.append([place])
            }
        }
        self.names = names
        self.features = features
    }

    /// Sums over each column's features of values (rows, features), giving (rows, columns).
    func sums(_ values: [Double], each rows: Int) -> [Double] {
        let width = rows == 0 ? 0 : values.count / rows
        var result: [Double] = []
        result.reserveCapacity(rows * names.count)
        for row in 0..<rows {
            for list in features {
                var sum = values[row * width + list[0]]
                for feature in list.dropFirst() { sum += values[row * width + feature] }
                result.append(sum)
            }
        }
        return result
    }
}

extension LearningError {
    /// One thing that is wrong, with no place in a text.
    static func explaining(_ code: String, _ message: String) -> LearningError {
        .diagnostics([Diagnostic(code: code, message, at: nil)])
    }
}
