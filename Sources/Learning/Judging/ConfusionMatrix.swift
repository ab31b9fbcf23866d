/// How often rows of each class were taken for each class.
struct ConfusionMatrix: Sendable {
    /// The model's classes, then those that only the rows have, sorted by bytes.
    let labels: [String]
    /// Rows of class i that were taken for class j, (labels, labels).
    let counts: [[Int]]

    /// - Parameters:
    ///   - truth: For each row the place of its class in `labels`.
    ///   - predicted: For each row the place of the predicted class in `labels`.
    init(labels: [String], truth: [Int], predicted: [Int]) {
        self.labels = labels
        var counts = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
        for (truth, predicted) in zip(truth, predicted) { counts[truth][predicted] += 1 }
        self.counts = counts
    }

    var rowCount: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The share of rows on the diagonal.
    var accuracy: Double {
        Double(labels.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(rowCount)
    }

    /// Rows of a class, and rows taken for it.
    func totals(_ label: Int) -> (truth: Int, predicted: Int) {
        (counts[label].reduce(0, +), counts.reduce(0) { $0 + $1[label] })
    }

    /// The share of rows taken for the class that are of it; 0 when none is taken for it.
    func precision(_ label: Int) -> Double {
        let predicted = totals(label).predicted
        return predicted == 0 ? 0 : Double(counts[label][label]) / Double(predicted)
    }

    /// The share of the class's rows that are taken for it; 0 when it has none.
    func recall(_ label: Int) -> Double {
        let truth = totals(label).truth
        return truth == 0 ? 0 : Double(counts[label][label]) / Double(truth)
    }

    /// The harmonic mean of precision and recall; 0 when the class neither has rows nor is predicted.
    func f1(_ label: Int) -> Double {
        let (truth, predicted) = totals(label)
        return truth + predicted == 0 ? 0 : 2 * Double(counts[label][label]) / Double(truth + predicted)
    }

    /// The mean F1 of the classes that have rows or are predicted.
    var macroF1: Double {
        let present = labels.indices.filter { totals($0) != (0, 0) }
        return present.reduce(0) { $0 + f1($1) } / Double(present.count)
    }
}
