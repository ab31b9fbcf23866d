import Numerics

/// Least squares with weights on absolute values, one weight at a time (Friedman and others, "Pathwise coordinate
/// optimization", 2007).
enum CoordinateDescent {
    /// The sweeps end when no weight's move changes its own slope by more than this share of the largest slope.
    private static let tolerance = 1e-11
    private static let mostSweeps = 10_000

    /// The weights, the intercept last, which neither penalty counts.
    ///
    /// - Throws: What `check`, which is called for each sweep, throws.
    static func fit(
        _ design: DesignMatrix, _ targets: [Double], lasso: Double, ridge: Double, check: () throws(LearningError) -> Void
    ) throws(LearningError) -> [Double] {
        let count = design.width - 1
        let rows = design.rows
        // With every column's mean taken out, the intercept follows from the other weights.
        var means = [Double](repeating: 0, count: count)
        let columns = (0..<count).map { place -> [Double] in
            let column = (0..<rows).map { design.elements[$0 * design.width + place] }
            means[place] = Reduction.mean(column)
            return column.map { $0 - means[place] }
        }
        let squares = columns.map { Reduction.dot($0, $0) }
        let offset = Reduction.mean(targets)
        var residuals = targets.map { $0 - offset }
        let goal = tolerance * columns.reduce(0) { max($0, Reduction.dot($1, residuals).magnitude) }
        var weights = [Double](repeating: 0, count: count)
        for _ in 0..<mostSweeps {
            try check()
            var largest = 0.0
            for place in 0..<count where squares[place] > 0 {
                let slope = Reduction.dot(columns[place], residuals) + squares[place] * weights[place]
                let kept = max(slope.magnitude - lasso, 0) / (squares[place] + ridge)
                let weight = slope < 0 ? -kept : kept
                let move = weight - weights[place]
                if move == 0 { continue }
                weights[place] = weight
                largest = max(largest, move.magnitude * squares[place])
                columns[place].withUnsafeBufferPointer { column in
                    for row in 0..<rows { residuals[row] -= move * column[row] }
                }
            }
            if largest <= goal { break }
        }
        return weights + [offset - Reduction.dot(means, weights)]
    }
}
