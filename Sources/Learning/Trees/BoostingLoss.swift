import Numerics

/// What boosting makes small, with its derivatives by the sums of the trees.
enum BoostingLoss: Sendable {
    /// Half the squared error; one output.
    case squared(targets: [Double])
    /// Log loss of two classes, coded 0 and 1; one output, the log odds of class 1.
    case logistic(codes: [Int32])
    /// Log loss of several classes; one output for each.
    case softmax(codes: [Int32], classCount: Int)

    var outputCount: Int {
        switch self {
        case .squared, .logistic: 1
        case .softmax(_, let classCount): classCount
        }
    }

    /// The sums before the first tree: what fits best without any feature.
    var baselines: [Double] {
        switch self {
        case .squared(let targets): return [Reduction.mean(targets) + 0]
        case .logistic(let codes):
            let positive = codes.count { $0 == 1 }
            return [Elementary.log(Double(positive) / Double(codes.count - positive)) + 0]
        case .softmax(let codes, let classCount):
            var counts = [Int](repeating: 0, count: classCount)
            for code in codes { counts[Int(code)] += 1 }
            let logs = counts.map { Elementary.log(Double($0) / Double(codes.count)) }
            let mean = Reduction.mean(logs)
            return logs.map { $0 - mean + 0 }
        }
    }

    /// Rows whose derivatives are computed by one thread at a time.
    private static let blockRows = 4096

    /// The derivatives at `sums` (outputs, rows), as fixed-point pairs in the same shape.
    func derivatives(_ sums: [Double], into pairs: UnsafeMutablePointer<FixedPoint.Pair>, threads: Int) -> FixedPoint {
        nonisolated(unsafe) let pairs = pairs
        let rowCount = sums.count / outputCount
        let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
        func forEachRow(_ body: @Sendable (Int) -> Void) {
            ParallelLoop.run(count: blocks, threads: threads) { block in
                for row in block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows) { body(row) }
            }
        }
        switch self {
        case .squared(let targets):
            var largest = 0.0
            for row in 0..<rowCount { largest = max(largest, (sums[row] - targets[row]).magnitude) }
            let fixed = FixedPoint(rowCount: rowCount, largestGradient: largest, hessianBits: 1)
            forEachRow { pairs[$0] = fixed.pair(gradient: sums[$0] - targets[$0], hessian: 1) }
            return fixed
        case .logistic(let codes):
            let fixed = FixedPoint(rowCount: rowCount, largestGradient: 1, hessianBits: -2)
            forEachRow { row in
                let probability = Elementary.sigmoid(sums[row])
                pairs[row] = fixed.pair(gradient: probability - Double(codes[row]), hessian: probability * (1 - probability))
            }
            return fixed
        case .softmax(let codes, let classCount):
            let fixed = FixedPoint(rowCount: rowCount, largestGradient: 1, hessianBits: -2)
            ParallelLoop.run(count: blocks, threads: threads) { block in
                var probabilities = [Double](repeating: 0, count: classCount)
                for row in block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows) {
                    for output in 0..<classCount { probabilities[output] = sums[output * rowCount + row] }
                    _ = Softmax.normalise(&probabilities)
                    for output in 0..<classCount {
                        let probability = probabilities[output]
                        pairs[output * rowCount + row] = fixed.pair(
                            gradient: probability - (Int(codes[row]) == output ? 1 : 0), hessian: probability * (1 - probability))
                    }
                }
            }
            return fixed
        }
    }

    /// The mean loss at `sums` (outputs, rows).
    func mean(_ sums: [Double], threads: Int) -> Double {
        let rowCount = sums.count / outputCount
        let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
        let parts = ParallelLoop.map(count: blocks, threads: threads) { block in
            let rows = block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows)
            switch self {
            case .squared(let targets):
                return Reduction.sum(rows.map { (sums[$0] - targets[$0]) * (sums[$0] - targets[$0]) / 2 })
            case .logistic(let codes):
                return Reduction.sum(rows.map { Elementary.softplus(codes[$0] == 1 ? -sums[$0] : sums[$0]) })
            case .softmax(let codes, let classCount):
                var scores = [Double](repeating: 0, count: classCount)
                return Reduction.sum(
                    rows.map { row in
                        for output in 0..<classCount { scores[output] = sums[output * rowCount + row] }
                        let own = scores[Int(codes[row])]
                        return Softmax.normalise(&scores) - own
                    })
            }
        }
        return Reduction.sum(parts) / Double(rowCount)
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
