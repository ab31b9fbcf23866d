import Canonical
import Numerics

/// The settings of `naive-bayes`.
struct NaiveBayesSettings: LearnerSettings {
    let smoothing: Double

    init(_ values: OptionValues) throws(LearningError) {
        smoothing = try values.number("smoothing")
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        guard case .classes(let codes, let classes) = problem.target else { preconditionFailure("naive Bayes' task is classification") }
        let rows = ClassifiedRows(codes: codes, classCount: classes.count, weights: problem.rowWeights)
        let total = Reduction.sum(rows.totals)
        let priors = rows.totals.map { Elementary.log($0 / total) }
        let (table, pipeline, smoothing) = (problem.features, problem.pipeline, smoothing)
        let parts = ParallelLoop.map(count: table.columns.count, threads: problem.threads) { index -> NaiveBayes.Part in
            switch (table.columns[index], pipeline.features[index].kind) {
            case (.numbers(let values), .number(let profile)): .number(rows.normals(values, profile))
            case (.codes(let values), .category(let profile)):
                .category(rows.logShares(values, count: profile.codeCount, smoothing: smoothing))
            default: preconditionFailure("a column is what its feature says")
            }
        }
        let model = NaiveBayes(priors: priors, parts: parts)
        let scores = model.scores(table, threads: problem.threads)
        problem.observer.progress(
            TrainingStep(
                round: 1, total: 1, loss: rows.meanLoss(scores), validationLoss: nil, digest: LinearWeights.digest(model.parameters)))
        return .naiveBayes(model)
    }
}

/// Training rows by class, each with its weight.
private struct ClassifiedRows: Sendable {
    let codes: [Int32]
    let classCount: Int
    let weights: [Double]?
    /// The weights of each class's rows, summed.
    let totals: [Double]

    init(codes: [Int32], classCount: Int, weights: [Double]?) {
        self.codes = codes
        self.classCount = classCount
        self.weights = weights
        var totals = [Double](repeating: 0, count: classCount)
        for row in codes.indices { totals[Int(codes[row])] += weights?[row] ?? 1 }
        self.totals = totals
    }

    /// Mean and variance of the numbers present, class by class; those of all rows where a class has none.
    // DETERMINISM: rows ascending, one chain for each class.
    func normals(_ values: [Double], _ profile: NumberProfile) -> [NaiveBayes.Normal] {
        var counts = [Double](repeating: 0, count: classCount)
        var sums = counts
        for row in values.indices where !values[row].isNaN {
            let weight = weights?[row] ?? 1
            counts[Int(codes[row])] += weight
            sums[Int(codes[row])] += weight * values[row]
        }
        let means = counts.indices.map { counts[$0] > 0 ? sums[$0] / counts[$0] : profile.mean }
        var squares = [Double](repeating: 0, count: classCount)
        for row in values.indices where !values[row].isNaN {
            let place = Int(codes[row])
            let distance = values[row] - means[place]
            squares[place] += (weights?[row] ?? 1) * (distance * distance)
        }
        let whole = profile.deviation * profile.deviation
        return counts.indices.map { place in
            let variance = counts[place] > 0 ? squares[place] / counts[place] : whole
            return NaiveBayes.Normal(
                mean: means[place] + 0, variance: max(variance + NaiveBayes.varianceShare * whole, NaiveBayes.leastVariance))
        }
    }

    /// For each code and class the logarithm of the share of the class's rows that have the code, (codes, classes).
    func logShares(_ values: [Int32], count: Int, smoothing: Double) -> [Double] {
        var sums = [Double](repeating: smoothing, count: count * classCount)
        for row in values.indices { sums[Int(values[row]) * classCount + Int(codes[row])] += weights?[row] ?? 1 }
        let wholes = totals.map { $0 + smoothing * Double(count) }
        return sums.indices.map { Elementary.log(sums[$0] / wholes[$0 % classCount]) }
    }

    /// The mean log loss of scores, (rows, classes).
    func meanLoss(_ scores: [Double]) -> Double {
        var losses: [Double] = []
        losses.reserveCapacity(codes.count)
        var row = [Double](repeating: 0, count: classCount)
        for index in codes.indices {
            for place in 0..<classCount { row[place] = scores[index * classCount + place] }
            let own = row[Int(codes[index])]
            losses.append((Softmax.normalise(&row) - own) * (weights?[index] ?? 1))
        }
        return Reduction.sum(losses) / Reduction.sum(totals)
    }
}
