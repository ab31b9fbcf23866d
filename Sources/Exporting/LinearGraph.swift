import Learning

/// Weighted sums of a linear model's features.
enum LinearGraph {
    /// Numbers further from the mean than this many deviations count as this far.
    private static let furthest = 1e100

    /// (rows, outputs)
    static func sums(_ weights: LinearWeights, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        let (features, intercepts) = weights.byFeature(model.pipeline)
        var numbers: [ONNXGraph.Value] = []
        var means: [Double] = []
        var deviations: [Double] = []
        var rows: [Double] = []
        var terms: [ONNXGraph.Value] = []
        for (feature, part) in zip(model.pipeline.features, features) {
            switch (feature.kind, part) {
            case (_, .none): continue
            case (.number, .number(let mean, let deviation, let own)):
                numbers.append(try FeatureGraph.number(feature, &graph))
                means.append(mean)
                deviations.append(deviation)
                rows += own
            case (.category(let profile), .category(let table)):
                let code = FeatureGraph.code(feature, profile, &graph)
                let added = graph.constant([profile.levels.count + 2, weights.outputCount], .doubles(table))
                let found = graph.apply("Gather", [added, code], [("axis", .integer(0))])
                terms.append(graph.apply("Squeeze", [found, graph.constant([1], .integers([1]))]))
            default: throw .notExpressible("column '\(feature.name)' holds texts, which are not exported")
            }
        }
        if !numbers.isEmpty {
            let table = graph.apply("Concat", numbers, [("axis", .integer(1))])
            let mean = graph.constant(means)
            let present = graph.apply("Where", [graph.apply("IsNaN", [table]), mean, table])
            let scaled = graph.apply("Div", [graph.apply("Sub", [present, mean]), graph.constant(deviations)])
            let low = graph.apply("Max", [scaled, graph.constant([-furthest])])
            let bounded = graph.apply("Min", [low, graph.constant([furthest])])
            let matrix = graph.constant([numbers.count, weights.outputCount], .doubles(rows))
            terms.insert(graph.apply("MatMul", [bounded, matrix]), at: 0)
        }
        guard let first = terms.first else { throw .notExpressible("no feature of the model varies, so that it has no input") }
        let total = terms.dropFirst().reduce(first) { graph.apply("Add", [$0, $1]) }
        return graph.apply("Add", [total, graph.constant(intercepts)])
    }
}
