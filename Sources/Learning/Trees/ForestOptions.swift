import Numerics

/// How the trees of a forest are grown.
struct ForestOptions: Hashable, Sendable {
    let trees: Int
    /// Nil for no limit.
    let maxDepth: Int?
    let minRowsPerLeaf: Int
    /// How many features a question is chosen from; nil for the learner's own rule.
    let featuresPerSplit: Int?
    /// Whether each tree has its own rows, drawn with replacement, and its own features at each question.
    let isRandom: Bool
    let maxBins: Int

    /// Trees that are grown before progress is told and cancelling is asked for.
    private static let batch = 16

    func fit(_ problem: TrainingProblem) throws(LearningError) -> DecisionForest {
        let table = problem.features
        guard table.rowCount < 1 << 30 else { throw .problem("too-large", "\(table.rowCount) rows are too many for decision trees") }
        let binned = BinnedTable(table, problem.pipeline, maxBins: maxBins, threads: problem.threads)
        let goal = ForestGoal(problem.target, weights: problem.rowWeights)
        let (all, usable) = (binned.features.count, binned.usable.count)
        // Breiman, "Random Forests", 2001, and the rule of common use for numbers.
        let ruled = goal.isRegression ? max(1, all / 3) : max(1, Int(Double(all).squareRoot()))
        let growth = ForestGrowth(
            maxDepth: maxDepth ?? Int.max, minRows: minRowsPerLeaf,
            featuresPerSplit: min(max(usable, 1), featuresPerSplit ?? (isRandom ? ruled : usable)))
        var forest = ForestBuilder(goal)
        // Trees without limits give classes the probability 0, which is never so sure; the log loss of one such row outweighs hundreds.
        if isRandom, !goal.isRegression { forest.append(.leaf(goal, rowCount: table.rowCount)) }
        for lower in stride(from: 0, to: trees, by: Self.batch) {
            if problem.observer.isCancelled() { throw .cancelled }
            let upper = min(trees, lower + Self.batch)
            let (seed, isRandom) = (problem.seed, isRandom)
            let grown = ParallelLoop.map(count: upper - lower, threads: problem.threads) { place in
                ForestGrower(binned, goal, growth, sample: ForestSample(seed: seed, tree: lower + place, isRandom: isRandom)).grow()
            }
            for tree in grown {
                forest.append(tree)
                if forest.isFull {
                    throw .problem("too-large", "the trees have more nodes than a model can hold; use fewer trees, or smaller ones")
                }
            }
            problem.observer.progress(
                TrainingStep(round: upper, total: trees, loss: .nan, validationLoss: nil, digest: forest.digest))
        }
        return forest.model()
    }
}

/// What chance gives to one tree.
struct ForestSample: Sendable {
    let isRandom: Bool
    private let tree: UInt64
    private let rows: RandomStream
    private let features: RandomStream

    init(seed: Int, tree: Int, isRandom: Bool) {
        self.isRandom = isRandom
        self.tree = UInt64(tree) << 40
        rows = RandomStream(seed: seed, purpose: "random-forest/rows")
        features = RandomStream(seed: seed, purpose: "random-forest/features")
    }

    /// How often each row is in the tree's sample.
    func copies(of rowCount: Int) -> [UInt8] {
        guard isRandom else { return [UInt8](repeating: 1, count: rowCount) }
        var copies = [UInt8](repeating: 0, count: rowCount)
        for draw in 0..<rowCount {
            let row = rows.below(rowCount, tree | UInt64(draw))
            if copies[row] < UInt8.max { copies[row] += 1 }
        }
        return copies
    }

    /// One of `count` things; `draw` counts the tree's draws.
    func below(_ count: Int, draw: Int) -> Int {
        features.below(count, tree | UInt64(draw))
    }
}
