import Numerics

/// Fits the weights of logistic regression: of two classes with one output, of more by softmax with one for each.
enum LogisticRegression {
    struct Fit: Sendable {
        let weights: LinearWeights
        let iterations: Int
        let isConverged: Bool
    }

    /// Minimises the sum of the log losses and the penalty, from all weights zero.
    ///
    /// - Parameters:
    ///   - codes: For each row of the table its class, from 0.
    ///   - rowWeights: How much each row's loss counts; nil where all count 1.
    /// - Throws: ``LearningError/cancelled``, or ``LearningError/diagnostics(_:)`` when the design would not fit into memory.
    static func fit(
        _ table: FeatureTable, _ layout: DesignLayout, codes: [Int32], classCount: Int, rowWeights: [Double]? = nil,
        _ penalty: PenaltyOptions, maxIterations: Int, threads: Int, observer: TrainingObserver
    ) throws(LearningError) -> Fit {
        let counted = rowWeights.map { Reduction.sum($0) } ?? Double(table.rowCount)
        let report = { (iteration: Int, total: Double, point: [Double]) throws(LearningError) in
            try observer.check()
            observer.progress(
                TrainingStep(
                    round: iteration, total: nil, loss: total / counted, validationLoss: nil,
                    digest: LinearWeights.digest(point)))
        }
        if classCount == 2, penalty.lasso == 0, layout.sparse.isEmpty, layout.columns.count < LogisticNewton.mostColumns {
            let newton = LogisticNewton(
                rows: DesignRows(table, layout), codes: codes, rowWeights: rowWeights, ridge: penalty.ridge, threads: threads)
            if let result = try newton.minimise(maxIterations: maxIterations, check: observer.check, onStep: report) {
                return Fit(result, outputCount: 1)
            }
        }
        let loss = LogisticLoss(
            design: try DesignMatrix(table, layout, threads: threads), codes: codes, classCount: classCount, rowWeights: rowWeights,
            ridge: penalty.ridge, threads: threads)
        if loss.design.sparse != nil, penalty.lasso == 0 {
            let result = try TruncatedNewton(loss: loss, maxIterations: maxIterations).minimise(onStep: report)
            return Fit(result, outputCount: loss.outputCount)
        }
        let solver = QuasiNewton(
            lasso: loss.penalised.map { $0 ? penalty.lasso : 0 }, maxIterations: maxIterations, check: observer.check,
            evaluate: { loss.value(at: $0) })
        let result = try solver.minimise(from: [Double](repeating: 0, count: loss.penalised.count), onStep: report)
        return Fit(result, outputCount: loss.outputCount)
    }
}

extension LogisticRegression.Fit {
    fileprivate init(_ result: QuasiNewton.Result, outputCount: Int) {
        self.init(
            weights: LinearWeights(outputCount: outputCount, elements: result.point), iterations: result.iterations,
            isConverged: result.isConverged)
    }
}

/// The sum of log losses, with half the squared weights, as a function of the weights.
struct LogisticLoss: Sendable {
    let design: DesignMatrix
    /// The design's sparse columns as rows.
    let sparseColumns: SparseMatrix?
    let codes: [Int32]
    let classCount: Int
    /// How much each row counts; nil where all count 1.
    let rowWeights: [Double]?
    let ridge: Double
    let threads: Int

    init(
        design: DesignMatrix, codes: [Int32], classCount: Int, rowWeights: [Double]? = nil, ridge: Double, threads: Int
    ) {
        self.design = design
        sparseColumns = design.sparse?.transposed()
        self.codes = codes
        self.classCount = classCount
        self.rowWeights = rowWeights
        self.ridge = ridge
        self.threads = threads
    }

    var outputCount: Int { classCount == 2 ? 1 : classCount }

    /// For each weight, (columns, outputs), whether penalties count it: all but the intercepts.
    var penalised: [Bool] {
        let count = design.weightCount * outputCount
        return (0..<count).map { $0 < count - outputCount }
    }

    private static let blockRows = 1024
    /// With one output and no more columns than this, a single pass computes all.
    private static let mostColumnsOfOnePass = 1024

    /// The loss and its gradient at weights of shape (columns, outputs).
    func value(at point: [Double]) -> QuasiNewton.Value {
        if outputCount == 1, design.sparse == nil, design.width <= Self.mostColumnsOfOnePass {
            let sums = LogisticSums(
                design.elements, rows: design.rows, columns: design.width,
                weights: LinearWeights(outputCount: 1, elements: point).elements, codes: codes, rowWeights: rowWeights,
                withCurvature: false, threads: threads)
            return Self.penalised(sums.loss, sums.gradient, at: point, outputCount: 1, ridge: ridge)
        }
        var residuals = LinearWeights(outputCount: outputCount, elements: point).sums(design, threads: threads)
        let outputs = outputCount
        let losses = residuals.withUnsafeMutableBufferPointer { buffer -> [Double] in
            nonisolated(unsafe) let residuals = buffer
            let blocks = (design.rows + Self.blockRows - 1) / Self.blockRows
            let parts = ParallelLoop.map(count: blocks, threads: threads) { block in
                let rows = block * Self.blockRows..<min(design.rows, (block + 1) * Self.blockRows)
                let scores = UnsafeMutableBufferPointer(rebasing: residuals[rows.lowerBound * outputs..<rows.upperBound * outputs])
                var losses = outputs == 1 ? oneOutput(scores, codes[rows]) : softmax(scores, codes[rows])
                if let weights = rowWeights?[rows] {
                    for (row, weight) in weights.enumerated() {
                        losses[row] *= weight
                        for place in row * outputs..<(row + 1) * outputs { scores[place] *= weight }
                    }
                }
                return losses
            }
            return parts.flatMap { $0 }
        }
        return Self.penalised(Reduction.sum(losses), columnSums(residuals), at: point, outputCount: outputs, ridge: ridge)
    }

