package import Canonical
import Diagnostics
import StageKinds
package import Tables

/// What `evaluate` finds out about a model.
package struct Evaluation: Sendable {
    /// Flat numbers by metric name and `rows`, then `classes`, `notComputed` and `slices` where there are some.
    package let metrics: JSONValue
    /// What the model says of each row, after the answer, as CSV.
    package let predictions: [UInt8]
    /// The confusion matrix, the calibration and the curves of a classifier; predicted against true numbers of a regression.
    package let curves: JSONValue
}

/// Judges a model by rows whose answers are known.
package enum Evaluator {
    /// A column with more distinct values than this is no slice.
    static let mostSlices = 100

    /// - Throws: ``LearningError/diagnostics(_:)`` when the table has no rows, lacks a column or an answer, or the positive class
    ///   is none of the model's.
    package static func evaluate(
        _ model: TrainedModel, on table: Table, options: EvaluationOptions, threads: Int = 1
    ) throws(LearningError) -> Evaluation {
        let location = Diagnostic.Location(source: table.source.name, span: nil)
        if table.rowCount == 0 {
            throw .diagnostics([Diagnostic(code: "learning/no-rows", "the table has no rows to judge the model by", at: location)])
        }
        let (judge, predictions) = try judge(model, on: table, options.positive, threads: threads)
        let all = Array(0..<table.rowCount)
        let (list, details, curves) = judge.verdict(all)
        var members = [JSONMember("version", 1), JSONMember("task", .string(model.task.rawValue)), JSONMember("rows", .integer(all.count))]
        members += list.members + details + list.notComputed
        if !options.slices.isEmpty { members.append(JSONMember("slices", .array(try slices(options.slices, table, judge)))) }
        // A target that has the name of one of our columns is told apart by leaving it out.
        let own = predictions.columns
        let carried = [model.target].compactMap { $0 }.filter { name in !own.contains { $0.utf8.elementsEqual(name.utf8) } }
        return Evaluation(metrics: .object(members), predictions: try predictions.csv(carrying: carried, from: table), curves: curves)
    }

    /// The metrics of a model on rows whose answers are known, at least one.
    static func metrics(_ model: TrainedModel, on table: Table, threads: Int) throws(LearningError) -> MetricList {
        try judge(model, on: table, nil, threads: threads).0.metrics(Array(0..<table.rowCount))
    }

    private static func judge(
        _ model: TrainedModel, on table: Table, _ positive: String?, threads: Int
    ) throws(LearningError) -> (Judge, Predictions) {
        let target = try model.target.map { (name) throws(LearningError) in
            try FeatureColumn(name, in: table, .model("the target of the model"))
        }
        if let target { try TargetColumn.requireAnswers(target) }
        if let positive, model.task != .classification {
            throw .problem(
                "unknown-class", "option 'positive' names the class '\(positive)', but the model predicts no classes",
                notes: ["leave 'positive' out"])
        }
        let predictions = try model.predict(table, threads: threads)
        let judge: Judge
        switch (model.task, target) {
        case (.classification, let target?):
            judge = .classification(try Answers(target, model.classes, positive), predictions)
        case (.regression, let target?): judge = .regression(truth: try target.numbers(), predicted: predictions.values)
        case (.clustering, _), (.projection, _):
            let design = try DesignMatrix(try model.pipeline.apply(to: table), DesignLayout(model.pipeline), threads: threads)
            judge = .unsupervised(UnsupervisedMetrics(design, predictions))
        case (.classification, nil), (.regression, nil): preconditionFailure("a model that learned from answers names their column")
        }
        return (judge, predictions)
    }

    /// The answers of a table as places among the model's classes and then others.
    private struct Answers {
        /// A confusion matrix has this many rows and columns at most.
        private static let mostLabels = 2 * TargetColumn.mostClasses

        let labels: [String]
        let truth: [Int]
        let positive: Int?

        init(_ target: FeatureColumn, _ classes: [String], _ positive: String?) throws(LearningError) {
            let known = target.codes(among: classes)
            let (codes, texts) = target.texts()
            // Rows of a class that training never saw count against the model; each such class has a label of its own.
            var places = [Int](repeating: -1, count: texts.count)
            for row in codes.indices { places[Int(codes[row])] = Int(known[row]) }
            var labels = classes
            for place in places.indices where places[place] == classes.count {
                places[place] = labels.count
                labels.append(texts[place])
            }
            guard labels.count <= Self.mostLabels else {
                throw .problem(
                    "too-large",
                    "the target '\(target.name)' has \(labels.count - classes.count) values that the model does not know, more than can be told apart; "
                        + "is it the column that the model was trained on?")
            }
            truth = codes.map { places[Int($0)] }
            self.labels = labels
            if let positive {
                guard let place = classes.firstIndex(where: { $0.utf8.elementsEqual(positive.utf8) }) else {
                    let notes = FeatureColumn.nearest(to: positive, among: classes, "the model's classes are")
                    throw .diagnostics([
                        Diagnostic(
                            code: "learning/unknown-class",
                            "option 'positive' names the class '\(positive)', which the model does not have", at: nil, notes: notes)
                    ])
                }
                self.positive = place
            } else {
                self.positive = classes.count == 2 ? 1 : nil
            }
        }
    }

    private enum Judge {
        case classification(Answers, Predictions)
        case regression(truth: [Double], predicted: [Double])
        case unsupervised(UnsupervisedMetrics)

        /// The metrics of some rows, what else there is to say of them, and their curves.
        func verdict(_ rows: [Int]) -> (list: MetricList, details: [JSONMember], curves: JSONValue) {
            switch self {
            case .classification(let answers, let predictions):
                let metrics = ClassificationMetrics(
                    classes: predictions.classes, labels: answers.labels, truth: answers.truth, predicted: predictions.classPlaces,
                    probabilities: predictions.probabilities, positive: answers.positive, rows: rows)
                var details: [JSONMember] = []
                if let positive = answers.positive { details.append(JSONMember("positive", .string(answers.labels[positive]))) }
                details.append(JSONMember("classes", metrics.byClass))
                return (metrics.list, details, metrics.curves)
            case .regression(let truth, let predicted):
                let chosen = rows.map { truth[$0] }
                let list = RegressionMetrics.list(truth: chosen, predicted: rows.map { predicted[$0] })
                return (list, [], ScoreCurves.residuals(truth: truth, predicted: predicted))
            case .unsupervised(let metrics): return (metrics.list(rows), [], metrics.curves(rows))
            }
        }

        func metrics(_ rows: [Int]) -> MetricList {
            switch self {
            case .classification(let answers, let predictions):
                ClassificationMetrics(
                    classes: predictions.classes, labels: answers.labels, truth: answers.truth, predicted: predictions.classPlaces,
                    probabilities: predictions.probabilities, positive: answers.positive, rows: rows
                ).list
            case .regression(let truth, let predicted):
                RegressionMetrics.list(truth: rows.map { truth[$0] }, predicted: rows.map { predicted[$0] })
            case .unsupervised(let metrics): metrics.list(rows)
            }
        }
    }

    private static func slices(_ names: [String], _ table: Table, _ judge: Judge) throws(LearningError) -> [JSONValue] {
        var result: [JSONValue] = []
        for name in names {
            let column = try FeatureColumn(name, in: table, .option("slices"))
            let (codes, texts) = column.texts()
            if texts.count > mostSlices {
                throw .problem(
                    "too-many-slices", "column '\(name)' has \(texts.count) distinct values; a slice needs one of at most \(mostSlices)")
            }
            for code in -1..<texts.count {
                let rows = codes.indices.filter { Int(codes[$0]) == code }
                if rows.isEmpty { continue }
                let list = judge.metrics(rows)
                let members: [JSONMember] = [
                    JSONMember("column", .string(name)), JSONMember("value", code < 0 ? .null : .string(texts[code])),
                    JSONMember("rows", .integer(rows.count)),
                ]
                result.append(.object(members + list.members + list.notComputed))
            }
        }
        return result
    }
}
