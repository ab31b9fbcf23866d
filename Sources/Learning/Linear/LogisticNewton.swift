import Numerics

/// Makes a logistic loss of two classes with few columns small, by Newton's method with halved steps.
///
/// Loss, gradient and curvature are computed in one pass over the rows, which are made from the table's columns on the way.
struct LogisticNewton: Sendable {
    /// With more columns than this curvature is too dear to compute.
    static let mostColumns = 256
    /// A Newton step squares the gradient, as a share of the first one, or so.
    private static let nearlyThere = 1e-5

    let rows: DesignRows
    /// For each row its class, 0 or 1.
    let codes: [Int32]
    /// How much each row counts; nil where all count 1.
    let rowWeights: [Double]?
    let ridge: Double
    let threads: Int

    /// The loss and its gradient, and its second derivatives, (columns, columns), or none.
    func value(at point: [Double], withCurvature: Bool) -> (value: QuasiNewton.Value, curvature: [Double]) {
        let sums = LogisticSums(
            columns: rows.width, weights: LinearWeights(outputCount: 1, elements: point).elements, codes: codes, rowWeights: rowWeights,
            withCurvature: withCurvature, threads: threads
        ) { rows.fill($0, into: $1, stride: $2) }
        var curvature = sums.curvature
        if withCurvature {
            for index in 0..<rows.width - 1 { curvature[index * rows.width + index] += ridge }
        }
        return (LogisticLoss.penalised(sums.loss, sums.gradient, at: point, outputCount: 1, ridge: ridge), curvature)
    }

    /// From all weights zero; nil when the curvature does not tell the weights apart.
    ///
    /// - Parameters:
    ///   - check: Called before each value is computed.
    ///   - onStep: Called after each iteration with its number from 1, the loss with the penalty, and the point.
    /// - Throws: What `check` or `onStep` throws.
    func minimise(
        maxIterations: Int, check: () throws(LearningError) -> Void, onStep: (Int, Double, [Double]) throws(LearningError) -> Void
    ) throws(LearningError) -> QuasiNewton.Result? {
        var point = [Double](repeating: 0, count: rows.width)
        var (value, curvature) = self.value(at: point, withCurvature: true)
        let first = max(1, Self.largest(value.gradient))
        let goal = QuasiNewton.tolerance * first
        for iteration in 1...maxIterations {
            let size = Self.largest(value.gradient)
            if size <= goal { return QuasiNewton.Result(point: point, iterations: iteration - 1, isConverged: true) }
            if curvature.isEmpty { curvature = self.value(at: point, withCurvature: true).curvature }
            guard let factor = Cholesky(curvature, size: point.count) else { return nil }
            let step = factor.solve(value.gradient)
            let descent = -Reduction.dot(step, value.gradient)
            var length = 1.0
            var next: (point: [Double], value: QuasiNewton.Value)?
            for _ in 0..<40 where next == nil {
                try check()
                let candidate = zip(point, step).map { $0 - length * $1 }
                // After a gradient as small as this the step is most often the last, so that no curvature is wanted.
                let found: QuasiNewton.Value
                (found, curvature) = self.value(at: candidate, withCurvature: length == 1 && size > Self.nearlyThere * first)
                let decreases = found.loss <= value.loss + 1e-4 * length * descent
                let shrinks = found.loss <= value.loss + 1e-12 * value.loss.magnitude && Self.largest(found.gradient) < size
                if decreases && found.loss < value.loss || shrinks { next = (candidate, found) }
                length /= 2
            }
            // The gradient is at the limit of what rounding lets it be.
            guard let next else { return QuasiNewton.Result(point: point, iterations: iteration - 1, isConverged: size <= 1e3 * goal) }
            (point, value) = next
            try onStep(iteration, value.loss, point)
        }
        return QuasiNewton.Result(point: point, iterations: maxIterations, isConverged: Self.largest(value.gradient) <= goal)
    }

    private static func largest(_ values: [Double]) -> Double {
        values.reduce(0) { max($0, $1.magnitude) }
    }
}
