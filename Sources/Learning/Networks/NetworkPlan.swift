import Numerics
import StageKinds

/// What a network is made of: its input, its layers, what is between them, and how many outputs the last layer has.
struct NetworkArchitecture: Hashable, Sendable {
    let input: NetworkShape
    /// The layers before the last one, which is dense, with one unit for each output and no activation.
    let layers: [NetworkLayer]
    let activation: NetworkActivation
    let outputCount: Int
}

/// A network with all sizes: what is computed, step by step, and where the numbers of each step stand.
struct NetworkPlan: Sendable {
    enum Operation: Sendable {
        case dense(inputs: Int, units: Int)
        case convolution(FloatConvolution)
        case maxPool(FloatPooling)
        case averagePool(FloatPooling)
        case batchNorm(channels: Int)
        case dropout(share: Double)
    }

    struct Step: Sendable {
        let operation: Operation
        /// What is done to each result at the end.
        let activation: NetworkActivation?
        let inputCount: Int
        let outputCount: Int
        /// The place of the step's first tensor in the plan.
        let firstTensor: Int
    }

    /// An array among a network's numbers.
    struct Parameters: Hashable, Sendable {
        enum Role: Sendable {
            case weights
            /// What is added to sums, and the scale and shift of a batch norm.
            case offsets
            /// Means and variances that training saw, which no gradient moves.
            case seen
        }

        let name: String
        let shape: [Int]
        let role: Role
        let offset: Int
        let count: Int
    }

    let architecture: NetworkArchitecture
    let steps: [Step]
    let tensors: [Parameters]
    /// Numbers in all tensors, which follow each other.
    let parameterCount: Int
    /// Numbers that come of all steps for one row.
    let valueCount: Int

    private static let mostLayers = 1000
    /// More weights than this are refused: 1 GiB, and training needs four times that.
    private static let mostParameters = 1 << 28
    /// More pixels, or results of a layer for one row, are refused.
    private static let mostValues = 1 << 22

    /// - Throws: ``LearningError/diagnostics(_:)`` where a layer does not fit what comes before it, or a size is beyond all reason.
    init(_ architecture: NetworkArchitecture) throws(LearningError) {
        guard architecture.layers.count <= Self.mostLayers else {
            throw .problem("network-shape", "a network of \(architecture.layers.count) layers is too deep; use at most \(Self.mostLayers)")
        }
        self.architecture = architecture
        var builder = Builder(shape: architecture.input)
        let layers = architecture.layers
        for (place, layer) in layers.enumerated() {
            // A batch norm comes between sums and their activation.
            let normIsNext = place + 1 < layers.count && layers[place + 1] == .batchNorm
            let follows = layer == .batchNorm && place > 0 && layers[place - 1].hasActivation
            let isLast = layer.hasActivation && !normIsNext
            try builder.add(layer, at: place, activation: isLast || follows ? architecture.activation : nil)
        }
        try builder.add(.dense(units: architecture.outputCount), at: layers.count, activation: nil)
        steps = builder.steps
        tensors = builder.tensors
        parameterCount = builder.parameterCount
        valueCount = builder.valueCount
    }

    private struct Builder {
        var shape: NetworkShape
        var steps: [Step] = []
        var tensors: [Parameters] = []
        var parameterCount = 0
        var valueCount = 0

        init(shape: NetworkShape) {
            self.shape = shape
        }

