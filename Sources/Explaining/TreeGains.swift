/// How much of what trees add each feature's questions account for.
enum TreeGains {
    /// For each feature its share of all gains; 0 everywhere when no tree asks a question that matters.
    ///
    /// A question's gain is what it takes from the squared distances of the leaves' values from their mean, over the
    /// background rows that come to it. For squared errors and the training rows these are the gains that training went by.
    static func shares(_ ensemble: TreeEnsemble, featureCount: Int) -> [Double] {
        var gains = [Double](repeating: 0, count: featureCount)
        for tree in ensemble.trees {
            for output in tree.outputs.indices {
                let means = tree.means(output - tree.outputs.lowerBound)
                for node in tree.nodes where node.feature >= 0 {
                    let (left, right) = (Int(node.left), Int(node.right))
                    let (here, there) = (Double(tree.covers[left]), Double(tree.covers[right]))
                    guard here + there > 0 else { continue }
                    let distance = means[left] - means[right]
                    gains[Int(node.feature)] += here * there / (here + there) * distance * distance
                }
            }
        }
        let whole = gains.reduce(0, +)
        return whole > 0 && whole.isFinite ? gains.map { $0 / whole } : gains.map { _ in 0 }
    }
}
