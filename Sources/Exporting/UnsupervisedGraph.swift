import Learning

/// Clusters and components, both of the design's columns.
enum UnsupervisedGraph {
    /// The components of each row, (rows, components).
    static func components(
        _ components: PrincipalComponents, _ model: TrainedModel, _ graph: inout ONNXGraph
    ) throws(ExportError) -> ONNXGraph.Value {
        let design = try DesignGraph.columns(model.pipeline, furthest: DesignGraph.furthest, &graph)
        let count = components.partCount
        let width = components.directions.count / count
        return graph.apply("MatMul", [design, graph.constant([width, count], .doubles(transposed(components.directions, rows: count)))])
    }

    /// Writes the nearest centre of each row and the distance from it.
    static func writeClusters(_ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) {
        let design = try DesignGraph.columns(model.pipeline, furthest: DesignGraph.furthest, &graph)
        let labels = model.outputLabels
        let stored = NamedTensors(model).doubles("centres")
        let width = stored.count / labels.count
        // The last column is 1 in every row and every centre.
        let centres = labels.indices.flatMap { stored[$0 * width..<($0 + 1) * width - 1] }
        let shape = [labels.count, width - 1]
        let squares = labels.indices.map { row in centres[row * shape[1]..<(row + 1) * shape[1]].reduce(0) { $0 + $1 * $1 } }
        let columns = graph.constant([shape[1], shape[0]], .doubles(transposed(centres, rows: labels.count).map { -2 * $0 }))
        let measures = graph.apply("Add", [graph.apply("MatMul", [design, columns]), graph.constant(squares)])
        let place = graph.apply("ArgMin", [measures], [("axis", .integer(1)), ("keepdims", .integer(0))])
        let nearest = graph.apply("Gather", [graph.constant(shape, .doubles(centres)), place], [("axis", .integer(0))])
        let away = graph.apply("Sub", [design, nearest])
        let square = graph.apply(
            "ReduceSum", [graph.apply("Mul", [away, away]), graph.constant([1], .integers([1]))], [("keepdims", .integer(1))])
        ClassGraph.write(label: place, labels, &graph)
        graph.output(graph.apply("Sqrt", [square]), as: "distance", .double, [1])
    }

    /// `elements` is (rows, columns); the result is (columns, rows).
    private static func transposed(_ elements: [Double], rows: Int) -> [Double] {
        let columns = elements.count / rows
        return (0..<columns).flatMap { column in (0..<rows).map { elements[$0 * columns + column] } }
    }
}
