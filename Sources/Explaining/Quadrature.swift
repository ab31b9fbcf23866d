internal import Numerics

/// Gauss's rule on 0 to 1: with n points it gives the integral of every polynomial of a degree below 2n.
struct Quadrature: Sendable {
    /// Inside the interval, ascending.
    let points: [Double]
    let weights: [Double]

    /// - Precondition: `count` is at least 1.
    init(_ count: Int) {
        var points = [Double](repeating: 0, count: count)
        var weights = points
        for place in 0..<(count + 1) / 2 {
            // Newton's method from a guess that is near enough for every root.
            var root = Elementary.cos(.pi * (Double(place) + 0.75) / (Double(count) + 0.5))
            var slope = 0.0
            for _ in 0..<100 {
                var (last, value) = (1.0, root)
                for degree in stride(from: 2, through: count, by: 1) {
                    (last, value) = (value, (Double(2 * degree - 1) * root * value - Double(degree - 1) * last) / Double(degree))
                }
                slope = Double(count) * (root * value - last) / (root * root - 1)
                let step = value / slope
                root -= step
                if step.magnitude <= 1e-16 { break }
            }
            let weight = 1 / ((1 - root * root) * slope * slope)
            points[place] = (1 - root) / 2
            points[count - 1 - place] = (1 + root) / 2
            weights[place] = weight
            weights[count - 1 - place] = weight
        }
        self.points = points
        self.weights = weights
    }
}
