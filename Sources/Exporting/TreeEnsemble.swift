import Learning

/// The lists of the operator `TreeEnsemble`, in which inner nodes and leaves are numbered apart.
struct TreeEnsemble {
    /// A place in a tree; children are counted within the tree.
    enum Node {
        /// What the leaf adds to one of the outputs.
        case leaf(output: Int, weight: Double)
        case number(feature: Int, threshold: Double, missingGoesLeft: Bool, left: Int, right: Int)
        /// A code among `codes` goes left.
        case category(feature: Int, codes: CodeSet, left: Int, right: Int)
    }

    /// The modes of a node, by their numbers in the operator.
    private enum Mode: UInt8 {
        /// The value is at most the split.
        case atMost = 0
        /// The value is among the node's members.
        case member = 6
    }

    private var features: [Int] = []
    private var modes: [UInt8] = []
    private var splits: [Double] = []
    private var members: [Double] = []
    private var missingIsTrue: [Int] = []
    private var children: [(isLeaf: [Int], place: [Int])] = []
    private var roots: [Int] = []
    private var leafTargets: [Int] = []
    private var leafValues: [Double] = []

    private typealias Place = (isLeaf: Bool, place: Int)

    mutating func append(_ nodes: [Node]) {
        // Where each node of the tree goes: inner nodes and leaves in the order in which they stand.
        var places: [Place] = []
        var inner = features.count
        for node in nodes {
            if case .leaf(let output, let weight) = node {
                places.append((true, leafValues.count))
                leafTargets.append(output)
                leafValues.append(weight)
            } else {
                places.append((false, inner))
                inner += 1
            }
        }
        roots.append(features.count)
        if nodes.count == 1, let target = leafTargets.last, let value = leafValues.last {
            // A tree of one leaf asks a question and has the leaf twice: onnxruntime 1.22 misreads one that both answers lead to.
            append(feature: 0, .atMost, 0, missingGoesLeft: true, places[0], (true, leafValues.count))
            leafTargets.append(target)
            leafValues.append(value)
            return
        }
        for node in nodes {
            switch node {
            case .leaf: continue
            case .number(let feature, let threshold, let missingGoesLeft, let left, let right):
                append(feature: feature, .atMost, threshold, missingGoesLeft: missingGoesLeft, places[left], places[right])
            case .category(let feature, let codes, let left, let right):
                let list = (0..<256).filter(codes.contains).map(Double.init)
                if list.isEmpty {
                    // No code is so small, and the operator wants a member.
                    append(feature: feature, .atMost, -1, missingGoesLeft: false, places[left], places[right])
                    continue
                }
                members += list + [.nan]
                append(feature: feature, .member, 0, missingGoesLeft: false, places[left], places[right])
            }
        }
    }

    private mutating func append(
        feature: Int, _ mode: Mode, _ split: Double, missingGoesLeft: Bool, _ left: Place, _ right: Place
    ) {
        features.append(feature)
        modes.append(mode.rawValue)
        splits.append(split)
        missingIsTrue.append(missingGoesLeft ? 1 : 0)
        children.append((isLeaf: [left.isLeaf ? 1 : 0, right.isLeaf ? 1 : 0], place: [left.place, right.place]))
    }

    /// The sums of the leaves that each row of `table`, (rows, features), comes to, (rows, outputs).
    func sums(_ table: ONNXGraph.Value, outputs: Int, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        graph.apply("TreeEnsemble", [table], attributes(outputs: outputs), isLearning: true)
    }

    private func attributes(outputs: Int) -> [(String, ONNXGraph.Attribute)] {
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
