package import Canonical
import Numerics

/// Classes by Bayes' rule with features that are taken to be independent within a class.
///
/// A number is normal with a mean and a variance for each class; a missing one says nothing. A category, missing among them,
/// has a share in each class.
package struct NaiveBayes: Predictor {
    /// The distribution of a number in a class.
    struct Normal: Hashable, Sendable {
        let mean: Double
        let variance: Double
    }

    /// What one feature says.
    enum Part: Hashable, Sendable {
        /// One distribution for each class.
        case number([Normal])
        /// The logarithms of shares, (codes, classes).
        case category([Double])
    }

    /// The share of a feature's whole variance that is added to each class's: where a class hardly varies, a small step would
    /// else settle everything.
    static let varianceShare = 0.1
    static let leastVariance = 1e-300
    /// No single number says more than this against a class.
    private static let leastTerm = -1e15
    private static let logTwoPi = 1.8378770664093453

    /// The logarithm of each class's share of the rows.
    let priors: [Double]
    /// One for each feature.
    let parts: [Part]

    var classCount: Int { priors.count }

    /// All numbers, for a digest.
    var parameters: [Double] {
        parts.reduce(into: priors) { all, part in
            switch part {
            case .number(let normals): all += normals.flatMap { [$0.mean, $0.variance] }
            case .category(let logs): all += logs
            }
        }
    }

    /// The logarithm of each class's probability, up to a constant for the row; (rows, classes).
    // DETERMINISM: priors first, then the features in their order.
    func scores(_ table: FeatureTable, threads: Int) -> [Double] {
        let count = classCount
        let terms = parts.map { part -> [(base: Double, scale: Double, mean: Double)] in
            guard case .number(let normals) = part else { return [] }
            return normals.map { (-0.5 * (Self.logTwoPi + Elementary.log($0.variance)), 0.5 / $0.variance, $0.mean) }
        }
        return [Double](unsafeUninitializedCapacity: table.rowCount * count) { buffer, initialized in
            nonisolated(unsafe) let scores = buffer
            let blocks = (table.rowCount + Dense.blockRows - 1) / Dense.blockRows
            ParallelLoop.run(count: blocks, threads: threads) { block in
                for row in block * Dense.blockRows..<min(table.rowCount, (block + 1) * Dense.blockRows) {
                    for place in 0..<count { scores.initializeElement(at: row * count + place, to: priors[place]) }
                    for feature in parts.indices {
                        switch (parts[feature], table.columns[feature]) {
                        case (.number, .numbers(let values)):
                            let value = values[row]
                            if value.isNaN { continue }
                            for place in 0..<count {
                                let term = terms[feature][place]
                                let distance = value - term.mean
                                scores[row * count + place] += max(term.base - distance * distance * term.scale, Self.leastTerm)
                            }
                        case (.category(let logs), .codes(let codes)):
                            let start = Int(codes[row]) * count
                            for place in 0..<count { scores[row * count + place] += logs[start + place] }
                        default: preconditionFailure("a column is what its feature says")
                        }
                    }
                }
            }
            initialized = table.rowCount * count
        }
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) -> Outputs {
        let scores = scores(rows, threads: threads)
        if classCount > 2 { return .sums(scores) }
        return .sums((0..<rows.rowCount).map { scores[2 * $0 + 1] - scores[2 * $0] })
    }
}

extension NaiveBayes {
    package var members: [JSONMember] { [] }

    package var tensors: [Tensor] {
        var list = [Tensor("priors", [classCount], priors)]
        for (index, part) in parts.enumerated() {
            switch part {
            case .number(let normals):
                list.append(Tensor("features.\(index).mean", [classCount], normals.map(\.mean)))
                list.append(Tensor("features.\(index).variance", [classCount], normals.map(\.variance)))
            case .category(let logs):
                list.append(Tensor("features.\(index).log-share", [logs.count / classCount, classCount], logs))
            }
        }
        return list
    }

    package init(reading source: ModelSource) throws(LearningError) {
        let count = source.classCount
        func logs(_ name: String, _ shape: [Int]) throws(LearningError) -> [Double] {
            let values = try source.tensors.doubles(name, shape)
            guard values.allSatisfy({ -1000 <= $0 && $0 <= 0 }) else {
                throw .damagedModel("'\(name)' holds what is no logarithm of a share")
            }
            return values
        }
        priors = try logs("priors", [count])
        var parts: [Part] = []
        var tensorCount = 1
        for (index, feature) in source.pipeline.features.enumerated() {
            switch feature.kind {
            case .number:
                let means = try source.tensors.doubles("features.\(index).mean", [count])
                let variances = try source.tensors.doubles("features.\(index).variance", [count])
                guard means.allSatisfy({ $0.magnitude <= FeatureColumn.largestNumber }),
                    variances.allSatisfy({ Self.leastVariance <= $0 && $0 <= 1e250 })
                else { throw .damagedModel("a number of feature '\(feature.name)' is out of range") }
                parts.append(.number(zip(means, variances).map { Normal(mean: $0, variance: $1) }))
                tensorCount += 2
            case .category(let profile):
                parts.append(.category(try logs("features.\(index).log-share", [profile.codeCount, count])))
                tensorCount += 1
            case .text, .images: throw .damagedModel("its learner cannot see the feature '\(feature.name)'")
            }
        }
        try source.tensors.expect(count: tensorCount)
        self.parts = parts
    }
}
