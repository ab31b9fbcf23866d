import CKernels

/// Adam (Kingma and Ba, 2015): steps scaled by running means of the gradient and of its square.
///
/// A penalty times the weight is added to the gradient; a decay shrinks the weight itself, as in AdamW.
// SPEC: determinism.md#updates-of-weights
package struct Adam: Sendable {
    /// The learning rate of the next step.
    package var rate: Float
    private let beta1: Float
    private let beta2: Float
    private let epsilon: Float
    private let penalty: Float
    private let decay: Float
    /// beta1 and beta2 to the power of the number of steps, in Double.
    private var powers = (first: 1.0, second: 1.0)

    package init(
        rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, penalty: Float = 0, decay: Float = 0
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.penalty = penalty
        self.decay = decay
    }

    /// Begins the next step, before the arrays of weights are updated one by one.
    package mutating func advance() {
        powers.first *= Double(beta1)
        powers.second *= Double(beta2)
    }

    /// One step for an array of `count` weights with their gradient and the two means, which begin as zeros.
    package func update(
        _ weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, first: UnsafeMutablePointer<Float>,
        second: UnsafeMutablePointer<Float>, count: Int, threads: Int = 1
    ) {
        precondition(powers.first < 1 || beta1 >= 1, "a step is begun before weights are updated")
        let numbers = ck_float_adam(
            keep_first: beta1, add_first: 1 - beta1, keep_second: beta2, add_second: 1 - beta2,
            scale_second: Float(1 / (1 - powers.second).squareRoot()), epsilon: epsilon,
            step: Float(Double(rate) / (1 - powers.first)), keep_weight: Float(1 - Double(rate) * Double(decay)), penalty: penalty)
        let all = Shared((weights: weights, gradient: gradient, first: first, second: second))
        FloatRows.forRows(count, 8, threads) { lower, upper in
            let (weights, gradient, first, second) = all.value
            withUnsafePointer(to: numbers) {
                ck_float_adam($0, weights + lower, gradient + lower, first + lower, second + lower, upper - lower)
            }
        }
    }
}

/// Gradient descent with momentum, of Nesterov's kind if it looks ahead.
///
/// The velocity becomes `momentum * velocity + gradient`; the weight loses `rate` times that, or, looking ahead, `rate`
/// times `gradient + momentum * velocity`. A penalty times the weight is added to the gradient.
// SPEC: determinism.md#updates-of-weights
package struct Momentum: Sendable {
    private let numbers: ck_float_momentum

    package init(rate: Float, momentum: Float = 0, penalty: Float = 0, looksAhead: Bool = false) {
        numbers = ck_float_momentum(rate: rate, momentum: momentum, penalty: penalty, looks_ahead: looksAhead ? 1 : 0)
    }

    /// One step for an array of `count` weights with their gradient and their velocity, which begins as zeros.
    package func update(
        _ weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>, count: Int,
        threads: Int = 1
    ) {
        let numbers = numbers
        let all = Shared((weights: weights, gradient: gradient, velocity: velocity))
        FloatRows.forRows(count, 4, threads) { lower, upper in
            let (weights, gradient, velocity) = all.value
            withUnsafePointer(to: numbers) {
                ck_float_momentum($0, weights + lower, gradient + lower, velocity + lower, upper - lower)
            }
        }
    }
}
