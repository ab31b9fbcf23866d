import Learning

/// Images brought to a model's shape.
// SPEC: model.md#images
enum ImageGraph {
    /// The images of a column, (rows, channels, height, width), float, not yet standardised.
    static func images(_ feature: Feature, _ outline: NetworkOutline, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let images = graph.input(feature.name, .float, ["height", "width", "channels"])
        let shape = graph.apply("Shape", [images])
        let height = graph.apply("Gather", [shape, graph.scalar(1)])
        let width = graph.apply("Gather", [shape, graph.scalar(2)])
        let channels = graph.apply("Gather", [shape, graph.scalar(3)])
        let coloured = graph.apply("MatMul", [images, colouring(channels, to: outline.channels, &graph)])
        let planes = graph.apply("Transpose", [coloured], [("perm", .integers([0, 3, 1, 2]))])
        let across = graph.apply("Transpose", [scaling(width, to: outline.width, &graph)])
        return graph.apply("MatMul", [scaling(height, to: outline.height, &graph), graph.apply("MatMul", [planes, across])])
    }

    /// The share of each old channel in each new one, (old, new); one channel is grey, three are red, green and blue.
    private static func colouring(_ old: ONNXGraph.Value, to new: Int, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        // The first row is for grey images, the other three for coloured ones.
        let shares: [Float] = new == 1 ? [1, 0.299, 0.587, 0.114] : [1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]
        let first = graph.apply("Div", [old, graph.scalar(3)])
        let places = graph.apply("Range", [first, graph.apply("Add", [first, old]), graph.scalar(1)])
        return graph.apply("Gather", [graph.constant([4, new], .floats(shares)), places], [("axis", .integer(0))])
    }

    /// The share of each old element of an extent in each new one, (new, old), in whole numbers up to the last division.
    private static func scaling(_ old: ONNXGraph.Value, to new: Int, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let places = (0..<Int64(new)).map { $0 }
        let elements = graph.apply("Range", [graph.scalar(0), old, graph.scalar(1)])
        // For a smaller extent: where the stretches overlap, in units of which an old element has `new` and a new one `old`.
        let start = graph.apply("Mul", [graph.constant([new, 1], .integers(places)), old])
        let oldStart = graph.apply("Mul", [elements, graph.scalar(new)])
        let end = graph.apply("Min", [graph.apply("Add", [start, old]), graph.apply("Add", [oldStart, graph.scalar(new)])])
        let overlap = graph.apply("Sub", [end, graph.apply("Max", [start, oldStart])])
        let covered = graph.cast(graph.apply("Max", [overlap, graph.scalar(0)]), to: .float)
        let areas = graph.apply("Div", [covered, graph.cast(old, to: .float)])
        // For a larger one: how near the new element's middle is to each old one's, in units of which an old element has `2 * new`.
        let middles = graph.apply("Mul", [graph.constant([new, 1], .integers(places.map { 2 * $0 + 1 })), old])
        let shifted = graph.apply("Max", [graph.apply("Sub", [middles, graph.scalar(new)]), graph.scalar(0)])
        let last = graph.apply("Mul", [graph.apply("Sub", [old, graph.scalar(1)]), graph.scalar(2 * new)])
        let middle = graph.apply("Min", [shifted, last])
        let away = graph.apply("Abs", [graph.apply("Sub", [middle, graph.apply("Mul", [elements, graph.scalar(2 * new)])])])
        let distance = graph.apply("Div", [graph.cast(away, to: .float), graph.constant([1], .floats([Float(2 * new)]))])
        let lines = graph.apply("Relu", [graph.apply("Sub", [graph.constant([1], .floats([1])), distance])])
        return graph.apply("Where", [graph.apply("Greater", [old, graph.scalar(new)]), areas, lines])
    }
}
