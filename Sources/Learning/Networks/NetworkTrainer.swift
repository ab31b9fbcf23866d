import Canonical
import Numerics
import StageKinds

/// Fits a network to rows, epoch by epoch and batch by batch.
// SPEC: determinism.md#networks
struct NetworkTrainer {
    private let problem: TrainingProblem
    private let settings: NetworkSettings
    private let input: NetworkInput
    private let answers: NetworkAnswers
    private let plan: NetworkPlan

    /// A gradient of rows and what they give takes memory; a batch of more numbers is refused: 4 GiB.
    private static let mostValues = 1 << 30

    /// - Throws: ``LearningError/diagnostics(_:)`` where layers do not fit together.
    init(
        _ problem: TrainingProblem, _ settings: NetworkSettings, _ input: NetworkInput, layers: [NetworkLayer]
    ) throws(LearningError) {
        self.problem = problem
        self.settings = settings
        self.input = input
        answers = NetworkAnswers(problem.target, weights: problem.rowWeights)
        guard input.shape.count > 0 else {
            throw .problem("no-features", "no feature varies in the training rows, so that there is nothing to learn from")
        }
        plan = try NetworkPlan(
            NetworkArchitecture(input: input.shape, layers: layers, activation: settings.activation, outputCount: answers.outputCount))
    }

    /// - Throws: ``LearningError/cancelled``, or ``LearningError/diagnostics(_:)`` when training runs away or memory would not do.
    func fit() throws(LearningError) -> NeuralNetwork {
        let threads = problem.threads
        let rowCount = problem.features.rowCount
        let width = input.shape.count
        let batchRows = settings.batchRows(rowCount)
        let (values, overflow) = batchRows.multipliedReportingOverflow(by: plan.valueCount + width)
        guard !overflow, values <= Self.mostValues else {
            throw .problem("too-large", "a batch of \(batchRows) rows has \(plan.valueCount) numbers for each; use a smaller 'batch-size'")
        }
        let rows = try input.rows(problem.features, threads: threads)
        let watched = problem.watched.map { watched in
            (features: watched.features, answers: NetworkAnswers(watched.target, scale: answers.scale))
        }
        // Batches are as equal as can be, so that none is of a few rows.
        let batches = (rowCount + batchRows - 1) / batchRows
        let pass = NetworkPass(plan, capacity: batchRows, isTraining: true, threads: threads)
        let memory = NetworkAnswers.Memory(capacity: batchRows)
        let gathered = FloatBuffer(batchRows * width)
        let parameters = FloatBuffer(plan.parameterCount)
        let slopes = FloatBuffer(plan.parameterCount)
        plan.initialise(parameters.base, seed: problem.seed)
        var steps = NetworkSteps(settings, plan, threads: threads)
        var best: (loss: Double, epoch: Int, parameters: [Float])?
        for epoch in 1...settings.epochs {
            let order = RandomStream(seed: problem.seed, purpose: "network/shuffle/\(epoch)").permutation(rowCount)
            steps.begin(epoch: epoch)
            var loss = 0.0
            for batch in 0..<batches {
                if problem.observer.isCancelled() { throw .cancelled }
                let first = batch * rowCount / batches
                let count = (batch + 1) * rowCount / batches - first
                gather(rows.base, order, first, count, into: gathered.base)
                let outputs = pass.forward(
                    gathered.base, rows: count, parameters: parameters.base,
                    draws: NetworkPass.Draws(seed: problem.seed, epoch: epoch, firstPlace: first),
                    batches: (epoch - 1) * batches + batch + 1)
                loss += answers.loss(
                    outputs, rows: count, row: { order[first + $0] }, gradient: pass.outputGradient, memory, threads: threads)
                pass.backward(gathered.base, rows: count, parameters: parameters.base, into: slopes.base)
                steps.step(parameters, slopes)
            }
            let weights = parameters.array
            guard loss.isFinite, weights.allSatisfy({ $0.magnitude <= NeuralNetwork.largest }) else { throw diverged(epoch) }
            let network = NeuralNetwork(input: input, plan: plan, scale: answers.scale, parameters: weights)
            let watchedLoss = watched.map { network.meanLoss($0.features, $0.answers, threads: threads) }
            problem.observer.progress(
                TrainingStep(
                    round: epoch, total: settings.epochs, loss: loss / Double(rowCount), validationLoss: watchedLoss,
                    digest: NeuralNetwork.digest(weights)))
            guard let watchedLoss, let patience = settings.earlyStoppingEpochs else { continue }
            if best.map({ watchedLoss < $0.loss }) ?? true { best = (watchedLoss, epoch, weights) }
            if let best, epoch - best.epoch >= patience { break }
        }
        return NeuralNetwork(input: input, plan: plan, scale: answers.scale, parameters: best?.parameters ?? parameters.array)
    }

    private func diverged(_ epoch: Int) -> LearningError {
        .problem(
            "diverged", "the loss or a weight of the network is no longer a number that can be used, in epoch \(epoch)",
            notes: ["use a smaller 'learning-rate' than \(settings.learningRate), or the optimiser 'adam' if it is 'sgd'"])
    }

    /// Copies the rows of a batch.
    private func gather(
        _ rows: UnsafePointer<Float>, _ order: [Int], _ first: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
    ) {
        let width = input.shape.count
        let shared = SharedPointers((rows: rows, target: target))
        ParallelLoop.run(count: count, threads: count * width < 1 << 15 ? 1 : problem.threads) { place in
            let (rows, target) = shared.value
            (target + place * width).update(from: rows + order[first + place] * width, count: width)
        }
    }
}

extension NetworkPlan {
    /// Sets the numbers with which training begins.
    ///
    /// Weights are uniform within ±sqrt(6 / inputs) before a rectifier (He and others, 2015), else ±sqrt(6 / (inputs + outputs))
    /// (Glorot and Bengio, 2010). Scales and variances are 1, all else is 0.
    func initialise(_ parameters: UnsafeMutablePointer<Float>, seed: Int) {
        for (place, step) in steps.enumerated() {
            let first = tensors[step.firstTensor < tensors.count ? step.firstTensor : 0]
            let fan: (inputs: Int, outputs: Int)
            switch step.operation {
            case .dense(let inputs, let units): fan = (inputs, units)
            case .convolution(let convolution):
                let window = convolution.weightCount / convolution.filters
                fan = (window, convolution.filters * (window / convolution.channels))
            case .batchNorm(let channels):
                for channel in 0..<channels {
                    parameters[first.offset + channel] = 1
                    parameters[tensors[step.firstTensor + 3].offset + channel] = 1
                }
                continue
            case .maxPool, .averagePool, .dropout: continue
            }
            let isRectified = architecture.activation == .relu && place < steps.count - 1
            let limit = (6 / Double(isRectified ? fan.inputs : fan.inputs + fan.outputs)).squareRoot()
            let stream = RandomStream(seed: seed, purpose: "network/weights/\(place)")
            for index in 0..<first.count {
                parameters[first.offset + index] = Float((2 * stream.uniform(UInt64(index)) - 1) * limit)
            }
        }
    }
}
