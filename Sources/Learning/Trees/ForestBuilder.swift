import Canonical

/// A forest as its trees come, in their order, with a digest that each extends; equal thresholds and leaves are kept once.
struct ForestBuilder {
    private let width: Int
    private let isRegression: Bool
    private var nodes: [ForestNode] = []
    private var starts: [Int32] = [0]
    private var thresholds: [Double] = []
    private var thresholdPlaces: [UInt64: Int32] = [:]
    private var sets: [CodeSet] = []
    private var values: [Double] = []
    private var leafPlaces: [[Double]: Int32] = [:]
    /// For each class the leaf that holds no other.
    private var pureLeaves: [Int32?]
    private(set) var digest = Digest.of([])

    /// More nodes or leaves than this are refused, so that the next tree's can be numbered too: a tree has fewer than 2^31.
    private static let most = 1 << 28

    init(_ goal: ForestGoal) {
        width = goal.width
        isRegression = goal.isRegression
        pureLeaves = [Int32?](repeating: nil, count: goal.width)
    }

    var isFull: Bool { nodes.count > Self.most || values.count > Self.most }

    mutating func append(_ tree: GrownForestTree) {
        var bytes = digest.bytes
        let firstSet = Int32(sets.count)
        let ownThresholds = tree.thresholds.map { place(ofThreshold: $0) }
        for var node in tree.nodes {
            if node.feature < 0 {
                node.detail = place(ofLeaf: Int(node.detail), in: tree)
            } else if node.isAboutSet {
                node.detail += firstSet
            } else {
                node.detail = ownThresholds[Int(node.detail)]
            }
            nodes.append(node)
            for word in [node.feature, node.detail, node.right, node.missingGoesLeft ? 1 : 0] { bytes.appendLittleEndian(word) }
        }
        for number in tree.thresholds + tree.values { bytes.appendLittleEndian(number.bitPattern) }
        for set in tree.sets {
            for word in 0..<4 { bytes.appendLittleEndian(set.words[word]) }
        }
        sets += tree.sets
        starts.append(Int32(truncatingIfNeeded: nodes.count))
        digest = Digest.of(bytes)
    }

    private mutating func place(ofThreshold threshold: Double) -> Int32 {
        if let place = thresholdPlaces[threshold.bitPattern] { return place }
        let place = Int32(truncatingIfNeeded: thresholds.count)
        thresholds.append(threshold)
        thresholdPlaces[threshold.bitPattern] = place
        return place
    }

    private mutating func place(ofLeaf leaf: Int, in tree: GrownForestTree) -> Int32 {
        let value = tree.values[leaf * width..<(leaf + 1) * width]
        if isRegression { return append(value) }
        if let pure = value.firstIndex(of: 1) {
            let code = pure - value.startIndex
            if pureLeaves[code] == nil { pureLeaves[code] = append(value) }
            return pureLeaves[code] ?? 0
        }
        let key = Array(value)
        if let place = leafPlaces[key] { return place }
        let place = append(value)
        leafPlaces[key] = place
        return place
    }

    private mutating func append(_ value: ArraySlice<Double>) -> Int32 {
        let place = Int32(truncatingIfNeeded: values.count / width)
        values += value
        return place
    }

    func model() -> DecisionForest {
        DecisionForest(width: width, nodes: nodes, starts: starts, thresholds: thresholds, sets: sets, values: values)
    }
}
