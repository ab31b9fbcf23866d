import Numerics

/// Makes a logistic loss with very many columns small: Newton steps, each found by conjugate gradients as far as it is worth.
///
/// Nocedal and Wright, "Numerical Optimization", algorithm 7.1, with the curvature's diagonal as preconditioner. A step needs
/// no more than products with the design, and few vectors as long as the weights.
struct TruncatedNewton {
    private static let mostInnerSteps = 500
    /// A step is found until its error is this share of the gradient, less when the gradient has become small.
    private static let loosest = 0.1

    let loss: LogisticLoss
    let maxIterations: Int

    /// - Parameter onStep: Called after each iteration with its number from 1, the loss with the penalty, and the point.
    /// - Throws: What `onStep` throws.
    func minimise(
        onStep: (Int, Double, [Double]) throws(LearningError) -> Void
    ) throws(LearningError) -> QuasiNewton.Result {
        var point = [Double](repeating: 0, count: loss.design.weightCount * loss.outputCount)
        var value = loss.value(at: point)
        let first = Vector.largest(value.gradient)
        let goal = QuasiNewton.tolerance * max(1, first)
        let squares = LogisticSquares(loss)
        for iteration in 1...maxIterations {
            let size = Vector.largest(value.gradient)
            if size <= goal { return QuasiNewton.Result(point: point, iterations: iteration - 1, isConverged: true) }
            let share = min(Self.loosest, (size / first).squareRoot())
            let step = step(at: point, value.gradient, share, squares)
            guard let next = search(point, value, step) else {
                // The gradient is at the limit of what rounding lets it be.
                return QuasiNewton.Result(point: point, iterations: iteration - 1, isConverged: size <= 1e3 * goal)
            }
            (point, value) = next
            try onStep(iteration, value.loss, point)
        }
        return QuasiNewton.Result(point: point, iterations: maxIterations, isConverged: Vector.largest(value.gradient) <= goal)
    }

    /// About the step to where the gradient would vanish if the curvature stayed as it is.
    private func step(at point: [Double], _ gradient: [Double], _ share: Double, _ squares: LogisticSquares) -> [Double] {
        let probabilities = loss.probabilities(at: point)
        let scales = squares.diagonal(probabilities, threads: loss.threads)
        var step = [Double](repeating: 0, count: point.count)
        var rest = gradient
        for index in rest.indices { rest[index] = -rest[index] }
        var scaled = Vector.quotients(rest, scales)
        var direction = scaled
        var size = Reduction.dot(rest, scaled)
        let goal = size * share * share
        for _ in 0..<Self.mostInnerSteps {
            let change = loss.curvature(along: direction, probabilities)
            let slope = Reduction.dot(direction, change)
            // Along directions that no row tells apart the loss is flat.
            guard slope > 0 else { break }
            let length = size / slope
            Vector.add(length, direction, to: &step)
            Vector.add(-length, change, to: &rest)
            scaled = Vector.quotients(rest, scales)
            let next = Reduction.dot(rest, scaled)
            if next <= goal { break }
            let memory = next / size
            size = next
            direction.withUnsafeMutableBufferPointer { direction in
                scaled.withUnsafeBufferPointer { scaled in
                    for index in 0..<direction.count { direction[index] = scaled[index] + memory * direction[index] }
                }
            }
        }
        return step
    }

    /// The step, or a half, a quarter and so on of it, that makes the loss smaller; nil when none does.
    private func search(
        _ point: [Double], _ value: QuasiNewton.Value, _ step: [Double]
    ) -> (point: [Double], value: QuasiNewton.Value)? {
        let descent = Reduction.dot(step, value.gradient)
        let size = Vector.largest(value.gradient)
        var length = 1.0
        for _ in 0..<40 {
            var candidate = point
            Vector.add(length, step, to: &candidate)
            let found = loss.value(at: candidate)
            let decreases = found.loss < value.loss && found.loss <= value.loss + 1e-4 * length * descent
            let shrinks = found.loss <= value.loss + 1e-12 * value.loss.magnitude && Vector.largest(found.gradient) < size
            if decreases || shrinks { return (candidate, found) }
            length /= 2
        }
        return nil
    }
}

/// The squares of a design's elements, for the diagonal of the curvature.
private struct LogisticSquares {
    private let loss: LogisticLoss
    private let elements: [Double]
    private let columns: SparseMatrix?

    init(_ loss: LogisticLoss) {
        self.loss = loss
        elements = loss.design.elements.map { $0 * $0 }
        columns = loss.sparseColumns.flatMap { columns in
            SparseMatrix(
                rows: columns.rows, columns: columns.columns, starts: columns.starts, indices: columns.indices,
                values: columns.values.map { $0 * $0 })
        }
    }

    /// The second derivative of the loss by each weight, which is above zero.
    func diagonal(_ probabilities: [Double], threads: Int) -> [Double] {
        let outputs = loss.outputCount
        var shares = probabilities.map { $0 * (1 - $0) }
        loss.weigh(&shares)
        var diagonal = Dense.transposedMultiply(
            elements, rows: loss.design.rows, columns: loss.design.width, by: shares, width: outputs, threads: threads)
        if let columns {
            diagonal.insert(contentsOf: columns.multiply(shares, width: outputs, threads: threads), at: diagonal.count - outputs)
        }
        for index in diagonal.indices {
            if index < diagonal.count - outputs { diagonal[index] += loss.ridge }
            diagonal[index] = max(diagonal[index], 1e-12)
        }
        return diagonal
    }
}

/// Long vectors.
private enum Vector {
    static func largest(_ values: [Double]) -> Double {
        values.reduce(0) { max($0, $1.magnitude) }
    }

    /// Adds `scale` times `values` to `sums`.
    static func add(_ scale: Double, _ values: [Double], to sums: inout [Double]) {
        sums.withUnsafeMutableBufferPointer { sums in
            values.withUnsafeBufferPointer { values in
                for index in 0..<sums.count { sums[index] += scale * values[index] }
            }
        }
    }

    static func quotients(_ values: [Double], _ divisors: [Double]) -> [Double] {
        [Double](unsafeUninitializedCapacity: values.count) { buffer, count in
            values.withUnsafeBufferPointer { values in
                divisors.withUnsafeBufferPointer { divisors in
                    for index in 0..<values.count { buffer.initializeElement(at: index, to: values[index] / divisors[index]) }
                }
            }
            count = values.count
        }
    }
}
