package import Canonical
import Diagnostics
import StageKinds

extension NeuralNetwork {
    package var members: [JSONMember] {
        let architecture = plan.architecture
        var members: [JSONMember] = []
        if case .grid(let shape, _) = input {
            let image = [
                JSONMember("height", .integer(shape.height)), JSONMember("width", .integer(shape.width)),
                JSONMember("channels", .integer(shape.channels)),
            ]
            members.append(JSONMember("image", .object(image)))
        }
        members.append(JSONMember("activation", .string(architecture.activation.rawValue)))
        members.append(JSONMember("layers", .array(architecture.layers.map(\.document))))
        if let scale {
            members.append(JSONMember("targetMean", .number(scale.mean)))
            members.append(JSONMember("targetDeviation", .number(scale.deviation)))
        }
        return members
    }

    package var tensors: [Tensor] {
        plan.tensors.map { Tensor($0.name, $0.shape, Array(parameters[$0.offset..<$0.offset + $0.count])) }
    }

    package init(reading source: ModelSource) throws(LearningError) {
        let entry = source.entry
        guard let activation = entry["activation"]?.stringValue.flatMap(NetworkActivation.init(rawValue:)),
            let written = entry["layers"]?.arrayValue
        else { throw .damagedModel("its learner does not say what its layers are") }
        if source.classCount > 0 {
            scale = nil
        } else {
            guard let mean = entry["targetMean"]?.numberValue, let deviation = entry["targetDeviation"]?.numberValue,
                mean.magnitude <= FeatureColumn.largestNumber, 0 < deviation, deviation <= 2 * FeatureColumn.largestNumber
            else { throw .damagedModel("its learner does not say what its outputs stand for") }
            scale = NetworkScale(mean: mean, deviation: deviation)
        }
        do {
            input = try Self.input(entry, source.pipeline)
            var layers: [NetworkLayer] = []
            for layer in written { layers.append(try NetworkLayer(layer)) }
            plan = try NetworkPlan(
                NetworkArchitecture(input: input.shape, layers: layers, activation: activation, outputCount: max(1, source.classCount)))
        } catch {
            throw .damagedModel("its layers do not fit together: \(error.diagnostics.first?.message ?? "")")
        }
        try source.tensors.expect(count: plan.tensors.count)
        var parameters: [Float] = []
        for tensor in plan.tensors {
            let values = try source.tensors.floats(tensor.name, tensor.shape)
            let least = tensor.name.hasSuffix(".variance") ? 0 : -Self.largest
            guard values.allSatisfy({ least <= $0 && $0 <= Self.largest }) else {
                throw .damagedModel("a number of its tensor '\(tensor.name)' is out of range")
            }
            parameters += values
        }
        self.parameters = parameters
    }

    private static func input(_ entry: JSONValue, _ pipeline: FeaturePipeline) throws(LearningError) -> NetworkInput {
        let kind = entry["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:))
        guard kind == .convolutionalNetwork else { return .columns(DesignLayout(pipeline)) }
        guard let image = entry["image"] else { return try NetworkInput(imagesOf: pipeline) }
        return try NetworkInput(pixels: try NetworkShape(reading: image), of: pipeline)
    }
}

extension NetworkShape {
    /// Reads the option `image`.
    init(reading written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: ConvolutionalNetworkLearner.imageOptions)
        self.init(height: try values.integer("height"), width: try values.integer("width"), channels: try values.integer("channels"))
    }
}
