import Numerics
import StageKinds

/// Predicts single rows without a table: what a server does for each request.
///
/// The fields of a row are set one by one, then ``predict()`` gives the bits that ``TrainedModel/predict(_:threads:)`` gives for a table of
/// this row. Fields keep their values from row to row. One predictor serves one thread at a time.
///
/// - Complexity: Linear models and trees allocate nothing for a row; other learners make a table of features of it.
package final class RowPredictor {
    private enum Method {
        case linear(LinearRow)
        case boostedTrees(BoostedTrees, TreeWalk)
        case forest(DecisionForest, TreeWalk)
        case other
    }

    /// How a feature's field becomes a number.
    private enum Field {
        case number
        case category(CategoryProfile, numbers: [UInt64: Int32])
    }

    package let model: TrainedModel
    /// What stands in the column `prediction`, where that is one of a few texts.
    private let labels: [String]
    private let method: Method
    private let fields: [Field]
    /// What a missing field is: NaN of a number, the code of a category.
    private let missing: [Double]
    /// For each feature its number, NaN where missing, or its category's code.
    private let values: UnsafeMutableBufferPointer<Double>
    private let outputs: UnsafeMutableBufferPointer<Double>
    private var scores: [Double]
    /// The place of the last row's label among the classes or clusters; 0 for other tasks.
    package private(set) var place = 0

    /// Nil for models with features of dates, texts or images: these are read from tables.
    package init?(_ model: TrainedModel) {
        var fields: [Field] = []
        for feature in model.pipeline.features {
            switch feature.kind {
            case .number where feature.part == nil: fields.append(.number)
            case .category(let profile) where feature.part == nil:
                fields.append(.category(profile, numbers: FeatureColumn.numbers(profile.levels)))
            case .number, .category, .text, .images: return nil
            }
        }
        self.model = model
        self.fields = fields
        labels = model.outputLabels
        missing = fields.map { field in
            if case .category(let profile, _) = field { Double(profile.missingCode) } else { .nan }
        }
        switch model.learner {
        case .linear(let linear): method = LinearRow(linear.weights, model.pipeline).map { .linear($0) } ?? .other
        case .logistic(let logistic): method = LinearRow(logistic.weights, model.pipeline).map { .linear($0) } ?? .other
        case .boostedTrees(let trees): method = trees.walk(featureCount: fields.count).map { .boostedTrees(trees, $0) } ?? .other
        case .randomForest(let forest), .decisionTree(let forest):
            method = forest.walk(featureCount: fields.count).map { .forest(forest, $0) } ?? .other
        case .naiveBayes, .nearestNeighbours, .multilayerPerceptron, .convolutionalNetwork, .kMeans, .pca: method = .other
        }
        values = .allocate(capacity: fields.count)
        values.initialize(repeating: .nan)
        let count: Int
        switch model.task {
        case .classification: count = model.classes.count
        case .regression, .clustering: count = 1
        case .projection: count = model.learner.predictor.partCount
        }
        outputs = .allocate(capacity: count)
        outputs.initialize(repeating: 0)
        scores = [Double](repeating: 0, count: count)
        clear()
    }

    deinit {
        values.deallocate()
        outputs.deallocate()
    }

    // MARK: Fields

    /// Makes all fields missing.
    package func clear() {
        for field in fields.indices { setMissing(field) }
    }

    /// - Parameter field: The place of the feature in the model's pipeline.
    package func setMissing(_ field: Int) {
        values[field] = missing[field]
    }

    /// - Parameter number: NaN is a missing field.
    /// - Throws: ``LearningError/diagnostics(_:)`` for a number beyond ±1e100.
    package func set(_ field: Int, number: Double) throws(LearningError) {
        guard missing[field].isNaN else {
            if number.isNaN { setMissing(field) } else { try set(field, text: DecimalText.text(number)) }
            return
        }
        if number.magnitude > FeatureColumn.largestNumber {
            throw .problem("number-out-of-range", "the number in column '\(name(field))' is beyond ±1e100")
        }
        values[field] = number
    }

    /// - Parameter text: What a field says that is there.
    /// - Throws: ``LearningError/diagnostics(_:)`` for what is no number where the model wants one.
    package func set(_ field: Int, text: String) throws(LearningError) {
        switch fields[field] {
        case .number:
            guard let number = DecimalText.parse(text) else {
                throw .problem(
                    "not-a-number", "'\(text)' in column '\(name(field))' is no number, and the column is read as numbers")
            }
            try set(field, number: number)
        case .category(let profile, let numbers):
            if let place = FeatureColumn.place(of: text, in: profile.levels) {
                values[field] = Double(place)
            } else if !numbers.isEmpty, let number = DecimalText.parse(text), let place = numbers[(number + 0).bitPattern] {
                values[field] = Double(place)
            } else {
                values[field] = Double(profile.otherCode)
            }
        }
    }

    private func name(_ field: Int) -> String { model.pipeline.features[field].name }

    // MARK: Predicting

    /// What was said of the last row, until the next one: the probability of each class, the number, the distance from the cluster's centre,
    /// or the components.
    package var results: UnsafeBufferPointer<Double> { UnsafeBufferPointer(outputs) }

    /// The last row's class or cluster; nil for other tasks.
    package var label: String? { labels.isEmpty ? nil : labels[place] }

    /// Predicts the row of the fields as they are; see ``results`` and ``label``.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when the row is too large for memory.
    package func predict() throws(LearningError) {
        guard let values = values.baseAddress, let outputs = outputs.baseAddress else { return }
        switch method {
        case .linear(let row):
            row.sums(values, into: outputs)
            finishSums()
        case .boostedTrees(let trees, let walk):
            walk.walk(values)
            trees.sums(walk, into: outputs)
            finishSums()
        case .forest(let forest, let walk):
            walk.walk(values)
            forest.means(walk, into: outputs)
            if model.task == .regression { finishSums() } else { choose() }
        case .other: try predictTable()
        }
    }

    /// Makes a learner's sums what its task asks for.
    private func finishSums() {
        let sum = outputs[0]
        if model.task == .regression {
            outputs[0] = min(max(sum, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0
            return
        }
        if outputs.count == 2 {
            outputs[0] = Elementary.sigmoid(-sum)
            outputs[1] = Elementary.sigmoid(sum)
        } else {
            for place in scores.indices { scores[place] = outputs[place] }
            _ = Softmax.normalise(&scores)
            for place in scores.indices { outputs[place] = scores[place] }
        }
        choose()
    }

    /// The likeliest class, the first of equally likely ones.
    private func choose() {
        var best = 0
        for place in 1..<outputs.count where outputs[place] > outputs[best] { best = place }
        place = best
    }

    private func predictTable() throws(LearningError) {
        let columns = fields.indices.map { field -> FeatureTable.Column in
            missing[field].isNaN ? .numbers([values[field]]) : .codes([Int32(values[field])])
        }
        let predictions = try model.predict(FeatureTable(rowCount: 1, columns: columns), threads: 1)
        place = predictions.classPlaces.first ?? 0
        _ = outputs.update(from: model.task == .classification ? predictions.probabilities : predictions.values)
    }
}
