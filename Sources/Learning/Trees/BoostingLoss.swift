import Numerics

/// What boosting makes small, with its derivatives by the sums of the trees.
struct BoostingLoss: Sendable {
    enum Kind: Sendable {
        /// Half the squared error; one output.
        case squared(targets: [Double])
        /// Log loss of two classes, coded 0 and 1; one output, the log odds of class 1.
        case logistic(codes: [Int32])
        /// Log loss of several classes; one output for each.
        case softmax(codes: [Int32], classCount: Int)
    }

    let kind: Kind
    /// How much each row counts, not negative; nil when all count alike.
    let weights: [Double]?

    init(_ kind: Kind, weights: [Double]? = nil) {
        self.kind = kind
        self.weights = weights
    }

    var outputCount: Int {
        switch kind {
        case .squared, .logistic: 1
        case .softmax(_, let classCount): classCount
        }
    }

    /// The sums before the first tree: what fits best without any feature.
    var baselines: [Double] {
        switch kind {
        case .squared(let targets):
            guard let weights else { return [Reduction.mean(targets) + 0] }
            return [Reduction.dot(weights, targets) / max(Reduction.sum(weights), .leastNormalMagnitude) + 0]
        case .logistic(let codes):
            let counts = classWeights(codes, 2)
            return [Elementary.log(counts[1] / counts[0]) + 0]
        case .softmax(let codes, let classCount):
            let logs = classWeights(codes, classCount).map(Elementary.log)
            let mean = Reduction.mean(logs)
            return logs.map { $0 - mean + 0 }
        }
    }

