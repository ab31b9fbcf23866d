package import Canonical

extension BoostedTrees: Predictor {
    package var members: [JSONMember] {
        [JSONMember("trees", .integer(treeCount))]
    }

    package var tensors: [Tensor] {
        let count = [nodes.count]
        var sets: [Int32] = []
        for set in self.sets {
            for word in 0..<4 {
                sets.append(Int32(truncatingIfNeeded: set.words[word]))
                sets.append(Int32(truncatingIfNeeded: set.words[word] >> 32))
            }
        }
        return [
            Tensor("baselines", [baselines.count], baselines),
            Tensor("trees.starts", [starts.count], starts),
            Tensor("nodes.feature", count, nodes.map(\.feature)),
            Tensor("nodes.threshold", count, nodes.map(\.threshold)),
            Tensor("nodes.left", count, nodes.map(\.left)),
            Tensor("nodes.right", count, nodes.map(\.right)),
            Tensor("nodes.missing", count, nodes.map { Int32($0.missingGoesLeft ? 1 : 0) }),
            Tensor("nodes.set", count, nodes.map(\.set)),
            Tensor("nodes.value", count, nodes.map(\.value)),
            Tensor("sets", [self.sets.count, 8], sets),
        ]
    }

    package init(reading source: ModelSource) throws(LearningError) {
        let (tensors, pipeline, outputs) = (source.tensors, source.pipeline, source.outputCount)
        try tensors.expect(count: 10)
        let nodeCount = tensors.extent("nodes.value")
        let setCount = tensors.extent("sets")
        let starts = try tensors.integers("trees.starts", [tensors.extent("trees.starts")])
        let (feature, threshold) = (try tensors.integers("nodes.feature", [nodeCount]), try tensors.doubles("nodes.threshold", [nodeCount]))
        let (left, right) = (try tensors.integers("nodes.left", [nodeCount]), try tensors.integers("nodes.right", [nodeCount]))
        let (missing, set) = (try tensors.integers("nodes.missing", [nodeCount]), try tensors.integers("nodes.set", [nodeCount]))
        let value = try tensors.doubles("nodes.value", [nodeCount])
        let baselines = try tensors.doubles("baselines", [outputs])
        let words = try tensors.integers("sets", [setCount, 8])
        guard starts.count > 1, (starts.count - 1) % outputs == 0, starts[0] == 0, Int(starts[starts.count - 1]) == nodeCount,
            zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw .damagedModel("its trees do not follow each other") }
        guard (value + baselines).allSatisfy({ $0.magnitude <= LinearWeights.largest }), threshold.allSatisfy(\.isFinite) else {
            throw .damagedModel("a number in its trees is out of range")
        }
        var nodes: [TreeNode] = []
        nodes.reserveCapacity(nodeCount)
        for tree in 0..<starts.count - 1 {
            let size = starts[tree + 1] - starts[tree]
            for place in Int(starts[tree])..<Int(starts[tree + 1]) {
                let node = TreeNode(
                    feature: feature[place], threshold: threshold[place], left: left[place], right: right[place],
                    missingGoesLeft: missing[place] == 1, set: set[place], value: value[place])
                guard 0...1 ~= missing[place], Self.isSound(node, at: Int32(place) - starts[tree], of: size, setCount, pipeline) else {
                    throw .damagedModel("a node of its trees leads nowhere")
                }
                nodes.append(node)
            }
        }
        var sets: [CodeSet] = []
        for place in 0..<setCount {
            var set = CodeSet()
            for word in 0..<4 {
                let low = UInt64(UInt32(bitPattern: words[place * 8 + word * 2]))
                set.words[word] = low | UInt64(UInt32(bitPattern: words[place * 8 + word * 2 + 1])) << 32
            }
            sets.append(set)
        }
        self.init(baselines: baselines, nodes: nodes, starts: starts, sets: sets)
    }

    private static func isSound(_ node: TreeNode, at place: Int32, of size: Int32, _ setCount: Int, _ pipeline: FeaturePipeline) -> Bool {
        if node.feature == -1 { return node == TreeNode(value: node.value) }
        guard 0 <= node.feature, Int(node.feature) < pipeline.features.count else { return false }
        guard place < node.left, node.left < size, place < node.right, node.right < size, node.value == 0 else { return false }
        switch pipeline.features[Int(node.feature)].kind {
        case .number: return node.set == -1
        case .category: return 0 <= node.set && Int(node.set) < setCount
        case .text, .images: return false
        }
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) -> Outputs {
        .sums(sums(rows, threads: threads))
    }
}
