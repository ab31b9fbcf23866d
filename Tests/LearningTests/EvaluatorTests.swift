import Canonical
import Diagnostics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Metrics against values found by hand (and checked against scikit-learn 1.9).
@Suite struct EvaluatorTests {
    @Test func `equal scores are one step`() {
        // 0.8+ | 0.6+ 0.6- | 0.4- | 0.2+ 0.2-
        let scores = RankedScores(
            scores: [0.8, 0.6, 0.6, 0.4, 0.2, 0.2], isPositive: [true, true, false, false, true, false])
        #expect(scores.steps.map(\.threshold) == [0.8, 0.6, 0.4, 0.2])
        #expect(scores.steps.map(\.truePositives) == [1, 2, 2, 3])
        #expect(scores.steps.map(\.falsePositives) == [0, 1, 2, 3])
        // Pairs in the right order: 3 + 2.5 + 0.5 of 9.
        #expect(scores.areaUnderCurve == 6.0 / 9)
        // Precision 1, 2/3 and 1/2 at the recalls that it adds.
        #expect(scores.averagePrecision.map { abs($0 - (1 + 2.0 / 3 + 1.0 / 2) / 3) < 1e-15 } == true)
    }

    @Test func `ranks without rows of both kinds have no area`() {
        #expect(RankedScores(scores: [0.5], isPositive: [true]).areaUnderCurve == nil)
        #expect(RankedScores(scores: [0.5], isPositive: [true]).averagePrecision == 1)
        #expect(RankedScores(scores: [], isPositive: []).averagePrecision == nil)
        #expect(RankedScores(scores: [0.5, 0.5], isPositive: [true, false]).areaUnderCurve == 0.5)
    }

    @Test func `a confusion matrix gives precision, recall and F1`() {
        let matrix = ConfusionMatrix(labels: ["a", "b", "c"], truth: [0, 0, 0, 1, 1, 2], predicted: [0, 0, 1, 1, 0, 1])
        #expect(matrix.counts == [[2, 1, 0], [1, 1, 0], [0, 1, 0]])
        #expect(matrix.accuracy == 0.5)
        #expect(matrix.precision(0) == 2.0 / 3 && matrix.recall(0) == 2.0 / 3)
        #expect(matrix.precision(1) == 1.0 / 3 && matrix.recall(1) == 0.5 && matrix.f1(1) == 0.4)
        #expect(matrix.precision(2) == 0 && matrix.recall(2) == 0 && matrix.f1(2) == 0)
        #expect(matrix.macroF1 == (2.0 / 3 + 0.4 + 0) / 3)
    }

    private func metrics(
        truth: [Int], probabilities: [Double], classes: [String] = ["no", "yes"], labels: [String]? = nil, positive: Int? = 1
    ) -> ClassificationMetrics {
        let predictions = Predictions(classes: classes, probabilities: probabilities)
        return ClassificationMetrics(
            classes: classes, labels: labels ?? classes, truth: truth, predicted: predictions.classPlaces, probabilities: probabilities,
            positive: positive, rows: Array(truth.indices))
    }

    @Test func `two classes have all metrics of the positive one`() throws {
        let found = metrics(truth: [0, 1, 1, 0], probabilities: [0.75, 0.25, 0.25, 0.75, 0.5, 0.5, 0.125, 0.875])
        let values = Dictionary(uniqueKeysWithValues: found.list.values.map { ($0.metric, $0.value) })
        // Predicted: no, yes, no (the first of equal ones), yes.
        #expect(values[.accuracy] == 0.5 && values[.precision] == 0.5 && values[.recall] == 0.5 && values[.f1] == 0.5)
        #expect(values[.macroF1] == 0.5)
        #expect(values[.rocAUC] == 0.5)
        // Scores of yes, descending: 0.875-, 0.75+, 0.5+, 0.25-.
        #expect(values[.averagePrecision] == (0.5 + 2.0 / 3) / 2)
        let logLoss = try #require(values[.logLoss])
        // -log(0.75 · 0.75 · 0.5 · 0.125) / 4
        #expect(abs(logLoss - 0.8369882167858358) < 1e-15)
        #expect(found.list.reasons.isEmpty)
    }

    @Test func `a certain mistake costs a finite loss`() {
        let found = metrics(truth: [0], probabilities: [0, 1])
        // 52 ln 2
        #expect(abs(found.logLoss - 36.04365338911715) < 1e-12)
    }

