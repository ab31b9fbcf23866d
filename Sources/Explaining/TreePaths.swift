/// What the way from a node's parent to the node does to the polynomial of a path, at each point of a quadrature.
///
/// A leaf adds its value times the product, over the features on its path, of what the feature lets through: all when the
/// feature is known and the row takes the path at each of its questions, nothing when it does not, and the product of the
/// shares `z` of background rows when the feature is unknown. With t the chance that a feature is known, a feature lets
/// through t + z (1 - t) or z (1 - t); the Shapley value of a feature is the integral over t from 0 to 1 of the derivative
/// in its direction, of a polynomial, and so the sum of finitely many points is exact. All terms have one sign for each leaf.
struct TreePaths {
    /// Four points for each block.
    let blocks: Int
    /// For each node the place of the node at whose parent the same feature was asked about before; -1 for none.
    let previous: [Int32]
    /// The factor where the row has taken the feature's questions as the path does, here too. (nodes, blocks)
    let stay: [SIMD4<Double>]
    /// The factor where it has done so until now.
    let leave: [SIMD4<Double>]
    /// The factor where it had left before.
    let left: [Double]
    /// The weights of the node's sums for the feature's contribution, in the first two cases; in the third there is none.
    let stayWeight: [SIMD4<Double>]
    let leaveWeight: [SIMD4<Double>]

    /// More elements than this are refused.
    static let mostElements = 1 << 24

    /// Nil when the tree is so deep that the points would not fit into memory.
    init?(_ tree: PlainTree, featureCount: Int) {
        let count = tree.nodes.count
        var previous = [Int32](repeating: -1, count: count)
        var distinct = [Int32](repeating: 0, count: count)
        // For each feature the nodes of the current path that follow a question about it, the last one for now.
        var latest = [Int32](repeating: -1, count: featureCount)
        var path: [Int] = []
        for node in tree.nodes.indices.dropFirst() {
            let parent = Int(tree.nodes[node].parent)
            while let end = path.last, end != parent {
                latest[Int(tree.nodes[Int(tree.nodes[end].parent)].feature)] = previous[end]
                path.removeLast()
            }
            let feature = Int(tree.nodes[parent].feature)
            previous[node] = latest[feature]
            distinct[node] = distinct[parent] + (latest[feature] < 0 ? 1 : 0)
            latest[feature] = Int32(node)
            path.append(node)
        }
        let blocks = max(1, (Int(distinct.max() ?? 0) + 7) / 8)
        guard count.multipliedReportingOverflow(by: blocks).partialValue <= Self.mostElements else { return nil }
        let rule = Quadrature(4 * blocks)
        let points = Self.vectors(rule.points)
        let weights = Self.vectors(rule.weights)
        let zero = SIMD4<Double>(repeating: 0)
        var stay = [SIMD4<Double>](repeating: zero, count: count * blocks)
        var (leave, stayWeight, leaveWeight) = (stay, stay, stay)
        var left = [Double](repeating: 1, count: count)
        var shares = [Double](repeating: 1, count: count)
        for node in tree.nodes.indices.dropFirst() {
            let before = Int(previous[node])
            let old = before < 0 ? 1 : shares[before]
            let share = old * tree.share(node)
            shares[node] = share
            left[node] = old > 0 ? share / old : 0
            for block in 0..<blocks {
                let (known, unknown) = (points[block], 1 - points[block])
                let place = node * blocks + block
                let through = known + share * unknown
                // Of a feature that was not asked about before, all is let through.
                let throughBefore = before < 0 ? SIMD4(repeating: 1) : known + old * unknown
                let takenBack = before < 0 ? zero : (1 - old) / throughBefore
                stay[place] = through / throughBefore
                leave[place] = share * unknown / throughBefore
                stayWeight[place] = weights[block] * ((1 - share) / through - takenBack)
                leaveWeight[place] = -weights[block] * (1 / unknown + takenBack)
            }
        }
        self.blocks = blocks
        self.previous = previous
        self.stay = stay
        self.leave = leave
        self.left = left
        self.stayWeight = stayWeight
        self.leaveWeight = leaveWeight
    }

    private static func vectors(_ values: [Double]) -> [SIMD4<Double>] {
        stride(from: 0, to: values.count, by: 4).map { SIMD4(values[$0], values[$0 + 1], values[$0 + 2], values[$0 + 3]) }
    }
}
