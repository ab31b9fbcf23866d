import Learning

/// Sums of decision trees, by the operator `TreeEnsemble`.
enum TreeGraph {
    /// The modes of a node, by their numbers in the operator.
    private enum Mode: UInt8 {
        /// The value is at most the split.
        case atMost = 0
        /// The value is among the node's members.
        case member = 6
    }

    /// (rows, outputs)
    static func sums(_ trees: BoostedTrees, _ model: TrainedModel, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        var columns: [ONNXGraph.Value] = []
        for feature in model.pipeline.features {
            switch feature.kind {
            case .number: columns.append(try FeatureGraph.number(feature, &graph))
            case .category(let profile):
                let code = FeatureGraph.code(feature, profile, &graph)
                columns.append(graph.apply("Cast", [code], [("to", .integer(ONNXTensor.ElementType.double.rawValue))]))
            case .text, .images: throw .notExpressible("column '\(feature.name)' holds texts or images, which are not exported")
            }
        }
        let table = graph.apply("Concat", columns, [("axis", .integer(1))])
        var ensemble = Ensemble()
        for tree in 0..<trees.treeCount { ensemble.append(tree, of: trees) }
        let sums = graph.apply("TreeEnsemble", [table], ensemble.attributes(outputs: trees.outputCount), isLearning: true)
        return graph.apply("Add", [sums, graph.constant(trees.baselines)])
    }

    /// The operator's lists: inner nodes and leaves are numbered apart.
    private struct Ensemble {
        private var features: [Int] = []
        private var modes: [UInt8] = []
        private var splits: [Double] = []
        private var members: [Double] = []
        private var missingIsTrue: [Int] = []
        private var children: [(isLeaf: [Int], place: [Int])] = []
        private var roots: [Int] = []
        private var leafTargets: [Int] = []
        private var leafValues: [Double] = []

        mutating func append(_ tree: Int, of trees: BoostedTrees) {
            let start = Int(trees.starts[tree])
            let nodes = trees.nodes[start..<Int(trees.starts[tree + 1])]
            // Where each node of the tree goes: inner nodes and leaves in the order in which they stand.
            var places: [(isLeaf: Bool, place: Int)] = []
            var inner = features.count
            for node in nodes {
                if node.feature < 0 {
                    places.append((true, leafValues.count))
                    leafTargets.append(tree % trees.outputCount)
                    leafValues.append(node.value)
                } else {
                    places.append((false, inner))
                    inner += 1
                }
            }
            roots.append(features.count)
            if nodes.count == 1 {
                // A tree of one leaf asks a question whose both answers are the leaf.
                append(feature: 0, .atMost, 0, missingGoesLeft: true, places[0], places[0])
                return
            }
            for node in nodes where node.feature >= 0 {
                let (left, right) = (places[Int(node.left)], places[Int(node.right)])
                if node.set >= 0 {
                    let set = trees.sets[Int(node.set)]
                    members += (0..<256).filter(set.contains).map(Double.init) + [.nan]
                    append(feature: Int(node.feature), .member, 0, missingGoesLeft: false, left, right)
                } else {
                    append(feature: Int(node.feature), .atMost, node.threshold, missingGoesLeft: node.missingGoesLeft, left, right)
                }
            }
        }

        private mutating func append(
            feature: Int, _ mode: Mode, _ split: Double, missingGoesLeft: Bool, _ left: (isLeaf: Bool, place: Int),
            _ right: (isLeaf: Bool, place: Int)
        ) {
            features.append(feature)
            modes.append(mode.rawValue)
            splits.append(split)
            missingIsTrue.append(missingGoesLeft ? 1 : 0)
            children.append((isLeaf: [left.isLeaf ? 1 : 0, right.isLeaf ? 1 : 0], place: [left.place, right.place]))
        }

        func attributes(outputs: Int) -> [(String, ONNXGraph.Attribute)] {
            let count = [features.count]
            var list: [(String, ONNXGraph.Attribute)] = [
                ("aggregate_function", .integer(1)), ("leaf_targetids", .integers(leafTargets)),
                ("leaf_weights", .tensor(ONNXTensor("leaf_weights", [leafValues.count], .doubles(leafValues)))),
            ]
            if !members.isEmpty {
                list.append(("membership_values", .tensor(ONNXTensor("membership_values", [members.count], .doubles(members)))))
            }
            return list + [
                ("n_targets", .integer(outputs)), ("nodes_falseleafs", .integers(children.map { $0.isLeaf[1] })),
                ("nodes_falsenodeids", .integers(children.map { $0.place[1] })), ("nodes_featureids", .integers(features)),
                ("nodes_missing_value_tracks_true", .integers(missingIsTrue)),
                ("nodes_modes", .tensor(ONNXTensor("nodes_modes", count, .bytes(modes)))),
                ("nodes_splits", .tensor(ONNXTensor("nodes_splits", count, .doubles(splits)))),
                ("nodes_trueleafs", .integers(children.map { $0.isLeaf[0] })),
                ("nodes_truenodeids", .integers(children.map { $0.place[0] })), ("post_transform", .integer(0)),
                ("tree_roots", .integers(roots)),
            ]
        }
    }
}
