import Learning
import StageKinds

/// Networks: layers in float between columns and outputs in double.
///
/// Ours are (rows, height, width, channels); the operators want (rows, channels, height, width).
enum NetworkGraph {
    /// Writes a network's outputs as what its task asks for.
    static func write(_ network: NeuralNetwork, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) {
        let outline = network.outline(model.pipeline)
        var values = try input(outline, model, &graph)
        for step in outline.steps {
            values = apply(step, values, outline, &graph)
            switch step.activation {
            case .relu: values.value = graph.apply("Relu", [values.value])
            case .tanh: values.value = graph.apply("Tanh", [values.value])
            case nil: break
            }
        }
        let outputs = plain(values.value, &graph)
        if let target = outline.target {
            let distance = graph.apply("Mul", [outputs, graph.constant([target.deviation])])
            graph.output(graph.apply("Add", [distance, graph.constant([target.mean])]), as: "prediction", .double, [1])
        } else if outline.outputCount == 2 {
            let odds = graph.apply("MatMul", [outputs, graph.constant([2, 1], .doubles([-1, 1]))])
            ClassGraph.write(sums: odds, model.classes, &graph)
        } else {
            ClassGraph.write(sums: outputs, model.classes, &graph)
        }
    }

    /// What goes from step to step.
    private struct Values {
        var value: ONNXGraph.Value
        /// Whether it is (rows, channels, height, width), else (rows, numbers).
        var isImage: Bool
    }

    // MARK: Input

    private static func input(_ outline: NetworkOutline, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> Values {
        switch outline.input {
        case .columns:
            let columns = try DesignGraph.columns(model.pipeline, furthest: NetworkOutline.furthestInput, &graph)
            return Values(value: graph.cast(columns, to: .float), isImage: false)
        case .pixels(let means, let deviations):
            var numbers = DesignGraph.Numbers()
            for (place, feature) in model.pipeline.features.enumerated() {
                let channel = place % means.count
                let number = try FeatureGraph.number(feature, &graph)
                // A channel that never varied says nothing: every distance is 0.
                let varies = deviations[channel] > 0
                numbers.append(number, varies ? means[channel] : 0, varies ? deviations[channel] : .infinity)
            }
            guard let columns = numbers.take(NetworkOutline.furthestInput, &graph) else {
                throw .notExpressible("no feature of the model varies, so that it has no input")
            }
            let shape = graph.constant([4], .integers([-1, Int64(outline.height), Int64(outline.width), Int64(outline.channels)]))
            let images = graph.apply("Reshape", [graph.cast(columns, to: .float), shape])
            return Values(value: graph.apply("Transpose", [images], [("perm", .integers([0, 3, 1, 2]))]), isImage: true)
        case .images(let means, let deviations):
            let images = ImageGraph.images(model.pipeline.features[0], outline, &graph)
            let shape = [1, outline.channels, 1, 1]
            let distance = graph.apply("Sub", [images, graph.constant(shape, .floats(means.map { Float($0) }))])
            let scaled = graph.apply("Div", [distance, graph.constant(shape, .floats(deviations.map { Float($0) }))])
            return Values(value: bounded(scaled, Float(NetworkOutline.furthestInput), &graph), isImage: true)
        }
    }

    /// Numbers as at most this far from 0.
    private static func bounded(_ value: ONNXGraph.Value, _ furthest: Float, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let low = graph.apply("Max", [value, graph.constant([1], .floats([-furthest]))])
        return graph.apply("Min", [low, graph.constant([1], .floats([furthest]))])
    }

    // MARK: Steps

    private static func apply(
        _ step: NetworkOutline.Step, _ values: Values, _ outline: NetworkOutline, _ graph: inout ONNXGraph
    ) -> Values {
        var result = values
        switch step.operation {
        case .dense(let inputs, let units, let weights, let bias):
            let matrix = graph.constant([inputs, units], .floats(weights))
            let sums = [flat(values, inputs, &graph), matrix, graph.constant([units], .floats(bias))]
            result = Values(value: graph.apply("Gemm", sums), isImage: false)
        case .convolution(let channels, let filters, let size, let stride, let padding, let weights, let bias):
            // (size, size, channels, filters) becomes (filters, channels, size, size).
            let (pixels, area) = (size * size, channels * filters)
            var turned: [Float] = []
            turned.reserveCapacity(weights.count)
            for filter in 0..<filters {
                for channel in 0..<channels {
                    for pixel in 0..<pixels { turned.append(weights[pixel * area + channel * filters + filter]) }
                }
            }
            let kernel = graph.constant([filters, channels, size, size], .floats(turned))
            result.value = graph.apply(
                "Conv", [values.value, kernel, graph.constant([filters], .floats(bias))],
                [
                    ("kernel_shape", .integers([size, size])), ("pads", .integers([padding, padding, padding, padding])),
                    ("strides", .integers([stride, stride])),
                ])
        case .maxPool(let size, let stride):
            result.value = graph.apply("MaxPool", [values.value], window(size, stride))
        case .averagePool(let size, let stride):
            result.value = graph.apply("AveragePool", [values.value], window(size, stride))
        case .batchNorm(let scale, let shift, let mean, let variance):
            let numbers = [scale, shift, mean, variance].map { graph.constant([$0.count], .floats($0)) }
            result.value = graph.apply("BatchNormalization", [values.value] + numbers, [("epsilon", .float(NetworkOutline.normEpsilon))])
        }
        return result
    }

    private static func window(_ size: Int, _ stride: Int) -> [(String, ONNXGraph.Attribute)] {
        [("kernel_shape", .integers([size, size])), ("strides", .integers([stride, stride]))]
    }

    /// (rows, numbers), the channels of a pixel together.
    private static func flat(_ values: Values, _ count: Int, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        guard values.isImage else { return values.value }
        let pixels = graph.apply("Transpose", [values.value], [("perm", .integers([0, 2, 3, 1]))])
        return graph.apply("Reshape", [pixels, graph.constant([2], .integers([-1, Int64(count)]))])
    }

    /// Outputs in double; what is no number is 0.
    private static func plain(_ outputs: ONNXGraph.Value, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let numbers = graph.apply("Where", [graph.apply("IsNaN", [outputs]), graph.constant([1], .floats([0])), outputs])
        return graph.cast(bounded(numbers, NetworkOutline.furthestOutput, &graph), to: .double)
    }
}
