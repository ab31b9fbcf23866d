package import Canonical

extension DecisionForest: Predictor {
    package var members: [JSONMember] {
        [JSONMember("trees", .integer(treeCount))]
    }

    package var tensors: [Tensor] {
        [
            Tensor("leaves", [values.count / width, width], values),
            Tensor("thresholds", [thresholds.count], thresholds),
            Tensor("nodes.detail", [nodes.count], nodes.map(\.detail)),
            // Twice the feature, and 1 more where a missing number goes left.
            Tensor("nodes.question", [nodes.count], nodes.map { $0.feature < 0 ? -1 : $0.feature * 2 + ($0.missingGoesLeft ? 1 : 0) }),
            Tensor("nodes.right", [nodes.count], nodes.map(\.right)),
            Tensor("sets", [sets.count, 8], sets.flatMap(\.halves)),
            Tensor("trees.starts", [starts.count], starts),
        ]
    }

    package init(reading source: ModelSource) throws(LearningError) {
        let tensors = source.tensors
        let width = max(source.classCount, 1)
        try tensors.expect(count: 7)
        let nodeCount = tensors.extent("nodes.question")
        let (question, detail) = (try tensors.integers("nodes.question", [nodeCount]), try tensors.integers("nodes.detail", [nodeCount]))
        let right = try tensors.integers("nodes.right", [nodeCount])
        let starts = try tensors.integers("trees.starts", [tensors.extent("trees.starts")])
        let thresholds = try tensors.doubles("thresholds", [tensors.extent("thresholds")])
        let leafCount = tensors.extent("leaves")
        let values = try tensors.doubles("leaves", [leafCount, width])
        let setCount = tensors.extent("sets")
        let halves = try tensors.integers("sets", [setCount, 8])
        guard starts.count > 1, starts[0] == 0, Int(starts[starts.count - 1]) == nodeCount,
            zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw .damagedModel("its trees do not follow each other") }
        guard thresholds.allSatisfy(\.isFinite), Self.areSound(values, width: width, classCount: source.classCount) else {
            throw .damagedModel("a number in its trees is out of range")
        }
        let sets = (0..<setCount).map { CodeSet(halves: halves[$0 * 8..<$0 * 8 + 8]) }
        var nodes: [ForestNode] = []
        nodes.reserveCapacity(nodeCount)
        let counts = (features: source.pipeline.features.count, leaves: leafCount, thresholds: thresholds.count, sets: setCount)
        for tree in 0..<starts.count - 1 {
            let size = starts[tree + 1] - starts[tree]
            for place in Int(starts[tree])..<Int(starts[tree + 1]) {
                var node = ForestNode(feature: question[place] >= 0 ? question[place] / 2 : -1, detail: detail[place], right: right[place])
                guard question[place] >= -1, node.feature < counts.features, 0 <= node.detail else {
                    throw .damagedModel("a node of its trees leads nowhere")
                }
                let isSound: Bool
                if node.feature < 0 {
                    isSound = node.right == 0 && node.detail < counts.leaves
                } else {
                    node.missingGoesLeft = question[place] % 2 == 1
                    let kind = source.pipeline.features[Int(node.feature)].kind
                    if case .category = kind { node.isAboutSet = true }
                    // The left child is the next node, the right one comes after it.
                    isSound =
                        Int32(place) - starts[tree] + 1 < node.right && node.right < size && kind.isColumn
                        && node.detail < (node.isAboutSet ? counts.sets : counts.thresholds)
                }
                guard isSound else { throw .damagedModel("a node of its trees leads nowhere") }
                nodes.append(node)
            }
        }
        self.init(width: width, nodes: nodes, starts: starts, thresholds: thresholds, sets: sets, values: values)
    }

    /// Whether leaves say shares of classes that sum to 1, or numbers that do not overflow when they are summed.
    private static func areSound(_ values: [Double], width: Int, classCount: Int) -> Bool {
        if classCount == 0 { return values.allSatisfy { $0.magnitude <= LinearWeights.largest } }
        guard values.allSatisfy({ 0...1 ~= $0 }) else { return false }
        return stride(from: 0, to: values.count, by: width).allSatisfy { lower in
            (values[lower..<lower + width].reduce(0, +) - 1).magnitude < 1e-9
        }
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) -> Outputs {
        let means = means(rows, threads: threads)
        return width == 1 ? .sums(means) : .probabilities(means)
    }
}

extension Feature.Kind {
    /// Whether trees can ask about it: texts and images are more than one column.
    fileprivate var isColumn: Bool {
        switch self {
        case .number, .category: true
        case .text, .images: false
        }
    }
}

extension CodeSet {
    /// The bits in 8 parts, the least significant first.
    var halves: [Int32] {
        (0..<4).flatMap { [Int32(truncatingIfNeeded: words[$0]), Int32(truncatingIfNeeded: words[$0] >> 32)] }
    }

    init(halves: ArraySlice<Int32>) {
        self.init()
        for (place, half) in halves.enumerated() {
            words[place / 2] |= UInt64(UInt32(bitPattern: half)) << UInt64(place % 2 * 32)
        }
    }
}
