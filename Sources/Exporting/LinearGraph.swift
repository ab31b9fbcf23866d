import Learning

/// Weighted sums of a linear model's features.
enum LinearGraph {
    /// (rows, outputs)
    static func sums(_ weights: LinearWeights, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        let (features, intercepts) = weights.byFeature(model.pipeline)
        var numbers = DesignGraph.Numbers()
        var rows: [Double] = []
        var terms: [ONNXGraph.Value] = []
        for (feature, part) in zip(model.pipeline.features, features) {
            switch (feature.kind, part) {
            case (_, .none): continue
            case (.number, .number(let mean, let deviation, let own)):
                numbers.append(try FeatureGraph.number(feature, &graph), mean, deviation)
                rows += own
            case (.category(let profile), .category(let table)):
                terms.append(FeatureGraph.entries(of: table, weights.outputCount, FeatureGraph.code(feature, profile, &graph), &graph))
            default: throw .notExpressible("column '\(feature.name)' holds texts, which are not exported")
            }
        }
        if let bounded = numbers.take(DesignGraph.furthest, &graph) {
            let matrix = graph.constant([rows.count / weights.outputCount, weights.outputCount], .doubles(rows))
            terms.insert(graph.apply("MatMul", [bounded, matrix]), at: 0)
        }
        guard let first = terms.first else { throw .notExpressible("no feature of the model varies, so that it has no input") }
        let total = terms.dropFirst().reduce(first) { graph.apply("Add", [$0, $1]) }
        return graph.apply("Add", [total, graph.constant(intercepts)])
    }
}
