import Diagnostics
import Numerics
package import Tables

/// The columns that a model sees and how their fields become numbers, fitted on the training table.
///
/// Fitting and applying are one type, so that training and serving cannot differ.
package struct FeaturePipeline: Hashable, Sendable {
    /// In the order of the training table's columns.
    package let features: [Feature]

    init(features: [Feature]) {
        self.features = features
    }

    /// Chooses the columns and learns their profiles.
    ///
    /// A column is what the table read it as, unless `types` says otherwise. A column's levels are those in at least two rows,
    /// the most frequent first (ties by bytes), up to ``CategoryProfile/mostLevels``; an identifier therefore has none.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when a named column does not exist, is the target, no column is left, a
    ///   field does not fit its column's type, or a few odd words make a column of numbers into categories.
    init(fitting table: Table, options: TrainingOptions) throws(LearningError) {
        let indices = try Self.chosen(from: table, options)
        var forced: [Int: TrainingOptions.FeatureType] = [:]
        for (name, type) in options.types {
            let index = try FeatureColumn(name, in: table, .option("features.types")).index
            if let target = options.target, name.utf8.elementsEqual(target.utf8) {
                throw .problem("target-is-feature", "'types' is about features; what the target '\(name)' is, 'task' says")
            }
            forced[index] = type
        }
        var features: [Feature] = []
        var problems: [Diagnostic] = []
        for index in indices {
            let column = FeatureColumn(index, in: table)
            do {
                features.append(try Self.feature(column, forced: forced[index]))
            } catch {
                problems += error.diagnostics
            }
        }
        if !problems.isEmpty { throw .diagnostics(problems) }
        self.features = features
    }

    /// The places of the columns that the model sees, ascending.
    private static func chosen(from table: Table, _ options: TrainingOptions) throws(LearningError) -> [Int] {
        let target = try options.target.map { (name) throws(LearningError) in try FeatureColumn(name, in: table, .option("target")).index }
        var isChosen = [Bool](repeating: options.include == nil, count: table.columns.count)
        for name in options.include ?? [] {
            let index = try FeatureColumn(name, in: table, .option("features.include")).index
            if index == target { throw .problem("target-is-feature", "the target '\(name)' cannot be a feature of its own model") }
            isChosen[index] = true
        }
        for name in options.exclude {
            isChosen[try FeatureColumn(name, in: table, .option("features.exclude")).index] = false
        }
        if let target { isChosen[target] = false }
        let indices = isChosen.indices.filter { isChosen[$0] }
        if indices.isEmpty {
            let beside = options.target.map { " beside the target '\($0)'" } ?? ""
            throw .problem("no-features", "no column\(beside) is left to learn from")
        }
        return indices
    }

    private static func feature(_ column: FeatureColumn, forced: TrainingOptions.FeatureType?) throws(LearningError) -> Feature {
        let type: TrainingOptions.FeatureType
        switch (forced, column.table.columns[column.index].values) {
        case (let forced?, _): type = forced
        case (nil, .numbers): type = .number
        case (nil, .categories):
            try column.refuseNearlyNumericFeature()
            type = .category
        case (nil, .images): throw column.holdsImages("this learner has no use for them; leave it out with 'features.exclude'")
        }
        switch type {
        case .number: return Feature(name: column.name, kind: .number(NumberProfile(try column.numbers())))
        case .category:
            let (codes, texts) = column.texts()
            return Feature(name: column.name, kind: .category(CategoryProfile(codes: codes, texts: texts)))
        }
    }

    /// The features of each row of any table that has the columns; other columns are passed over.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` with all columns that are absent or hold what is no number.
    package func apply(to table: Table) throws(LearningError) -> FeatureTable {
        var columns: [FeatureTable.Column] = []
        var problems: [Diagnostic] = []
        for feature in features {
            do {
                let column = try FeatureColumn(feature.name, in: table, .model("a feature of the model"))
                switch feature.kind {
                case .number: columns.append(.numbers(try column.numbers()))
                case .category(let profile):
                    columns.append(.codes(column.codes(among: profile.levels).map { $0 < 0 ? profile.missingCode : $0 }))
                }
            } catch {
                problems += error.diagnostics
            }
        }
        if !problems.isEmpty { throw .diagnostics(problems) }
        return FeatureTable(rowCount: table.rowCount, columns: columns)
    }
}

/// The rows of a table as a pipeline's features see them.
package struct FeatureTable: Sendable {
    enum Column: Sendable {
        /// NaN where missing.
        case numbers([Double])
        /// Codes of a ``CategoryProfile``: a level, other, or missing.
        case codes([Int32])
    }

    let rowCount: Int
    /// In the order of ``FeaturePipeline/features``.
    let columns: [Column]
}

extension NumberProfile {
    /// The profile of numbers at most 1e100 in magnitude, NaN where missing.
    init(_ values: [Double]) {
        let numbers = values.filter { !$0.isNaN }
        guard let first = numbers.first else {
            self.init(mean: 0, deviation: 0, minimum: 0, maximum: 0, present: 0, missing: values.count)
            return
        }
        // Adding 0 turns -0 into 0, which is what JSON can say.
        let minimum = numbers.reduce(first) { min($0, $1) } + 0
        let maximum = numbers.reduce(first) { max($0, $1) } + 0
        var mean = minimum
        var deviation = 0.0
        if minimum < maximum {
            mean = Reduction.mean(numbers) + 0
            let distances = numbers.map { $0 - mean }
            deviation = (Reduction.dot(distances, distances) / Double(numbers.count)).squareRoot()
        }
        self.init(
            mean: mean, deviation: deviation, minimum: minimum, maximum: maximum, present: numbers.count,
            missing: values.count - numbers.count)
    }
}

extension CategoryProfile {
    /// The profile of a column: for each row the place of its text in `texts`, -1 where missing.
    init(codes: [Int32], texts: [String]) {
        var counts = [Int](repeating: 0, count: texts.count)
        var missing = 0
        for code in codes {
            if code < 0 { missing += 1 } else { counts[Int(code)] += 1 }
        }
        // DETERMINISM: `texts` is sorted by bytes, so the place breaks ties of the count.
        let frequent = counts.indices.filter { counts[$0] >= 2 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
        let kept = frequent.prefix(Self.mostLevels).sorted()
        let others = codes.count - missing - kept.reduce(0) { $0 + counts[$1] }
        self.init(levels: kept.map { texts[$0] }, others: others, missing: missing)
    }
}
