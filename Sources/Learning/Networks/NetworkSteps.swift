import Numerics
import StageKinds

/// Moves a network's weights against their gradients, and remembers what that takes.
struct NetworkSteps {
    private enum Kind {
        case adam(weights: Adam, offsets: Adam, first: FloatBuffer, second: FloatBuffer)
        case momentum(velocity: FloatBuffer)
    }

    private let settings: NetworkSettings
    private let plan: NetworkPlan
    private let threads: Int
    private var kind: Kind
    private var rate: Double

    init(_ settings: NetworkSettings, _ plan: NetworkPlan, threads: Int) {
        self.settings = settings
        self.plan = plan
        self.threads = threads
        rate = settings.learningRate
        let count = plan.parameterCount
        switch settings.optimiser {
        case .adam:
            kind = .adam(
                weights: Adam(rate: Float(rate), decay: Float(settings.weightDecay)), offsets: Adam(rate: Float(rate)),
                first: FloatBuffer(count), second: FloatBuffer(count))
        case .sgd: kind = .momentum(velocity: FloatBuffer(count))
        }
    }

    /// Takes the learning rate of an epoch, counted from 1.
    mutating func begin(epoch: Int) {
        rate = settings.rate(epoch)
        if case .adam(var weights, var offsets, let first, let second) = kind {
            weights.rate = Float(rate)
            offsets.rate = Float(rate)
            kind = .adam(weights: weights, offsets: offsets, first: first, second: second)
        }
    }

    /// One step.
    mutating func step(_ parameters: FloatBuffer, _ slopes: FloatBuffer) {
        switch kind {
        case .adam(var weights, var offsets, let first, let second):
            weights.advance()
            offsets.advance()
            for tensor in plan.tensors where tensor.role != .seen {
                let at = tensor.offset
                (tensor.role == .weights ? weights : offsets).update(
                    parameters.base + at, gradient: slopes.base + at, first: first.base + at, second: second.base + at,
                    count: tensor.count, threads: threads)
            }
            kind = .adam(weights: weights, offsets: offsets, first: first, second: second)
        case .momentum(let velocity):
            for tensor in plan.tensors where tensor.role != .seen {
                let at = tensor.offset
                let penalty = tensor.role == .weights ? Float(settings.weightDecay) : 0
                Momentum(rate: Float(rate), momentum: Float(settings.momentum), penalty: penalty).update(
                    parameters.base + at, gradient: slopes.base + at, velocity: velocity.base + at, count: tensor.count, threads: threads)
            }
        }
    }
}
