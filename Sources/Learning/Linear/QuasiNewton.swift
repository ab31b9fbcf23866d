import Numerics

/// Makes a convex function small by L-BFGS, with weights on absolute values by OWL-QN.
///
/// Nocedal and Wright, "Numerical Optimization", algorithm 7.5; Andrew and Gao, "Scalable training of L1-regularized log-linear
/// models", 2007. A step is accepted by the approximate Wolfe conditions of Hager and Zhang, so that the gradient goes on
/// shrinking where the function's own value no longer shows a difference.
struct QuasiNewton {
    /// The search ends when no element of the gradient exceeds this share of the first gradient's largest.
    static let tolerance = 1e-10
    /// Pairs of steps and gradient changes that are remembered.
    private static let memory = 20

    typealias Value = (loss: Double, gradient: [Double])

    struct Result {
        let point: [Double]
        let iterations: Int
        let isConverged: Bool
    }

    /// Weight of each element's absolute value; all zero for a smooth function.
    let lasso: [Double]
    let maxIterations: Int
    /// Called before each value is computed; what it throws ends the search.
    var check: () throws(LearningError) -> Void = {}
    /// The smooth part with its gradient.
    let evaluate: ([Double]) -> Value

    private var isSmooth: Bool { lasso.allSatisfy { $0 == 0 } }

    private func penalty(_ point: [Double]) -> Double {
        isSmooth ? 0 : Reduction.sum(zip(point, lasso).map { $0.magnitude * $1 })
    }

    /// The element of least size in the subdifferential.
    private func steepest(_ point: [Double], _ gradient: [Double]) -> [Double] {
        point.indices.map { index in
            let slope = gradient[index]
            let weight = lasso[index]
            if weight == 0 { return slope }
            if point[index] != 0 { return slope + (point[index] > 0 ? weight : -weight) }
            if slope + weight < 0 { return slope + weight }
            return slope - weight > 0 ? slope - weight : 0
        }
    }

    /// - Parameter onStep: Called after each iteration with its number from 1, the loss with the penalty, and the point.
    /// - Throws: What `onStep` or ``check`` throws.
    func minimise(
        from start: [Double], onStep: (Int, Double, [Double]) throws(LearningError) -> Void
    ) throws(LearningError) -> Result {
        var point = start
        var value = evaluate(point)
        var total = value.loss + penalty(point)
        var history: [(step: [Double], change: [Double], product: Double)] = []
        var slope = steepest(point, value.gradient)
        let goal = Self.tolerance * max(1, Self.largest(slope))
        for iteration in 1...maxIterations {
            if Self.largest(slope) <= goal { return Result(point: point, iterations: iteration - 1, isConverged: true) }
            var next: (point: [Double], value: Value, total: Double)?
            while true {
                let direction = direction(slope, history)
                next =
                    isSmooth
                    ? try search(point, value, direction, history.isEmpty) : try project(point, slope, total, direction, history.isEmpty)
                // A remembered curvature that leads nowhere is forgotten once, then the search is over.
                if next != nil || history.isEmpty { break }
                history = []
            }
            guard let next else { return Result(point: point, iterations: iteration - 1, isConverged: false) }
            let step = zip(next.point, point).map { $0 - $1 }
            let change = zip(next.value.gradient, value.gradient).map { $0 - $1 }
            let product = Reduction.dot(step, change)
            if product > 1e-14 * Reduction.dot(change, change).squareRoot() * Reduction.dot(step, step).squareRoot() {
                history.append((step, change, product))
                if history.count > Self.memory { history.removeFirst() }
            }
            (point, value, total) = next
            slope = steepest(point, value.gradient)
            try onStep(iteration, total, point)
        }
        return Result(point: point, iterations: maxIterations, isConverged: Self.largest(slope) <= goal)
    }

    private static func largest(_ values: [Double]) -> Double {
        values.reduce(0) { max($0, $1.magnitude) }
    }

    /// Minus the remembered inverse curvature times the slope, kept to the signs of the steepest descent.
    private func direction(_ slope: [Double], _ history: [(step: [Double], change: [Double], product: Double)]) -> [Double] {
        var direction = slope.map { -$0 }
        var shares: [Double] = []
        for pair in history.reversed() {
            let share = Reduction.dot(pair.step, direction) / pair.product
            for index in direction.indices { direction[index] -= share * pair.change[index] }
            shares.append(share)
        }
        if let last = history.last {
            let scale = last.product / Reduction.dot(last.change, last.change)
            for index in direction.indices { direction[index] *= scale }
        }
        for (pair, share) in zip(history, shares.reversed()) {
            let correction = share - Reduction.dot(pair.change, direction) / pair.product
            for index in direction.indices { direction[index] += correction * pair.step[index] }
        }
        for index in direction.indices where lasso[index] > 0 && direction[index] * slope[index] >= 0 { direction[index] = 0 }
        return direction
    }

    private func firstLength(_ direction: [Double], _ isFirst: Bool) -> Double {
        isFirst ? min(1, 1 / Reduction.dot(direction, direction).squareRoot()) : 1
    }

    /// A step along the direction of a smooth function, by bisection.
    private func search(
        _ point: [Double], _ value: Value, _ direction: [Double], _ isFirst: Bool
    ) throws(LearningError) -> (point: [Double], value: Value, total: Double)? {
        let descent = Reduction.dot(value.gradient, direction)
        guard descent < 0 else { return nil }
        var lower = 0.0
        var upper = Double.infinity
        var length = firstLength(direction, isFirst)
        for _ in 0..<60 {
            try check()
            let candidate = zip(point, direction).map { $0 + length * $1 }
            let found = evaluate(candidate)
            let slope = Reduction.dot(found.gradient, direction)
            let decreases = found.loss <= value.loss + 1e-4 * length * descent
            let seemsToDecrease = found.loss <= value.loss + 1e-9 * value.loss.magnitude && slope <= -0.8 * descent
            if !(decreases || seemsToDecrease) {
                upper = length
            } else if slope < 0.9 * descent {
                lower = length
            } else {
                return (candidate, found, found.loss)
            }
            length = upper < .infinity ? (lower + upper) / 2 : 2 * length
        }
        return nil
    }

    /// A step along the direction that stays in the point's orthant, by halving.
    private func project(
        _ point: [Double], _ slope: [Double], _ total: Double, _ direction: [Double], _ isFirst: Bool
    ) throws(LearningError) -> (point: [Double], value: Value, total: Double)? {
        var length = firstLength(direction, isFirst)
        for _ in 0..<60 {
            try check()
            let candidate = point.indices.map { index -> Double in
                let moved = point[index] + length * direction[index]
                guard lasso[index] > 0 else { return moved }
                let orthant = point[index] != 0 ? point[index] : -slope[index]
                return moved * orthant > 0 ? moved : 0
            }
            let found = evaluate(candidate)
            let reached = found.loss + penalty(candidate)
            let promised = Reduction.dot(slope, zip(candidate, point).map { $0 - $1 })
            if promised < 0, reached <= total + 1e-4 * promised { return (candidate, found, reached) }
            // Where values no longer differ, a smaller slope is the progress.
            if reached <= total + 1e-13 * total.magnitude, Self.largest(steepest(candidate, found.gradient)) < Self.largest(slope) {
                return (candidate, found, reached)
            }
            length /= 2
        }
        return nil
    }
}
