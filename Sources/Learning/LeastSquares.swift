import Numerics

/// Fits the weights of a linear model to numbers: half the sum of squared errors, and the penalty, as small as can be.
enum LeastSquares {
    /// Columns whose Gram matrix is this near to singular, as a share of its largest element, are not told apart by it.
    private static let leastCurvature = 1e-8

    /// The weights, the intercept last; `targets` is (rows of the design).
    static func fit(_ design: DesignMatrix, targets: [Double], _ penalty: PenaltyOptions, threads: Int) -> LinearWeights {
        let mean = Reduction.mean(targets)
        // Without the mean the numbers keep the digits in which they differ.
        let centred = targets.map { $0 - mean }
        var weights: [Double]
        if penalty.lasso > 0 {
            weights = CoordinateDescent.fit(design, centred, lasso: penalty.lasso, ridge: penalty.ridge)
        } else {
            weights = byNormalEquations(design, centred, ridge: penalty.ridge, threads: threads)
                ?? PivotedQR.solve(design, centred, ridge: penalty.ridge)
        }
        weights[weights.count - 1] += mean
        return LinearWeights(outputCount: 1, elements: weights)
    }

    /// Cholesky of the Gram matrix, then corrections until the gradient no longer shrinks; nil when the matrix is too nearly
    /// singular.
    private static func byNormalEquations(_ design: DesignMatrix, _ targets: [Double], ridge: Double, threads: Int) -> [Double]? {
        let width = design.width
        guard width <= design.rows else { return nil }
        var gram = Dense.gram(design.elements, rows: design.rows, columns: width, threads: threads)
        for index in 0..<width - 1 { gram[index * width + index] += ridge }
        let largest = (0..<width).reduce(0) { max($0, gram[$1 * width + $1]) }
        var lowered = gram
        for index in 0..<width { lowered[index * width + index] -= leastCurvature * largest }
        guard Cholesky(lowered, size: width) != nil, let factor = Cholesky(gram, size: width) else { return nil }
        var weights = [Double](repeating: 0, count: width)
        var size = Double.infinity
        for _ in 0..<10 {
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
}

/// Least squares by Householder reflections with column pivoting, for columns that depend on each other or outnumber the rows.
///
/// Golub and Van Loan, "Matrix Computations", algorithm 5.4.1. Columns that depend on those chosen before get weight 0.
enum PivotedQR {
    /// A column whose part not yet explained is smaller than this share of the largest column depends on the others.
    private static let leastShare = 1e-9

    static func solve(_ design: DesignMatrix, _ targets: [Double], ridge: Double) -> [Double] {
        let width = design.width
        // A ridge is a row for each weight, which asks for zero.
        let extra = ridge > 0 ? width - 1 : 0
        let height = design.rows + extra
        var columns = (0..<width).map { place -> [Double] in
            var column = (0..<design.rows).map { design.elements[$0 * width + place] }
            column += [Double](repeating: 0, count: extra)
            if place < extra { column[design.rows + place] = ridge.squareRoot() }
            return column
        }
        var right = targets + [Double](repeating: 0, count: extra)
        var order = Array(0..<width)
        var first = 0.0
        var rank = 0
        while rank < min(width, height) {
            let sizes = (rank..<width).map { place in Reduction.squaredDeviations(Array(columns[place][rank...]), from: 0) }
            // DETERMINISM: of equal columns the first.
            let best = sizes.indices.reduce(0) { sizes[$1] > sizes[$0] ? $1 : $0 }
            let size = sizes[best].squareRoot()
            if rank == 0 { first = size }
            guard size > leastShare * first, size > 0 else { break }
            columns.swapAt(rank, rank + best)
            order.swapAt(rank, rank + best)
            var mirror = Array(columns[rank][rank...])
            let diagonal = mirror[0] > 0 ? -size : size
            mirror[0] -= diagonal
            let square = Reduction.dot(mirror, mirror)
            func reflect(_ column: inout [Double]) {
                let share = 2 * Reduction.dot(mirror, Array(column[rank...])) / square
                for place in mirror.indices { column[rank + place] -= share * mirror[place] }
            }
            for place in rank + 1..<max(width, rank + 1) { reflect(&columns[place]) }
            reflect(&right)
            columns[rank][rank] = diagonal
            rank += 1
        }
        var weights = [Double](repeating: 0, count: width)
        for place in stride(from: rank - 1, through: 0, by: -1) {
            var rest = right[place]
            for later in place + 1..<max(rank, place + 1) { rest -= columns[later][place] * weights[order[later]] }
            weights[order[place]] = rest / columns[place][place]
        }
        return weights
    }
}
