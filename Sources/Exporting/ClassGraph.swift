/// What a classifier gives: probabilities and labels.
enum ClassGraph {
    /// - Parameter sums: The log odds of the second of two classes, (rows, 1), or a score for each class, (rows, classes).
    static func write(sums: ONNXGraph.Value, _ classes: [String], _ graph: inout ONNXGraph) {
        let probabilities: ONNXGraph.Value
        if classes.count == 2 {
            let other = graph.apply("Neg", [sums])
            probabilities = graph.apply(
                "Concat", [graph.apply("Sigmoid", [other]), graph.apply("Sigmoid", [sums])], [("axis", .integer(1))])
        } else {
            probabilities = graph.apply("Softmax", [sums], [("axis", .integer(1))])
        }
        write(probabilities: probabilities, classes, &graph)
    }

    /// - Parameter probabilities: (rows, classes); the first of the largest is the label's.
    static func write(probabilities: ONNXGraph.Value, _ classes: [String], _ graph: inout ONNXGraph) {
        let places = graph.apply("ArgMax", [probabilities], [("axis", .integer(1)), ("keepdims", .integer(0))])
        write(label: places, classes, &graph)
        graph.output(probabilities, as: "probabilities", .double, [.known(classes.count)])
    }

    /// - Parameter label: The place of each row's label among `labels`, (rows).
    static func write(label: ONNXGraph.Value, _ labels: [String], _ graph: inout ONNXGraph) {
        let names = graph.constant([labels.count], .texts(labels))
        graph.output(graph.apply("Gather", [names, label], [("axis", .integer(0))]), as: "label", .string, [])
    }
}
