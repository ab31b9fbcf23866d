import Learning

/// The columns of the design: what learners of weighted sums and distances make of features.
enum DesignGraph {
    /// Numbers further from the mean than this many deviations count as this far, except to networks.
    static let furthest = 1e100

    /// (rows, columns), double
    ///
    /// - Parameter furthest: Numbers further from the mean than this many deviations count as this far.
    static func columns(
        _ pipeline: FeaturePipeline, furthest: Double, _ graph: inout ONNXGraph
    ) throws(ExportError) -> ONNXGraph.Value {
        var pieces: [ONNXGraph.Value] = []
        var numbers = Numbers()
        for (feature, part) in zip(pipeline.features, pipeline.designParts) {
            switch (feature.kind, part) {
            case (_, .none): continue
            case (.number, .number(let mean, let deviation)):
                numbers.append(try FeatureGraph.number(feature, &graph), mean, deviation)
            case (.category(let profile), .category(let places, let width)):
                if let before = numbers.take(furthest, &graph) { pieces.append(before) }
                var table = [Double](repeating: 0, count: places.count * width)
                for (code, place) in places.enumerated() where place >= 0 { table[code * width + place] = 1 }
                pieces.append(FeatureGraph.entries(of: table, width, FeatureGraph.code(feature, profile, &graph), &graph))
            default: throw .notExpressible("column '\(feature.name)' holds texts, which are not exported")
            }
        }
        if let rest = numbers.take(furthest, &graph) { pieces.append(rest) }
        guard let first = pieces.first else { throw .notExpressible("no feature of the model varies, so that it has no input") }
        return pieces.count == 1 ? first : graph.apply("Concat", pieces, [("axis", .integer(1))])
    }

    /// Columns of numbers with what standardises them.
    struct Numbers {
        private var columns: [ONNXGraph.Value] = []
        private var means: [Double] = []
        private var deviations: [Double] = []

        mutating func append(_ column: ONNXGraph.Value, _ mean: Double, _ deviation: Double) {
            columns.append(column)
            means.append(mean)
            deviations.append(deviation)
        }

        /// The distances of all columns so far from their means in deviations, (rows, columns), which are forgotten; nil if there are none.
        mutating func take(_ furthest: Double, _ graph: inout ONNXGraph) -> ONNXGraph.Value? {
            if columns.isEmpty { return nil }
            defer { self = Numbers() }
            let table = graph.apply("Concat", columns, [("axis", .integer(1))])
            let mean = graph.constant(means)
            let present = graph.apply("Where", [graph.apply("IsNaN", [table]), mean, table])
            let scaled = graph.apply("Div", [graph.apply("Sub", [present, mean]), graph.constant(deviations)])
            let low = graph.apply("Max", [scaled, graph.constant([-furthest])])
            return graph.apply("Min", [low, graph.constant([furthest])])
        }
    }
}