        mutating func add(_ layer: NetworkLayer, at place: Int, activation: NetworkActivation?) throws(LearningError) {
            let inputs = try Self.size(shape, at: place)
            let firstTensor = tensors.count
            let operation: Operation
            var result = shape
            switch layer {
            case .dense(let units):
                result = NetworkShape(count: units)
                operation = .dense(inputs: inputs, units: units)
                try addTensor(place, "weights", [inputs, units], .weights)
                try addTensor(place, "bias", [units], .offsets)
            case .convolution(let filters, let size, let stride, let padding):
                try requireImage(layer, place)
                guard
                    let convolution = FloatConvolution(
                        height: shape.height, width: shape.width, channels: shape.channels, filters: filters, kernelHeight: size,
                        kernelWidth: size, stride: stride, padding: padding == .same ? size / 2 : 0)
                else { throw unfit(layer, place) }
                result = NetworkShape(height: convolution.outputHeight, width: convolution.outputWidth, channels: filters)
                operation = .convolution(convolution)
                try addTensor(place, "weights", [size, size, shape.channels, filters], .weights)
                try addTensor(place, "bias", [filters], .offsets)
            case .maxPool(let size, let stride), .averagePool(let size, let stride):
                try requireImage(layer, place)
                guard
                    let pool = FloatPooling(
                        height: shape.height, width: shape.width, channels: shape.channels, size: size, stride: stride)
                else { throw unfit(layer, place) }
                result = NetworkShape(height: pool.outputHeight, width: pool.outputWidth, channels: shape.channels)
                if case .maxPool = layer { operation = .maxPool(pool) } else { operation = .averagePool(pool) }
            case .batchNorm:
                operation = .batchNorm(channels: shape.channels)
                for name in ["scale", "shift"] { try addTensor(place, name, [shape.channels], .offsets) }
                for name in ["mean", "variance"] { try addTensor(place, name, [shape.channels], .seen) }
            case .dropout(let share): operation = .dropout(share: share)
            }
            let outputs = try Self.size(result, at: place)
            steps.append(
                Step(operation: operation, activation: activation, inputCount: inputs, outputCount: outputs, firstTensor: firstTensor))
            shape = result
            // At most 1,001 layers of at most 2^22 results.
            valueCount += outputs
        }

        private mutating func addTensor(
            _ place: Int, _ name: String, _ shape: [Int], _ role: Parameters.Role
        ) throws(LearningError) {
            var count = 1
            for extent in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard !overflow, product <= NetworkPlan.mostParameters else { throw tooLarge(place) }
                count = product
            }
            tensors.append(
                Parameters(name: "layers.\(place).\(name)", shape: shape, role: role, offset: parameterCount, count: count))
            parameterCount += count
            guard parameterCount <= NetworkPlan.mostParameters else { throw tooLarge(place) }
        }

        private func tooLarge(_ place: Int) -> LearningError {
            .problem(
                "network-shape", "with layer \(place + 1) the network has more than \(NetworkPlan.mostParameters) weights; use fewer units")
        }

        private func requireImage(_ layer: NetworkLayer, _ place: Int) throws(LearningError) {
            guard shape.isImage || steps.allSatisfy(\.keepsImages) else {
                throw .problem(
                    "network-shape", "layer \(place + 1), a \(layer.kind.rawValue), needs images, and none are left after a dense layer")
            }
        }

        private func unfit(_ layer: NetworkLayer, _ place: Int) -> LearningError {
            .problem(
                "network-shape", "layer \(place + 1), a \(layer.kind.rawValue), does not fit its image of \(shape.description)",
                notes: ["use fewer or smaller pools, or a smaller 'size'"])
        }

        /// The numbers of a shape, after a check that they can be counted.
        private static func size(_ shape: NetworkShape, at place: Int) throws(LearningError) -> Int {
            var count = 1
            for extent in [shape.height, shape.width, shape.channels] {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard extent > 0, !overflow, product <= NetworkPlan.mostValues else {
                    throw .problem(
                        "network-shape",
                        "layer \(place + 1) has \(shape.description), more than the \(NetworkPlan.mostValues) numbers that a layer can have"
                    )
                }
                count = product
            }
            return count
        }
    }
}

extension NetworkPlan: Hashable {
    static func == (first: NetworkPlan, second: NetworkPlan) -> Bool {
        first.architecture == second.architecture
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(architecture)
    }
}

extension NetworkLayer {
    fileprivate var hasActivation: Bool {
        switch self {
        case .dense, .convolution: true
        case .maxPool, .averagePool, .batchNorm, .dropout: false
        }
    }
}

extension NetworkPlan.Step {
    fileprivate var keepsImages: Bool {
        if case .dense = operation { false } else { true }
    }
}