    /// A loss and its gradient with the penalty.
    static func penalised(
        _ loss: Double, _ gradient: [Double], at point: [Double], outputCount: Int, ridge: Double
    ) -> QuasiNewton.Value {
        var gradient = gradient
        let weights = Array(point[..<(point.count - outputCount)])
        for index in weights.indices { gradient[index] += ridge * weights[index] }
        return (loss + ridge / 2 * Reduction.dot(weights, weights), gradient)
    }

    /// For each weight the sum over rows of the column's elements times the row's `terms`, (rows, outputs).
    private func columnSums(_ terms: [Double]) -> [Double] {
        let sums = Dense.transposedMultiply(
            design.elements, rows: design.rows, columns: design.width, by: terms, width: outputCount, threads: threads)
        guard let sparseColumns else { return sums }
        let last = sums.count - outputCount
        return Array(sums[..<last]) + sparseColumns.multiply(terms, width: outputCount, threads: threads) + sums[last...]
    }

    /// The probability of each output's class, (rows, outputs); of two classes that of the second.
    func probabilities(at point: [Double]) -> [Double] {
        var scores = LinearWeights(outputCount: outputCount, elements: point).sums(design, threads: threads)
        let outputs = outputCount
        scores.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let scores = buffer
            ParallelLoop.run(count: (design.rows + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                var row = [Double](repeating: 0, count: outputs)
                for index in block * Self.blockRows..<min(design.rows, (block + 1) * Self.blockRows) {
                    if outputs == 1 {
                        scores[index] = Elementary.sigmoid(scores[index])
                        continue
                    }
                    for output in 0..<outputs { row[output] = scores[index * outputs + output] }
                    _ = Softmax.normalise(&row)
                    for output in 0..<outputs { scores[index * outputs + output] = row[output] }
                }
            }
        }
        return scores
    }

    /// The curvature at the point of these probabilities, times a direction of shape (columns, outputs).
    func curvature(along direction: [Double], _ probabilities: [Double]) -> [Double] {
        var terms = LinearWeights.sums(design, direction, outputCount: outputCount, threads: threads)
        let outputs = outputCount
        terms.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let terms = buffer
            probabilities.withUnsafeBufferPointer { buffer in
                nonisolated(unsafe) let shares = buffer
                ParallelLoop.run(count: (design.rows + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                    for row in block * Self.blockRows..<min(design.rows, (block + 1) * Self.blockRows) {
                        if outputs == 1 {
                            terms[row] *= shares[row] * (1 - shares[row])
                            continue
                        }
                        var mean = 0.0
                        for place in row * outputs..<(row + 1) * outputs { mean += shares[place] * terms[place] }
                        for place in row * outputs..<(row + 1) * outputs { terms[place] = shares[place] * (terms[place] - mean) }
                    }
                }
            }
        }
        weigh(&terms)
        var change = columnSums(terms)
        let penalised = change.count - outputs
        change.withUnsafeMutableBufferPointer { change in
            direction.withUnsafeBufferPointer { direction in
                for index in 0..<penalised { change[index] += ridge * direction[index] }
            }
        }
        return change
    }

    /// The losses of some rows; their scores become residuals.
    private func oneOutput(_ scores: UnsafeMutableBufferPointer<Double>, _ codes: ArraySlice<Int32>) -> [Double] {
        var losses = zip(scores, codes).map { score, code in code == 1 ? -score : score }
        Elementwise.apply(.softplus, to: &losses)
        Elementwise.apply(.sigmoid, to: scores)
        for (row, code) in codes.enumerated() { scores[row] -= Double(code) }
        return losses
    }

    /// The same with an output for each class; the scores are (rows, outputs).
    private func softmax(_ scores: UnsafeMutableBufferPointer<Double>, _ codes: ArraySlice<Int32>) -> [Double] {
        let outputs = outputCount
        var largests = [Double](repeating: 0, count: codes.count)
        var owns = largests
        for (row, code) in codes.enumerated() {
            let part = scores[row * outputs..<(row + 1) * outputs]
            var largest = part[part.startIndex]
            for score in part where score > largest { largest = score }
            largests[row] = largest
            owns[row] = part[part.startIndex + Int(code)]
            for place in part.indices { scores[place] -= largest }
        }
        Elementwise.apply(.exp, to: scores)
        var sums = [Double](repeating: 0, count: codes.count)
        for (row, code) in codes.enumerated() {
            let places = row * outputs..<(row + 1) * outputs
            for place in places { sums[row] += scores[place] }
            for place in places { scores[place] /= sums[row] }
            scores[places.lowerBound + Int(code)] -= 1
        }
        Elementwise.apply(.log, to: &sums)
        return sums.indices.map { (largests[$0] + sums[$0]) - owns[$0] }
    }

    /// Multiplies each row's terms, (rows, outputs), by what the row counts.
    func weigh(_ terms: inout [Double]) {
        guard let rowWeights else { return }
        for row in rowWeights.indices {
            for place in row * outputCount..<(row + 1) * outputCount { terms[place] *= rowWeights[row] }
        }
    }
}