    @Test func `what one class leaves undefined has a reason instead of a value`() {
        let list = metrics(truth: [0, 0], probabilities: [0.75, 0.25, 0.25, 0.75]).list
        #expect(list.values.map(\.metric) == [.accuracy, .logLoss, .macroF1])
        #expect(list.reasons.map(\.metric) == [.precision, .recall, .f1, .rocAUC, .averagePrecision])
        #expect(list.reasons.allSatisfy { $0.reason == "no row is of class 'yes'" })
        let other = metrics(truth: [1, 1], probabilities: [0.75, 0.25, 0.25, 0.75]).list
        #expect(other.reasons.map(\.reason) == ["every row is of class 'yes'"])
    }

    @Test func `several classes have the mean area of each against the rest`() {
        let found = metrics(
            truth: [0, 1, 2, 0], probabilities: [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.5, 0.25, 0.25, 0.75, 0.125, 0.125],
            classes: ["a", "b", "c"], positive: nil)
        let values = Dictionary(uniqueKeysWithValues: found.list.values.map { ($0.metric, $0.value) })
        // Against the rest: a 3.5 of 4 pairs, b 3 of 3, c 2 of 3 (two equal scores, one lower).
        #expect(values[.rocAUC] == (3.5 / 4 + 1 + 2.0 / 3) / 3)
        #expect(values[.accuracy] == 0.75)
    }

    @Test func `numbers have errors and a share of the variance`() {
        let list = RegressionMetrics.list(truth: [1, 2, 3, 6], predicted: [1, 2, 5, 6])
        #expect(list.values.map(\.metric) == [.rmse, .mae, .r2])
        #expect(list.values.map(\.value) == [1, 0.5, 1 - 4.0 / 14])
        let same = RegressionMetrics.list(truth: [2, 2], predicted: [1, 2])
        #expect(same.reasons.map(\.metric) == [.r2])
        let huge = RegressionMetrics.list(truth: [1e100, 0], predicted: [1e300, 0])
        #expect(huge.reasons.map(\.metric) == [.rmse, .r2])
    }

    private let rows = "x,site,y\n1,n,u\n2,n,u\n3,s,v\n4,s,v\n5,,v\n6,n,u\n"

    private func model() throws -> TrainedModel {
        try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "logistic"))
    }

    @Test func `slices have the metrics of their rows`() throws {
        let metrics = try Samples.metrics(try model(), on: try Samples.table(rows), ["slices": ["site"]])
        let slices = try #require(metrics["slices"]?.arrayValue)
        #expect(slices.map { $0["value"] } == [.null, "n", "s"])
        #expect(slices.map { $0["rows"] } == [1, 3, 2])
        #expect(slices[1]["notComputed"]?.arrayValue?.first?["metric"] == "precision")
        #expect(metrics["rows"] == 6 && metrics["positive"] == "v")
    }

    @Test func `a class that training never saw counts against the model`() throws {
        let metrics = try Samples.metrics(try model(), on: try Samples.table("x,site,y\n1,n,u\n4,s,v\n9,n,w\n"))
        #expect(metrics["accuracy"]?.numberValue == 2.0 / 3)
        #expect(metrics["classes"]?.arrayValue?.map { $0["class"] } == ["u", "v", "w"])
    }

    @Test func `a positive class must be one of the model's`() throws {
        let other = try Samples.metrics(try model(), on: try Samples.table(rows), ["positive": "u"])
        #expect(other["positive"] == "u")
        #expect(throws: LearningError.self) { try Samples.metrics(try model(), on: try Samples.table(rows), ["positive": "w"]) }
        #expect(throws: LearningError.self) { try Samples.metrics(try model(), on: try Samples.table("x,site,y\n1,n,\n")) }
        #expect(throws: LearningError.self) { try Samples.metrics(try model(), on: try Samples.table(rows), ["slices": ["nowhere"]]) }
    }

    @Test func `curves have the points of every threshold`() throws {
        let evaluation = try Evaluator.evaluate(
            try model(), on: try Samples.table(rows), options: try EvaluationOptions(.object([])))
        let roc = try #require(evaluation.curves["roc"]?.arrayValue)
        #expect(roc.first?["truePositiveRate"]?.numberValue == 0 && roc.last?["truePositiveRate"]?.numberValue == 1)
        #expect(evaluation.curves["precisionRecall"]?.arrayValue?.last?["recall"]?.numberValue == 1)
        #expect(evaluation.curves["confusion"]?["labels"] == ["u", "v"])
        let intervals = try #require(evaluation.curves["calibration"]?["intervals"]?.arrayValue)
        #expect(intervals.reduce(0) { $0 + ($1["rows"]?.integerValue ?? 0) } == 6)
        #expect(String(decoding: evaluation.predictions, as: UTF8.self).hasPrefix("y,prediction,probability_u,probability_v\nu,"))
    }
}
