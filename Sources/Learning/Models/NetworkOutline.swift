package import StageKinds

/// What a network computes, step by step, for those who write it in another form.
package struct NetworkOutline: Sendable {
    package enum Input: Sendable {
        /// The design's columns; see ``FeaturePipeline/designParts``.
        case columns
        /// Each feature is a pixel's channel, of which a missing one is the mean: for each channel its mean and deviation.
        case pixels(means: [Double], deviations: [Double])
        /// The one feature is a column of images: for each channel its mean and deviation.
        case images(means: [Double], deviations: [Double])
    }

    package enum Operation: Sendable {
        /// `weights` is (inputs, units).
        case dense(inputs: Int, units: Int, weights: [Float], bias: [Float])
        /// `weights` is (size, size, channels, filters).
        case convolution(channels: Int, filters: Int, size: Int, stride: Int, padding: Int, weights: [Float], bias: [Float])
        case maxPool(size: Int, stride: Int)
        case averagePool(size: Int, stride: Int)
        /// One number of each for every channel.
        case batchNorm(scale: [Float], shift: [Float], mean: [Float], variance: [Float])
    }

    package struct Step: Sendable {
        package let operation: Operation
        /// What is done to each result at the end.
        package let activation: NetworkActivation?
    }

    package let input: Input
    /// Extents of what goes in; numbers that are no image are channels of one pixel.
    package let height: Int
    package let width: Int
    package let channels: Int
    /// What is there when nothing is trained any more: no dropout.
    package let steps: [Step]
    package let outputCount: Int
    /// What an output of 0 and a difference of 1 stand for, where numbers are predicted.
    package let target: (mean: Double, deviation: Double)?

    /// What goes in counts as at most this far from 0.
    package static let furthestInput = NetworkInput.furthest
    /// What comes out counts as at most this far from 0.
    package static let furthestOutput = NeuralNetwork.furthestOutput
    /// What is added to the variance of a batch norm.
    package static let normEpsilon = NetworkPass.normEpsilon
}

extension NeuralNetwork {
    /// No output counts as further from 0.
    static let furthestOutput: Float = 1e30

    /// The network as `pipeline` feeds it.
    package func outline(_ pipeline: FeaturePipeline) -> NetworkOutline {
        var steps: [NetworkOutline.Step] = []
        for (place, step) in plan.steps.enumerated() {
            // The last step, to the outputs, is no layer.
            let layers = plan.architecture.layers
            let layer = place < layers.count ? layers[place] : .dense(units: plan.architecture.outputCount)
            func tensor(_ index: Int) -> [Float] {
                let tensor = plan.tensors[step.firstTensor + index]
                return Array(parameters[tensor.offset..<tensor.offset + tensor.count])
            }
            let operation: NetworkOutline.Operation
            switch layer {
            case .dense(let units):
                operation = .dense(inputs: step.inputCount, units: units, weights: tensor(0), bias: tensor(1))
            case .convolution(let filters, let size, let stride, let padding):
                let weights = tensor(0)
                operation = .convolution(
                    channels: weights.count / (size * size * filters), filters: filters, size: size, stride: stride,
                    padding: padding == .same ? size / 2 : 0, weights: weights, bias: tensor(1))
            case .maxPool(let size, let stride): operation = .maxPool(size: size, stride: stride)
            case .averagePool(let size, let stride): operation = .averagePool(size: size, stride: stride)
            case .batchNorm: operation = .batchNorm(scale: tensor(0), shift: tensor(1), mean: tensor(2), variance: tensor(3))
            case .dropout: continue
            }
            steps.append(NetworkOutline.Step(operation: operation, activation: step.activation))
        }
        return NetworkOutline(
            input: outlineInput(pipeline), height: input.shape.height, width: input.shape.width, channels: input.shape.channels,
            steps: steps,
            outputCount: plan.architecture.outputCount, target: scale.map { ($0.mean, $0.deviation) })
    }

    private func outlineInput(_ pipeline: FeaturePipeline) -> NetworkOutline.Input {
        switch input {
        case .columns: return .columns
        case .grid(_, let channels): return .pixels(means: channels.map(\.mean), deviations: channels.map(\.deviation))
        case .images:
            guard case .images(let profile) = pipeline.features[0].kind else { preconditionFailure("a network of images reads images") }
            return .images(means: profile.means, deviations: profile.deviations)
        }
    }
}
