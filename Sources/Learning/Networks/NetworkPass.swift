import Numerics
import StageKinds

/// Computes a network for batches of rows, forward and, for training, backward; holds the memory that this takes.
///
/// Matrices are (rows, values), row-major, Float; images are (rows, height, width, channels).
// SPEC: determinism.md#networks
final class NetworkPass {
    /// What is drawn while training: which values a dropout leaves out.
    struct Draws {
        let seed: Int
        let epoch: Int
        /// The place of the batch's first row in the epoch's order.
        let firstPlace: Int
    }

    static let normEpsilon: Float = 1e-5

    private let plan: NetworkPlan
    private let capacity: Int
    private let threads: Int
    /// What comes of each step, (capacity, outputs).
    private let results: [FloatBuffer]
    /// The gradients of the results; none unless training.
    private let gradients: [FloatBuffer]
    /// What a step keeps for its gradient: factors of a dropout, standardised values of a batch norm.
    private let kept: [FloatBuffer]
    private let scales: [FloatBuffer]
    /// Where the largest value of each window stood.
    private let placeBuffers: [UnsafeMutablePointer<UInt8>?]
    /// The first step with weights: no gradient is needed of what comes before.
    private let firstTrained: Int

    /// - Parameter capacity: The most rows of a batch.
    init(_ plan: NetworkPlan, capacity: Int, isTraining: Bool, threads: Int) {
        self.plan = plan
        self.capacity = capacity
        self.threads = threads
        results = plan.steps.map { FloatBuffer(capacity * $0.outputCount) }
        gradients = isTraining ? plan.steps.map { FloatBuffer(capacity * $0.outputCount) } : []
        kept = plan.steps.map { FloatBuffer(isTraining && $0.keepsValues ? capacity * $0.outputCount : 0) }
        scales = plan.steps.map { step in
            if case .batchNorm(let channels) = step.operation { FloatBuffer(4 * channels) } else { FloatBuffer(0) }
        }
        placeBuffers = plan.steps.map { step in
            if case .maxPool = step.operation { UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * step.outputCount) } else { nil }
        }
        firstTrained = plan.steps.firstIndex { $0.isTrained } ?? 0
    }

    deinit {
        for buffer in placeBuffers { buffer?.deallocate() }
    }

    /// The gradient of the outputs, which the caller fills before ``backward(_:rows:parameters:into:)``.
    var outputGradient: UnsafeMutablePointer<Float> { gradients[gradients.count - 1].base }

    // MARK: Forward

    /// The outputs of some rows, (rows, outputs), good until the next pass.
    ///
    /// - Parameters:
    ///   - parameters: The plan's numbers; in training a batch norm updates what it has seen.
    ///   - draws: What training draws; nil for a prediction.
    ///   - batches: Batches that training has seen, this one included.
    func forward(
        _ input: UnsafePointer<Float>, rows: Int, parameters: UnsafeMutablePointer<Float>, draws: Draws? = nil, batches: Int = 0
    ) -> UnsafeMutablePointer<Float> {
        precondition(rows <= capacity, "a batch fits into its memory")
        var x = input
        for (place, step) in plan.steps.enumerated() {
            let y = results[place].base
            let count = rows * step.outputCount
            let fusesRelu = step.activation == .relu
            switch step.operation {
            case .dense(let inputs, let units):
                let (weights, bias) = (tensor(step, 0, parameters), tensor(step, 1, parameters))
                FloatMatrix.multiply(x, weights, into: y, rows: rows, columns: units, depth: inputs, threads: threads)
                FloatRows.addBias(bias, to: y, rows: rows, columns: units, relu: fusesRelu, threads: threads)
            case .convolution(let convolution):
                let (weights, bias) = (tensor(step, 0, parameters), tensor(step, 1, parameters))
                convolution.apply(x, count: rows, weights: weights, bias: bias, relu: fusesRelu, into: y, threads: threads)
            case .maxPool(let pool):
                if let places = placeBuffers[place] { pool.largest(x, count: rows, into: y, places: places, threads: threads) }
            case .averagePool(let pool): pool.mean(x, count: rows, into: y, threads: threads)
            case .batchNorm(let channels):
                if draws != nil {
                    normalise(x, place, step, rows: count / channels, channels, parameters, batches: batches)
                } else {
                    applyNorm(x, y, place, step, rows: count / channels, channels, parameters)
                }
                if fusesRelu { FloatRows.relu(y, count: count, threads: threads) }
            case .dropout(let share):
                guard let draws, share > 0 else {
                    y.update(from: x, count: count)
                    break
                }
                drop(x, y, kept[place].base, share: share, place: place, rows: rows, width: step.outputCount, draws)
            }
            if step.activation == .tanh {
                forParts(count) { Elementwise.apply(.tanh, to: UnsafeMutableBufferPointer(start: y + $0, count: $1)) }
            }
            x = UnsafePointer(y)
        }
        return results[results.count - 1].base
    }

    // MARK: Backward

    /// The gradients of all weights for the rows of the last forward pass, from ``outputGradient``; tensors that no gradient moves get none.
    func backward(
        _ input: UnsafePointer<Float>, rows: Int, parameters: UnsafeMutablePointer<Float>, into slopes: UnsafeMutablePointer<Float>
    ) {
        for place in plan.steps.indices.reversed() where place >= firstTrained {
            let step = plan.steps[place]
            let x = place == 0 ? input : UnsafePointer(results[place - 1].base)
            let y = UnsafePointer(results[place].base)
            let g = gradients[place].base
            let count = rows * step.outputCount
            let before = place > firstTrained ? gradients[place - 1].base : nil
            switch step.activation {
            case .relu:
                // A pool behind the rectifier has let through what is above zero alone.
                if !isPooled(place) { FloatRows.reluGradient(g, result: y, count: count, threads: threads) }
            case .tanh:
                forParts(count) { first, size in
                    for index in first..<first + size { g[index] *= 1 - y[index] * y[index] }
                }
            case nil: break
            }
            switch step.operation {
            case .dense(let inputs, let units):
                FloatMatrix.multiply(
                    x, g, into: tensor(step, 0, slopes), rows: inputs, columns: units, depth: rows, transposeA: true, threads: threads)
                FloatRows.columnSums(g, rows: rows, columns: units, into: tensor(step, 1, slopes), threads: threads)
                if let before {
                    FloatMatrix.multiply(
                        g, tensor(step, 0, parameters), into: before, rows: rows, columns: inputs, depth: units, transposeB: true,
                        threads: threads)
                }
            case .convolution(let convolution):
                convolution.weightGradient(x, gradient: g, count: rows, into: tensor(step, 0, slopes), threads: threads)
                let pixels = convolution.outputHeight * convolution.outputWidth
                FloatRows.columnSums(
                    g, rows: rows * pixels, columns: convolution.filters, into: tensor(step, 1, slopes), threads: threads)
                if let before {
                    convolution.imageGradient(g, weights: tensor(step, 0, parameters), count: rows, into: before, threads: threads)
                }
            case .maxPool(let pool):
                if let before, let places = placeBuffers[place] {
                    if plan.steps[place - 1].activation == .relu { FloatRows.reluGradient(g, result: y, count: count, threads: threads) }
                    pool.largestGradient(g, places: places, count: rows, into: before, threads: threads)
                }
            case .averagePool(let pool):
                if let before { pool.meanGradient(g, count: rows, into: before, threads: threads) }
            case .batchNorm(let channels):
                normGradient(g, before, place, step, rows: count / channels, channels, parameters, into: slopes)
            case .dropout(let share):
                guard let before else { break }
                let factors = kept[place].base
                forParts(count) { first, size in
                    for index in first..<first + size { before[index] = share > 0 ? g[index] * factors[index] : g[index] }
                }
            }
        }
    }

    // MARK: Parts

    /// Whether the next step takes the largest values of windows. What it takes from a pixel is the pixel's value, so that it can be
    /// asked of the fewer results whether that is above zero.
    private func isPooled(_ place: Int) -> Bool {
        guard place + 1 < plan.steps.count, case .maxPool = plan.steps[place + 1].operation else { return false }
        return true
    }

    private func tensor(_ step: NetworkPlan.Step, _ index: Int, _ base: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
        base + plan.tensors[step.firstTensor + index].offset
    }

    /// Calls `body` with the beginning and size of parts of a range whose results are independent of each other.
    private func forParts(_ count: Int, _ body: (Int, Int) -> Void) {
        let part = 8192
        withoutActuallyEscaping(body) { body in
            let shared = SharedPointers(body)
            ParallelLoop.run(count: (count + part - 1) / part, threads: threads) { index in
                shared.value(index * part, min(part, count - index * part))
            }
        }
    }

    // MARK: Dropout

    /// Leaves out a share of the values and scales the others up.
    // DETERMINISM: which ones, follows from the row's place in the epoch's order, not from the batch; 16 bits are drawn for each.
    private func drop(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ factors: UnsafeMutablePointer<Float>, share: Double, place: Int,
        rows: Int, width: Int, _ draws: Draws
    ) {
        let stream = RandomStream(seed: draws.seed, purpose: "network/dropout/\(place)/\(draws.epoch)")
        let limit = UInt16(min(65535, (share * 65536).rounded()))
        let factor = Float(1 / (1 - Double(limit) / 65536))
        let start = draws.firstPlace * width
        forParts(rows * width) { first, size in
            var word: UInt64 = 0
            for index in first..<first + size {
                let element = start + index
                if index == first || element % 4 == 0 { word = stream.bits(UInt64(element / 4)) >> UInt64(16 * (element % 4)) }
                let isLeftOut = UInt16(truncatingIfNeeded: word) < limit
                word >>= 16
                factors[index] = isLeftOut ? 0 : factor
                y[index] = x[index] * factors[index]
            }
        }
    }

    // MARK: Batch norm

    /// Standardises each channel over the rows of a batch, then scales and shifts it; what was seen goes to the parameters.
    private func normalise(
        _ x: UnsafePointer<Float>, _ place: Int, _ step: NetworkPlan.Step, rows: Int, _ channels: Int,
        _ parameters: UnsafeMutablePointer<Float>, batches: Int
    ) {
        let (y, standard) = (results[place].base, kept[place].base)
        let (means, inverses) = (scales[place].base, scales[place].base + channels)
        FloatRows.columnSums(x, rows: rows, columns: channels, into: means, threads: threads)
        for channel in 0..<channels { means[channel] /= Float(rows) }
        forRows(rows, channels) { row in
            for channel in 0..<channels { standard[row + channel] = x[row + channel] - means[channel] }
        }
        forParts(rows * channels) { first, size in
            for index in first..<first + size { y[index] = standard[index] * standard[index] }
        }
        FloatRows.columnSums(y, rows: rows, columns: channels, into: inverses, threads: threads)
        let (scale, shift) = (tensor(step, 0, parameters), tensor(step, 1, parameters))
        let (seenMean, seenVariance) = (tensor(step, 2, parameters), tensor(step, 3, parameters))
        // The mean over the first batches, then ever more of the latest ones.
        let share = max(0.1, 1 / Float(batches))
        for channel in 0..<channels {
            let variance = inverses[channel] / Float(rows)
            seenMean[channel] += share * (means[channel] - seenMean[channel])
            seenVariance[channel] += share * (variance - seenVariance[channel])
            inverses[channel] = 1 / (variance + Self.normEpsilon).squareRoot()
        }
        forRows(rows, channels) { row in
            for channel in 0..<channels {
                let value = standard[row + channel] * inverses[channel]
                standard[row + channel] = value
                y[row + channel] = value * scale[channel] + shift[channel]
            }
        }
    }

    /// Standardises by what training saw.
    private func applyNorm(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ place: Int, _ step: NetworkPlan.Step, rows: Int, _ channels: Int,
        _ parameters: UnsafeMutablePointer<Float>
    ) {
        let factors = scales[place].base
        let (scale, shift) = (tensor(step, 0, parameters), tensor(step, 1, parameters))
        let (mean, variance) = (tensor(step, 2, parameters), tensor(step, 3, parameters))
        for channel in 0..<channels { factors[channel] = scale[channel] / (variance[channel] + Self.normEpsilon).squareRoot() }
        forRows(rows, channels) { row in
            for channel in 0..<channels { y[row + channel] = (x[row + channel] - mean[channel]) * factors[channel] + shift[channel] }
        }
    }

    private func normGradient(
        _ g: UnsafeMutablePointer<Float>, _ before: UnsafeMutablePointer<Float>?, _ place: Int, _ step: NetworkPlan.Step, rows: Int,
        _ channels: Int, _ parameters: UnsafeMutablePointer<Float>, into slopes: UnsafeMutablePointer<Float>
    ) {
        let (standard, scratch) = (kept[place].base, results[place].base)
        let inverses = scales[place].base + channels
        let (scale, slopeOfScale, slopeOfShift) = (tensor(step, 0, parameters), tensor(step, 0, slopes), tensor(step, 1, slopes))
        FloatRows.columnSums(g, rows: rows, columns: channels, into: slopeOfShift, threads: threads)
        // The results are not needed any more.
        forParts(rows * channels) { first, size in
            for index in first..<first + size { scratch[index] = g[index] * standard[index] }
        }
        FloatRows.columnSums(scratch, rows: rows, columns: channels, into: slopeOfScale, threads: threads)
        guard let before else { return }
        let (factors, means, slants) = (inverses, scales[place].base + 2 * channels, scales[place].base + 3 * channels)
        for channel in 0..<channels {
            means[channel] = slopeOfShift[channel] / Float(rows)
            slants[channel] = slopeOfScale[channel] / Float(rows)
        }
        forRows(rows, channels) { row in
            for channel in 0..<channels {
                let rest = g[row + channel] - means[channel] - standard[row + channel] * slants[channel]
                before[row + channel] = rest * (scale[channel] * factors[channel])
            }
        }
    }

    /// Calls `body` with the beginning of each row, whose results are independent of each other.
    private func forRows(_ rows: Int, _ channels: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            let shared = SharedPointers(body)
            let part = max(1, 8192 / channels)
            ParallelLoop.run(count: (rows + part - 1) / part, threads: threads) { index in
                for row in index * part..<min(rows, (index + 1) * part) { shared.value(row * channels) }
            }
        }
    }
}

extension NetworkPlan.Step {
    var isTrained: Bool {
        switch operation {
        case .dense, .convolution, .batchNorm: true
        case .maxPool, .averagePool, .dropout: false
        }
    }

    /// Whether the gradient needs more than what went in and came out.
    fileprivate var keepsValues: Bool {
        switch operation {
        case .batchNorm, .dropout: true
        case .dense, .convolution, .maxPool, .averagePool: false
        }
    }
}
