import Learning

/// Naive Bayes: sums of logarithms.
enum BayesGraph {
    /// The logarithm of 2π.
    private static let logTwoPi = 1.8378770664093453
    /// No single number says more than this against a class.
    private static let leastTerm = -1e15

    /// The log odds of the second of two classes, (rows, 1), or the logarithm of each class's probability up to a constant, (rows, classes).
    static func sums(_ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        let count = model.classes.count
        let tensors = NamedTensors(model)
        var numbers: [ONNXGraph.Value] = []
        var means: [Double] = []
        var variances: [Double] = []
        var sum = graph.constant(tensors.doubles("priors"))
        for (index, feature) in model.pipeline.features.enumerated() {
            switch feature.kind {
            case .number:
                numbers.append(try FeatureGraph.number(feature, &graph))
                means += tensors.doubles("features.\(index).mean")
                variances += tensors.doubles("features.\(index).variance")
            case .category(let profile):
                let logs = tensors.doubles("features.\(index).log-share")
                sum = graph.apply("Add", [sum, FeatureGraph.entries(of: logs, count, FeatureGraph.code(feature, profile, &graph), &graph)])
            case .text, .images: throw .notExpressible("column '\(feature.name)' holds texts or images, which are not exported")
            }
        }
        if !numbers.isEmpty {
            let table = graph.apply("Concat", numbers, [("axis", .integer(1))])
            let values = graph.apply("Unsqueeze", [table, graph.constant([1], .integers([2]))])
            let shape = [numbers.count, count]
            let distance = graph.apply("Sub", [values, graph.constant(shape, .doubles(means))])
            let scale = graph.constant(shape, .doubles(variances.map { 0.5 / $0 }))
            let loss = graph.apply("Mul", [graph.apply("Mul", [distance, distance]), scale])
            let log = graph.apply("Log", [graph.constant(shape, .doubles(variances))])
            let base = graph.apply("Mul", [graph.apply("Add", [log, graph.constant([Self.logTwoPi])]), graph.constant([-0.5])])
            let terms = graph.apply("Max", [graph.apply("Sub", [base, loss]), graph.constant([leastTerm])])
            // A missing number says nothing.
            let present = graph.apply("Where", [graph.apply("IsNaN", [values]), graph.constant([0]), terms])
            sum = graph.apply("Add", [sum, graph.sum(present, over: 1)])
        }
        if count > 2 { return sum }
        return graph.apply("MatMul", [sum, graph.constant([2, 1], .doubles([-1, 1]))])
    }
}
