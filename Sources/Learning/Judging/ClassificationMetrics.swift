import Canonical
import Numerics
import StageKinds

/// Metrics and curves of classes predicted for rows whose classes are known.
struct ClassificationMetrics: Sendable {
    /// A probability nearer to 0 or 1 than this counts as this near, so that one row cannot make the log loss infinite.
    static let smallestProbability = 0x1p-52

    let classes: [String]
    let confusion: ConfusionMatrix
    /// For each row the place of its class in the confusion matrix's labels; past the model's classes for one it does not know.
    private let truth: [Int]
    private let predicted: [Int]
    /// (rows, classes)
    private let probabilities: [Double]
    /// The class that counts as found.
    private let positive: Int?

    /// - Parameters:
    ///   - labels: The model's classes, then others that rows have.
    ///   - positive: For two classes, and whenever somebody names one.
    ///   - rows: The rows to look at, at least one.
    init(
        classes: [String], labels: [String], truth: [Int], predicted: [Int], probabilities: [Double], positive: Int?, rows: [Int]
    ) {
        self.classes = classes
        self.truth = rows.map { truth[$0] }
        self.predicted = rows.map { predicted[$0] }
        self.positive = positive
        self.probabilities = rows.flatMap { probabilities[$0 * classes.count..<($0 + 1) * classes.count] }
        confusion = ConfusionMatrix(labels: labels, truth: self.truth, predicted: self.predicted)
    }

    private func ranked(_ label: Int) -> RankedScores {
        RankedScores(
            scores: truth.indices.map { probabilities[$0 * classes.count + label] }, isPositive: truth.map { $0 == label })
    }

    /// The mean negative logarithm of the probability given to the right class; 0 is the probability of an unknown class.
    var logLoss: Double {
        let losses = truth.indices.map { row -> Double in
            let probability = truth[row] < classes.count ? probabilities[row * classes.count + truth[row]] : 0
            return -Elementary.log(min(max(probability, Self.smallestProbability), 1 - Self.smallestProbability))
        }
        return Reduction.mean(losses)
    }

    var list: MetricList {
        var list = MetricList()
        list.add(.accuracy, confusion.accuracy, else: "")
        list.add(.logLoss, logLoss, else: "")
        list.add(.macroF1, confusion.macroF1, else: "")
        if let positive {
            let isPresent = confusion.totals(positive).truth > 0
            let reason = "no row is of class '\(classes[positive])'"
            let scores = ranked(positive)
            list.add(.precision, isPresent ? confusion.precision(positive) : nil, else: reason)
            list.add(.recall, isPresent ? confusion.recall(positive) : nil, else: reason)
            list.add(.f1, isPresent ? confusion.f1(positive) : nil, else: reason)
            list.add(.rocAUC, scores.areaUnderCurve, else: isPresent ? "every row is of class '\(classes[positive])'" : reason)
            list.add(.averagePrecision, scores.averagePrecision, else: reason)
        } else {
            let areas = classes.indices.map { ranked($0).areaUnderCurve }
            let undefined = areas.firstIndex { $0 == nil }
            let mean = Reduction.mean(areas.compactMap { $0 })
            list.add(
                .rocAUC, undefined == nil ? mean : nil, else: "not all rows and not none must be of class '\(classes[undefined ?? 0])'")
        }
        return list
    }

    /// For each class its precision, recall, F1 and rows.
    var byClass: JSONValue {
        .array(
            confusion.labels.indices.map { label in
                .object([
                    JSONMember("class", .string(confusion.labels[label])),
                    JSONMember(Metric.precision.rawValue, .number(confusion.precision(label))),
                    JSONMember(Metric.recall.rawValue, .number(confusion.recall(label))),
                    JSONMember(Metric.f1.rawValue, .number(confusion.f1(label))),
                    JSONMember("rows", .integer(confusion.totals(label).truth)),
                ])
            })
    }

    /// The confusion matrix and the calibration, and for a positive class the curves over its score.
    var curves: JSONValue {
        var members = [
            JSONMember("version", 1),
            JSONMember(
                "confusion",
                .object([
                    JSONMember("labels", .array(confusion.labels.map(JSONValue.string))),
                    JSONMember("counts", .array(confusion.counts.map { .array($0.map(JSONValue.integer)) })),
                ])),
        ]
        if let positive {
            let scores = ranked(positive)
            members.append(JSONMember("positive", .string(classes[positive])))
            members.append(JSONMember("roc", ScoreCurves.roc(scores)))
            members.append(JSONMember("precisionRecall", ScoreCurves.precisionRecall(scores)))
        }
        members.append(JSONMember("calibration", calibration))
        return .object(members)
    }

    /// In ten equal intervals of a probability: how many rows it was given to, its mean, and the share where it came true.
    ///
    /// The probability is the positive class's where there is one, else that of each row's predicted class.
    private var calibration: JSONValue {
        let intervals = 10
        var rows = [[Double]](repeating: [], count: intervals)
        var hits = [Int](repeating: 0, count: intervals)
        for row in truth.indices {
            let label = positive ?? predicted[row]
            let probability = probabilities[row * classes.count + label]
            let interval = min(intervals - 1, Int(probability * Double(intervals)))
            rows[interval].append(probability)
            if truth[row] == label { hits[interval] += 1 }
        }
        var list: [JSONValue] = []
        for interval in 0..<intervals where !rows[interval].isEmpty {
            let count = rows[interval].count
            let members: [JSONMember] = [
                JSONMember("from", .number(Double(interval) / Double(intervals))),
                JSONMember("to", .number(Double(interval + 1) / Double(intervals))),
                JSONMember("rows", .integer(count)),
                JSONMember("meanProbability", .number(Reduction.mean(rows[interval]))),
                JSONMember("share", .number(Double(hits[interval]) / Double(count))),
            ]
            list.append(.object(members))
        }
        let what = positive == nil ? "predicted class" : "positive class"
        return .object([JSONMember("of", .string(what)), JSONMember("intervals", .array(list))])
    }
}