    /// What the rows of each class weigh together; never nothing, so that its logarithm is a number.
    private func classWeights(_ codes: [Int32], _ classCount: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: classCount)
        for (row, code) in codes.enumerated() { sums[Int(code)] += weights?[row] ?? 1 }
        return sums.map { max($0, 1e-12) }
    }

    /// Rows whose derivatives are computed by one thread at a time.
    private static let blockRows = 4096

    /// Fixed-point numbers that hold the derivatives at `sums` (outputs, rows).
    private func fixedPoint(_ sums: [Double], rowCount: Int) -> FixedPoint {
        let heaviest = weights.map { $0.reduce(0) { max($0, $1) } }
        switch kind {
        case .squared(let targets):
            var largest = 0.0
            for row in 0..<rowCount { largest = max(largest, (sums[row] - targets[row]).magnitude) }
            return FixedPoint(
                rowCount: rowCount, largestGradient: largest * (heaviest ?? 1), largestHessian: heaviest ?? 1, isConstant: weights == nil)
        case .logistic, .softmax:
            return FixedPoint(rowCount: rowCount, largestGradient: heaviest ?? 1, largestHessian: (heaviest ?? 1) / 4)
        }
    }

    /// Computes the derivatives at `sums` (outputs, rows) into `table`, and gives the mean loss there.
    func derive(_ sums: [Double], into table: DerivativeTable, threads: Int) -> (fixed: FixedPoint, loss: Double) {
        let rowCount = sums.count / outputCount
        let fixed = fixedPoint(sums, rowCount: rowCount)
        nonisolated(unsafe) let (fine, words) = (table.fine, table.words)
        let loss = mean(sums, threads: threads) { place, gradient, hessian in
            let pair = fixed.fine(gradient: gradient, hessian: hessian)
            fine[place] = pair
            words[place] = fixed.word(pair)
        }
        return (fixed, loss)
    }

    /// The mean loss at `sums` (outputs, rows).
    func mean(_ sums: [Double], threads: Int) -> Double {
        mean(sums, threads: threads) { _, _, _ in }
    }

    /// The mean loss at `sums`; `visit` is told of the derivatives at each place of `sums`.
    @inline(__always)
    private func mean(_ sums: [Double], threads: Int, _ visit: @Sendable (_ place: Int, _ gradient: Double, _ hessian: Double) -> Void)
        -> Double
    {
        let rowCount = sums.count / outputCount
        let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
        let parts = ParallelLoop.map(count: blocks, threads: threads) { block in
            let rows = block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows)
            switch kind {
            case .squared(let targets): return squared(rows, sums, targets, visit)
            case .logistic(let codes): return logistic(rows, sums, codes, visit)
            case .softmax(let codes, let classCount): return softmax(rows, sums, codes, classCount, visit)
            }
        }
        return Reduction.sum(parts) / (weights.map { max(Reduction.sum($0), .leastNormalMagnitude) } ?? Double(rowCount))
    }

    @inline(__always)
    private func squared(_ rows: Range<Int>, _ sums: [Double], _ targets: [Double], _ visit: (Int, Double, Double) -> Void) -> Double {
        var losses = [Double](repeating: 0, count: rows.count)
        for row in rows {
            let error = sums[row] - targets[row]
            let weight = weights?[row] ?? 1
            losses[row - rows.lowerBound] = weight * (error * error / 2)
            visit(row, weight * error, weight)
        }
        return Reduction.sum(losses)
    }

    /// A smaller probability's logarithm is minus the margin; the product of eight larger ones is a normal number.
    private static let leastFactor = 1e-30

    @inline(__always)
    private func logistic(_ rows: Range<Int>, _ sums: [Double], _ codes: [Int32], _ visit: (Int, Double, Double) -> Void) -> Double {
        var losses = [Double](repeating: 0, count: rows.count)
        // The probability of each row's own class, which keeps its digits where it is small.
        var owns = rows.map { codes[$0] == 1 ? sums[$0] : -sums[$0] }
        Elementwise.apply(.sigmoid, to: &owns)
        var product = 1.0
        for row in rows {
            let place = row - rows.lowerBound
            let isOne = codes[row] == 1
            let margin = isOne ? sums[row] : -sums[row]
            let own = owns[place]
            let other = 1 - own
            if let weights {
                visit(row, weights[row] * (isOne ? -other : other), weights[row] * (own * other))
                losses[place] = weights[row] * (own < Self.leastFactor ? -margin : -Elementary.log(own))
                continue
            }
            visit(row, isOne ? -other : other, own * other)
            if own < Self.leastFactor { losses[place] = -margin } else { product *= own }
            // One logarithm of eight probabilities' product is the sum of eight logarithms.
            if place % 8 == 7 || row + 1 == rows.upperBound {
                losses[place] -= Elementary.log(product)
                product = 1
            }
        }
        return Reduction.sum(losses)
    }

    @inline(__always)
    private func softmax(
        _ rows: Range<Int>, _ sums: [Double], _ codes: [Int32], _ classCount: Int, _ visit: (Int, Double, Double) -> Void
    ) -> Double {
        let rowCount = sums.count / classCount
        var losses = [Double](repeating: 0, count: rows.count)
        var scores = [Double](repeating: 0, count: classCount)
        for row in rows {
            for output in 0..<classCount { scores[output] = sums[output * rowCount + row] }
            let own = scores[Int(codes[row])]
            let weight = weights?[row] ?? 1
            losses[row - rows.lowerBound] = weight * (Softmax.normalise(&scores) - own)
            for output in 0..<classCount {
                let probability = scores[output]
                let gradient = probability - (Int(codes[row]) == output ? 1 : 0)
                visit(output * rowCount + row, weight * gradient, weight * (probability * (1 - probability)))
            }
        }
        return Reduction.sum(losses)
    }
}

/// Scores of several classes turned into probabilities.
enum Softmax {
    /// Replaces scores by probabilities, and gives the logarithm of the sum of the scores' exponentials.
    static func normalise(_ scores: inout [Double]) -> Double {
        var largest = scores[0]
        for score in scores where score > largest { largest = score }
        var sum = 0.0
        for place in scores.indices {
            scores[place] = Elementary.exp(scores[place] - largest)
            sum += scores[place]
        }
        for place in scores.indices { scores[place] /= sum }
        return largest + Elementary.log(sum)
    }
}
