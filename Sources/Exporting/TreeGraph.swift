import Learning

/// Sums and means of decision trees, by the operator `TreeEnsemble`.
enum TreeGraph {
    /// The sums of boosted trees, (rows, outputs).
    static func sums(_ trees: BoostedTrees, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        let table = try columns(model, &graph)
        var ensemble = TreeEnsemble()
        for tree in 0..<trees.treeCount {
            let output = tree % trees.outputCount
            ensemble.append(
                trees.nodes[Int(trees.starts[tree])..<Int(trees.starts[tree + 1])].map { node in
                    if node.feature < 0 { return .leaf(output: output, weight: node.value) }
                    let (feature, left, right) = (Int(node.feature), Int(node.left), Int(node.right))
                    if node.set >= 0 { return .category(feature: feature, codes: trees.sets[Int(node.set)], left: left, right: right) }
                    return .number(
                        feature: feature, threshold: node.threshold, missingGoesLeft: node.missingGoesLeft, left: left, right: right)
                })
        }
        return graph.apply("Add", [ensemble.sums(table, outputs: trees.outputCount, &graph), graph.constant(trees.baselines)])
    }

    /// The means of what a forest's trees say, (rows, width).
    static func means(_ forest: DecisionForest, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        let table = try columns(model, &graph)
        let count = graph.constant([Double(forest.treeCount)])
        var ensemble = TreeEnsemble()
        for tree in 0..<forest.treeCount {
            ensemble.append(
                forest.nodes[Int(forest.starts[tree])..<Int(forest.starts[tree + 1])].enumerated().map { place, node in
                    let (feature, detail, right) = (Int(node.feature), Int(node.detail), Int(node.right))
                    if feature < 0 {
                        // A leaf of the operator adds to one output; where ours says several numbers, it gives its place.
                        return forest.width == 1
                            ? .leaf(output: 0, weight: forest.values[detail]) : .leaf(output: tree, weight: Double(detail))
                    }
                    if node.isAboutSet { return .category(feature: feature, codes: forest.sets[detail], left: place + 1, right: right) }
                    return .number(
                        feature: feature, threshold: forest.thresholds[detail], missingGoesLeft: node.missingGoesLeft, left: place + 1,
                        right: right)
                })
        }
        if forest.width == 1 { return graph.apply("Div", [ensemble.sums(table, outputs: 1, &graph), count]) }
        let places = graph.cast(ensemble.sums(table, outputs: forest.treeCount, &graph), to: .int64)
        let leaves = graph.constant([forest.values.count / forest.width, forest.width], .doubles(forest.values))
        let found = graph.apply("Gather", [leaves, places], [("axis", .integer(0))])
        return graph.apply("Div", [graph.sum(found, over: 1), count])
    }

    /// Numbers, and categories' codes, of all features, (rows, features).
    private static func columns(_ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        var columns: [ONNXGraph.Value] = []
        for feature in model.pipeline.features {
            switch feature.kind {
            case .number: columns.append(try FeatureGraph.number(feature, &graph))
            case .category(let profile): columns.append(graph.cast(FeatureGraph.code(feature, profile, &graph), to: .double))
            case .text, .images: throw .notExpressible("column '\(feature.name)' holds texts or images, which are not exported")
            }
        }
        return graph.apply("Concat", columns, [("axis", .integer(1))])
    }
}
