import Canonical
import StageKinds

/// Turns a model's document and tensors into a model, and refuses whatever a model cannot be.
///
/// What has passed here can be applied to any table without a trap: every index is in its range, walks down trees end, and no
/// number can overflow on the way.
enum ModelReader {
    static func model(_ document: JSONValue, _ tensors: [Tensor]) throws(LearningError) -> TrainedModel {
        guard let version = document["version"]?.integerValue, version >= 1 else { throw .damagedModel("it has no format version") }
        guard version <= TrainedModel.formatVersion else { throw .newerModel(version: version) }
        guard let task = document["task"]?.stringValue.flatMap(LearningTask.init(rawValue:)) else { throw .damagedModel("it has no task") }
        guard let target = document["target"]?.stringValue else { throw .damagedModel("it has no target") }
        guard let classes = sortedTexts(document["classes"]),
            task == .classification ? (2...TargetColumn.mostClasses) ~= classes.count : classes.isEmpty
        else { throw .damagedModel("its classes do not fit its task") }
        guard let rows = count(document["trainingRows"]) else { throw .damagedModel("it has no number of training rows") }
        var features: [Feature] = []
        for entry in document["features"]?.arrayValue ?? [] { features.append(try feature(entry)) }
        let names = features.map { Array($0.name.utf8) }
        guard !features.isEmpty, Set(names).count == names.count else { throw .damagedModel("its features are not distinct columns") }
        let pipeline = FeaturePipeline(features: features)
        let learner = try learner(document["learner"], Tensors(tensors), pipeline, task, classCount: classes.count)
        return TrainedModel(task: task, target: target, classes: classes, pipeline: pipeline, learner: learner, trainingRows: rows)
    }

    private static func count(_ value: JSONValue?) -> Int? {
        value?.integerValue.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Distinct texts in the order of their bytes.
    private static func sortedTexts(_ value: JSONValue?) -> [String]? {
        guard let list = value?.arrayValue else { return nil }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count, zip(texts, texts.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) })
        else { return nil }
        return texts
    }

    private static func feature(_ entry: JSONValue) throws(LearningError) -> Feature {
        guard let name = entry["name"]?.stringValue, let missing = count(entry["missing"]) else {
            throw .damagedModel("a feature has no name")
        }
        let wrong = LearningError.damagedModel("the profile of feature '\(name)' is not one")
        switch entry["type"]?.stringValue {
        case "number":
            let largest = FeatureColumn.largestNumber
            guard let mean = entry["mean"]?.numberValue, let deviation = entry["deviation"]?.numberValue,
                let minimum = entry["minimum"]?.numberValue, let maximum = entry["maximum"]?.numberValue,
                let present = count(entry["present"]), minimum <= maximum, -largest <= minimum, maximum <= largest,
                mean.magnitude <= largest, 0 <= deviation, deviation <= 2 * largest
            else { throw wrong }
            return Feature(
                name: name,
                kind: .number(
                    NumberProfile(
                        mean: mean, deviation: deviation, minimum: minimum, maximum: maximum, present: present, missing: missing)))
        case "category":
            guard let levels = sortedTexts(entry["levels"]), levels.count <= CategoryProfile.mostLevels, let others = count(entry["others"])
            else { throw wrong }
            return Feature(name: name, kind: .category(CategoryProfile(levels: levels, others: others, missing: missing)))
        default: throw wrong
        }
    }

    private static func learner(
        _ entry: JSONValue?, _ tensors: Tensors, _ pipeline: FeaturePipeline, _ task: LearningTask, classCount: Int
    ) throws(LearningError) -> FittedLearner {
        guard let entry, let kind = entry["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)), kind.tasks.contains(task) else {
            throw .damagedModel("its learner does not fit its task")
        }
        let outputs = classCount > 2 ? classCount : 1
        switch kind {
        case .linear: return .linear(try weights(tensors, pipeline, outputs))
        case .logistic:
            guard let iterations = count(entry["iterations"]), let isConverged = entry["isConverged"]?.booleanValue else {
                throw .damagedModel("its learner does not say how it ended")
            }
            return .logistic(try weights(tensors, pipeline, outputs), iterations: iterations, isConverged: isConverged)
        case .boostedTrees: return .boostedTrees(try trees(tensors, pipeline, outputs))
        }
    }

    private static func weights(_ tensors: Tensors, _ pipeline: FeaturePipeline, _ outputs: Int) throws(LearningError) -> LinearWeights {
        try tensors.expect(count: 1)
        let width = DesignLayout(pipeline).columns.count + 1
        let elements = try tensors.doubles("weights", [width, outputs])
        guard elements.allSatisfy({ $0.magnitude <= LinearWeights.largest }) else { throw .damagedModel("a weight is out of range") }
        return LinearWeights(outputCount: outputs, elements: elements)
    }

    private static func trees(_ tensors: Tensors, _ pipeline: FeaturePipeline, _ outputs: Int) throws(LearningError) -> BoostedTrees {
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
                guard 0...1 ~= missing[place], isSound(node, at: Int32(place) - starts[tree], of: size, setCount, pipeline) else {
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
        return BoostedTrees(baselines: baselines, nodes: nodes, starts: starts, sets: sets)
    }

    private static func isSound(_ node: TreeNode, at place: Int32, of size: Int32, _ setCount: Int, _ pipeline: FeaturePipeline) -> Bool {
        if node.feature == -1 { return node == TreeNode(value: node.value) }
        guard 0 <= node.feature, Int(node.feature) < pipeline.features.count else { return false }
        guard place < node.left, node.left < size, place < node.right, node.right < size, node.value == 0 else { return false }
        switch pipeline.features[Int(node.feature)].kind {
        case .number: return node.set == -1
        case .category: return 0 <= node.set && Int(node.set) < setCount
        }
    }
}

/// Tensors by name, taken out with the shape that they must have.
private struct Tensors {
    private let list: [Tensor]

    init(_ list: [Tensor]) {
        self.list = list
    }

    private func tensor(_ name: String) -> Tensor? {
        list.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    func expect(count: Int) throws(LearningError) {
        guard list.count == count else { throw .damagedModel("it has \(list.count) tensors where its learner has \(count)") }
    }

    /// The first extent of a tensor, 0 if there is none.
    func extent(_ name: String) -> Int {
        tensor(name)?.shape.first ?? 0
    }

    func doubles(_ name: String, _ shape: [Int]) throws(LearningError) -> [Double] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.doubles else { throw wrong(name) }
        return values
    }

    func integers(_ name: String, _ shape: [Int]) throws(LearningError) -> [Int32] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.integers else { throw wrong(name) }
        return values
    }

    private func wrong(_ name: String) -> LearningError {
        .damagedModel("the tensor '\(name)' has not the shape that the learner needs")
    }
}
