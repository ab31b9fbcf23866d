import Numerics

/// Fits the weights of a linear model to numbers: half the sum of squared errors, and the penalty, as small as can be.
enum LeastSquares {
    /// Columns whose Gram matrix is this near to singular, as a share of its largest element, are not told apart by it.
    private static let leastCurvature = 1e-8
    /// Quasi-Newton steps come to an end before this.
    private static let mostSteps = 10_000

    /// The weights, the intercept last; `targets` is (rows of the design).
    ///
    /// - Parameter check: Called between steps.
    /// - Throws: What `check` throws.
    static func fit(
        _ design: DesignMatrix, targets: [Double], _ penalty: PenaltyOptions, threads: Int,
        check: () throws(LearningError) -> Void = {}
    ) throws(LearningError) -> LinearWeights {
        let mean = Reduction.mean(targets)
        // Without the mean the numbers keep the digits in which they differ.
        let centred = targets.map { $0 - mean }
        var weights: [Double]
        if let sparse = design.sparse {
            weights = try bySlopes(design, sparse, centred, penalty, threads: threads, check: check)
        } else if penalty.lasso > 0 {
            weights = try CoordinateDescent.fit(design, centred, lasso: penalty.lasso, ridge: penalty.ridge, check: check)
        } else {
            weights = try exactly(design, centred, ridge: penalty.ridge, threads: threads, check: check)
        }
        weights[weights.count - 1] += mean
        return LinearWeights(outputCount: 1, elements: weights)
    }

    /// Quasi-Newton steps, where columns are too many for a Gram matrix.
    private static func bySlopes(
        _ design: DesignMatrix, _ sparse: SparseMatrix, _ targets: [Double], _ penalty: PenaltyOptions, threads: Int,
        check: () throws(LearningError) -> Void
    ) throws(LearningError) -> [Double] {
        let count = design.weightCount
        let columns = sparse.transposed()
        let lasso = (0..<count).map { $0 < count - 1 ? penalty.lasso : 0 }
        let solver = QuasiNewton(lasso: lasso, maxIterations: mostSteps) { point in
            let errors = zip(LinearWeights(outputCount: 1, elements: point).sums(design, threads: threads), targets).map { $0 - $1 }
            var gradient = Dense.transposedMultiply(
                design.elements, rows: design.rows, columns: design.width, by: errors, threads: threads)
            gradient.insert(contentsOf: columns.multiply(errors, threads: threads), at: gradient.count - 1)
            let counted = Array(point.dropLast())
            for index in counted.indices { gradient[index] += penalty.ridge * counted[index] }
            return (Reduction.dot(errors, errors) / 2 + penalty.ridge / 2 * Reduction.dot(counted, counted), gradient)
        }
        func report(_: Int, _: Double, _: [Double]) throws(LearningError) { try check() }
        return try solver.minimise(from: [Double](repeating: 0, count: count), onStep: report).point
    }

    /// By the quickest way that tells the columns apart.
    private static func exactly(
        _ design: DesignMatrix, _ targets: [Double], ridge: Double, threads: Int, check: () throws(LearningError) -> Void
    ) throws(LearningError) -> [Double] {
        if let weights = try byNormalEquations(design, targets, ridge: ridge, threads: threads, check: check) { return weights }
        if let weights = try byRows(design, targets, ridge: ridge, threads: threads, check: check) { return weights }
        return PivotedQR.solve(design, targets, ridge: ridge)
    }

    /// Cholesky of the Gram matrix, then corrections until the gradient no longer shrinks; nil when the matrix is too nearly
    /// singular.
    private static func byNormalEquations(
        _ design: DesignMatrix, _ targets: [Double], ridge: Double, threads: Int, check: () throws(LearningError) -> Void
    ) throws(LearningError) -> [Double]? {
        let width = design.width
        guard width <= design.rows else { return nil }
        try check()
        var gram = Dense.gram(design.elements, rows: design.rows, columns: width, threads: threads)
        for index in 0..<width - 1 { gram[index * width + index] += ridge }
        try check()
        let largest = (0..<width).reduce(0) { max($0, gram[$1 * width + $1]) }
        var lowered = gram
        for index in 0..<width { lowered[index * width + index] -= leastCurvature * largest }
        guard Cholesky(lowered, size: width) != nil, let factor = Cholesky(gram, size: width) else { return nil }
        var weights = [Double](repeating: 0, count: width)
        var size = Double.infinity
        for _ in 0..<10 {
            try check()
            let predicted = Dense.multiply(design.elements, rows: design.rows, columns: width, by: weights, threads: threads)
            let errors = zip(targets, predicted).map { $0 - $1 }
            var gradient = Dense.transposedMultiply(
                design.elements, rows: design.rows, columns: width, by: errors, threads: threads)
            for index in 0..<width - 1 { gradient[index] -= ridge * weights[index] }
            let newSize = gradient.reduce(0) { max($0, $1.magnitude) }
            guard newSize < size else { break }
            size = newSize
            let correction = factor.solve(gradient)
            for index in 0..<width { weights[index] += correction[index] }
        }
        return weights
    }

    /// A ridge with more columns than rows, through the products of the rows (Saunders and others, "Ridge regression learning
    /// algorithm in dual variables", 1998); nil when it is not one, or too weak to tell the rows apart.
    private static func byRows(
        _ design: DesignMatrix, _ targets: [Double], ridge: Double, threads: Int, check: () throws(LearningError) -> Void
    ) throws(LearningError) -> [Double]? {
        let (rows, count) = (design.rows, design.width - 1)
        guard ridge > 0, count > rows else { return nil }
        // The intercept goes with the means; `columns` is (count, rows).
        var means = [Double](repeating: 0, count: count)
        var columns: [Double] = []
        columns.reserveCapacity(count * rows)
        for place in 0..<count {
            let column = (0..<rows).map { design.elements[$0 * design.width + place] }
            means[place] = Reduction.mean(column)
            for element in column { columns.append(element - means[place]) }
        }
        try check()
        var products = Dense.gram(columns, rows: count, columns: rows, threads: threads)
        try check()
        for row in 0..<rows { products[row * rows + row] += ridge }
        guard let factor = Cholesky(products, size: rows) else { return nil }
        let offset = Reduction.mean(targets)
        let shares = factor.solve(targets.map { $0 - offset })
        let weights = Dense.multiply(columns, rows: count, columns: rows, by: shares, threads: threads)
        return weights + [offset - Reduction.dot(means, weights)]
    }
}

extension LeastSquares {
    /// The mean of half the squared errors and the penalty.
    static func loss(_ design: DesignMatrix, targets: [Double], _ weights: LinearWeights, _ penalty: PenaltyOptions) -> Double {
        let errors = zip(targets, weights.sums(design, threads: 1)).map { $0 - $1 }
        let counted = Array(weights.elements.dropLast())
        let sizes = Reduction.sum(counted.map(\.magnitude))
        let total = Reduction.dot(errors, errors) / 2 + penalty.lasso * sizes + penalty.ridge / 2 * Reduction.dot(counted, counted)
        return total / Double(design.rows)
    }
}
