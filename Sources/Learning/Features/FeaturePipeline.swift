import Diagnostics
import Numerics
import StageKinds
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
    /// A column is what `types` says; else numbers or images where the table read them, dates where every field that is there is
    /// one, texts where it looks like them, and categories. Levels of these are those in at least two rows, the most frequent
    /// first (ties by bytes), as many as the learner tells apart; an identifier therefore has none.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when a named column does not exist, is the target, no column is left, a
    ///   field does not fit its column's type, the learner cannot see a column, or a few odd words make a column of numbers into
    ///   categories.
    init(fitting table: Table, options: TrainingOptions, threads: Int = 1) throws(LearningError) {
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
        let fit = { @Sendable [forced] (place: Int) -> Result<[Feature], LearningError> in
            let column = FeatureColumn(indices[place], in: table)
            return Result { () throws(LearningError) in
                try Self.features(column, forced: forced[indices[place]], options, threads: threads)
            }
        }
        // Columns of numbers are fitted beside each other; every other one has all threads.
        let areNumbers = indices.map { index -> Bool in
            guard case .numbers = table.columns[index].values else { return false }
            return forced[index] == nil || forced[index] == .number
        }
        let fitted = ParallelLoop.map(count: indices.count, threads: threads) { areNumbers[$0] ? fit($0) : nil }
        for place in indices.indices {
            switch fitted[place] ?? fit(place) {
            case .success(let own): features += own
            case .failure(let error): problems += error.diagnostics
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

    /// What a column is to a model: one feature, or several parts of a date.
    private static func features(
        _ column: FeatureColumn, forced: TrainingOptions.FeatureType?, _ options: TrainingOptions, threads: Int
    ) throws(LearningError) -> [Feature] {
        let learner = options.learner.kind
        let isInferred = forced == nil
        switch (forced, column.table.columns[column.index].values) {
        case (_, .images):
            try column.require(LearnerKind.readersOfImages, "images", learner)
            return [Feature(name: column.name, kind: .images(try ImageProfile(column, options.images, threads: threads)))]
        case (.number?, _), (nil, .numbers):
            return [Feature(name: column.name, kind: .number(NumberProfile(try column.numbers())))]
        case (.date?, _),
            (nil, _) where column.looksLikeDates:
            return try dates(column)
        case (.text?, _),
            (nil, _) where column.looksLikeText:
            // What looks like text and has no term is names.
            if let profile = try TextProfile(column, options.text, isInferred: isInferred, threads: threads) {
                try column.require(LearnerKind.readersOfTexts, "text", learner)
                return [Feature(name: column.name, kind: .text(profile))]
            }
        case (.category?, _), (nil, _): break
        }
        if isInferred { try column.refuseNearlyNumericFeature() }
        let (codes, texts) = column.texts()
        let profile = CategoryProfile(codes: codes, texts: texts, mostLevels: learner.mostLevels)
        return [Feature(name: column.name, kind: .category(profile))]
    }

    /// The parts of a column of dates.
    private static func dates(_ column: FeatureColumn) throws(LearningError) -> [Feature] {
        let parts = try DateParts(column)
        return parts.present.map { part in
            let kind: Feature.Kind =
                part == .day
                ? .number(NumberProfile(parts.days))
                : .category(CategoryProfile(codes: parts.codes(part), texts: DateParts.texts(part)))
            return Feature(name: column.name, part: part, kind: kind)
        }
    }

    /// The features of each row of any table that has the columns; other columns are passed over.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` with all columns that are absent or hold what is no number, date or image where
    ///   the model wants one.
    package func apply(to table: Table, threads: Int = 1) throws(LearningError) -> FeatureTable {
        try apply(to: table, isFitted: false, threads: threads)
    }

    /// - Parameter isFitted: It is the table that the pipeline was fitted to, of which the numbers have been looked at.
    func apply(to table: Table, isFitted: Bool, threads: Int) throws(LearningError) -> FeatureTable {
        var columns: [FeatureTable.Column] = []
        var problems: [Diagnostic] = []
        // The parts of a date stand one after the other.
        var dates: (name: String, parts: DateParts?)?
        for feature in features {
            do {
                let column = try FeatureColumn(feature.name, in: table, .model("a feature of the model"))
                if feature.part != nil, dates?.name.utf8.elementsEqual(feature.name.utf8) != true {
                    dates = (feature.name, nil)
                    dates = (feature.name, try DateParts(column))
                }
                if isFitted, feature.part == nil, case .number = feature.kind,
                    case .numbers(let values) = table.columns[column.index].values
                {
                    columns.append(.numbers(values))
                } else {
                    columns.append(try Self.values(column, feature, feature.part == nil ? nil : dates?.parts, threads: threads))
                }
            } catch {
                problems += error.diagnostics
            }
        }
        if !problems.isEmpty { throw .diagnostics(problems) }
        return FeatureTable(rowCount: table.rowCount, columns: columns)
    }

    private static func values(
        _ column: FeatureColumn, _ feature: Feature, _ dates: DateParts?, threads: Int
    ) throws(LearningError) -> FeatureTable.Column {
        switch feature.kind {
        case .number:
            if let dates { return .numbers(dates.days) }
            return .numbers(try column.numbers())
        case .category(let profile):
            guard let part = feature.part, let dates else {
                return .codes(column.codes(among: profile.levels).map { $0 < 0 ? profile.missingCode : $0 })
            }
            let known = DateParts.texts(part).map { text in
                profile.levels.firstIndex { $0.utf8.elementsEqual(text.utf8) }.map(Int32.init) ?? profile.otherCode
            }
            return .codes(dates.codes(part).map { $0 < 0 ? profile.missingCode : known[Int($0)] })
        case .text(let profile): return .sparse(profile.matrix(column, threads: threads))
        case .images(let profile): return .images(try profile.elements(column, threads: threads))
        }
    }
}

/// The rows of a table as a pipeline's features see them.
package struct FeatureTable: Sendable {
    enum Column: Sendable {
        /// NaN where missing.
        case numbers([Double])
        /// Codes of a ``CategoryProfile``: a level, other, or missing.
        case codes([Int32])
        /// A text's terms: (rows, ``TextProfile/width``), each row of length 1 or without entries.
        case sparse(SparseMatrix)
        /// Images of one shape, (rows, height, width, channels), row-major.
        case images([Float])
    }

    let rowCount: Int
    /// In the order of ``FeaturePipeline/features``.
    let columns: [Column]
}

extension NumberProfile {
    /// The profile of numbers at most 1e100 in magnitude, NaN where missing.
    init(_ values: [Double]) {
        let numbers = values.contains(where: { $0.isNaN }) ? values.filter { !$0.isNaN } : values
        guard let first = numbers.first else {
            self.init(mean: 0, deviation: 0, minimum: 0, maximum: 0, present: 0, missing: values.count)
            return
        }
        // Eight at a time; what is left over comes first.
        var (least, most) = (SIMD8(repeating: first), SIMD8(repeating: first))
        for index in 0..<numbers.count % 8 {
            least[index] = numbers[index]
            most[index] = numbers[index]
        }
        numbers.withUnsafeBytes { bytes in
            for start in stride(from: numbers.count % 8, to: numbers.count, by: 8) {
                let next = bytes.loadUnaligned(fromByteOffset: start * MemoryLayout<Double>.stride, as: SIMD8<Double>.self)
                least.replace(with: next, where: next .< least)
                most.replace(with: next, where: next .> most)
            }
        }
        // Adding 0 turns -0 into 0, which is what JSON can say.
        let minimum = least.min() + 0
        let maximum = most.max() + 0
        var mean = minimum
        var deviation = 0.0
        if minimum < maximum {
            mean = Reduction.mean(numbers) + 0
            deviation = (Reduction.squaredDeviations(numbers, from: mean) / Double(numbers.count)).squareRoot()
        }
        self.init(
            mean: mean, deviation: deviation, minimum: minimum, maximum: maximum, present: numbers.count,
            missing: values.count - numbers.count)
    }
}

extension CategoryProfile {
    /// The profile of a column: for each row the place of its text in `texts`, -1 where missing.
    init(codes: [Int32], texts: [String], mostLevels: Int = Self.mostLevels) {
        var counts = [Int](repeating: 0, count: texts.count)
        var missing = 0
        for code in codes {
            if code < 0 { missing += 1 } else { counts[Int(code)] += 1 }
        }
        // DETERMINISM: `texts` is sorted by bytes, so the place breaks ties of the count.
        let frequent = counts.indices.filter { counts[$0] >= 2 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
        let kept = frequent.prefix(mostLevels).sorted()
        let others = codes.count - missing - kept.reduce(0) { $0 + counts[$1] }
        self.init(levels: kept.map { texts[$0] }, others: others, missing: missing)
    }
}
