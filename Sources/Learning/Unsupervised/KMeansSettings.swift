import Numerics

/// The settings of `k-means`.
struct KMeansSettings: LearnerSettings {
    let clusters: Int
    let restarts: Int
    let maxIterations: Int

    init(_ values: OptionValues) throws(LearningError) {
        clusters = try values.integer("clusters")
        restarts = try values.integer("restarts")
        maxIterations = try values.integer("max-iterations")
    }

    /// Lloyd's method from several beginnings; the end with the least inertia stays, the first of equal ones.
    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        let design = try DesignMatrix(problem.features, DesignLayout(problem.pipeline), threads: problem.threads)
        guard clusters <= design.rows else {
            throw .problem("bad-option", "option 'clusters' is \(clusters), and there are only \(design.rows) rows to learn from")
        }
        var chance = Chance(RandomStream(seed: problem.seed, purpose: "k-means/start"))
        var best: (model: KMeans, inertia: Double)?
        for restart in 1...restarts {
            var model = start(design, &chance, threads: problem.threads)
            var last = model.assign(design, threads: problem.threads)
            for _ in 0..<maxIterations {
                if problem.observer.isCancelled() { throw .cancelled }
                model = moved(last, design, threads: problem.threads)
                let next = model.assign(design, threads: problem.threads)
                let isDone = next.places == last.places
                last = next
                if isDone { break }
            }
            if best.map({ last.inertia < $0.inertia }) ?? true { best = (model, last.inertia) }
            guard let best else { preconditionFailure("one beginning was tried") }
            problem.observer.progress(
                TrainingStep(
                    round: restart, total: restarts, loss: best.inertia / Double(design.rows), validationLoss: nil,
                    digest: LinearWeights.digest(best.model.centres)))
        }
        guard let best else { preconditionFailure("there is at least one beginning") }
        return .kMeans(best.model)
    }

    /// Numbers of a stream, one after the other.
    private struct Chance {
        private let stream: RandomStream
        private var index: UInt64 = 0

        init(_ stream: RandomStream) {
            self.stream = stream
        }

        mutating func uniform() -> Double {
            defer { index += 1 }
            return stream.uniform(index)
        }
    }

    /// Rows as first centres, each far from those before it (Arthur and Vassilvitskii, "k-means++", 2007): of a few rows drawn
    /// in proportion to their squared distances, the one that leaves the least inertia.
    private func start(_ design: DesignMatrix, _ chance: inout Chance, threads: Int) -> KMeans {
        let (rows, width) = (design.rows, design.width)
        func row(_ index: Int) -> [Double] { Array(design.elements[index * width..<(index + 1) * width]) }
        func squares(to centre: [Double]) -> [Double] {
            ParallelLoop.map(count: (rows + 1023) / 1024, threads: threads) { block in
                (block * 1024..<min(rows, (block + 1) * 1024)).map { row -> Double in
                    var sum = 0.0
                    for column in 0..<width {
                        let distance = design.elements[row * width + column] - centre[column]
                        sum += distance * distance
                    }
                    return sum
                }
            }.flatMap { $0 }
        }
        let first = min(Int(chance.uniform() * Double(rows)), rows - 1)
        var centres = row(first)
        var least = squares(to: centres)
        let candidates = 2 + (Int.bitWidth - clusters.leadingZeroBitCount)
        for _ in 1..<max(clusters, 1) {
            var best: (row: Int, squares: [Double], inertia: Double)?
            for _ in 0..<candidates {
                let drawn = Self.draw(least, chance.uniform())
                let narrowed = zip(least, squares(to: row(drawn))).map { min($0, $1) }
                let inertia = Reduction.sum(narrowed)
                if best.map({ inertia < $0.inertia }) ?? true { best = (drawn, narrowed, inertia) }
            }
            guard let best else { preconditionFailure("a candidate was drawn") }
            centres += row(best.row)
            least = best.squares
        }
        return KMeans(clusterCount: clusters, width: width, centres: centres)
    }

    /// A place drawn in proportion to the weights; the first where all are 0.
    private static func draw(_ weights: [Double], _ uniform: Double) -> Int {
        let goal = uniform * weights.reduce(0, +)
        var sum = 0.0
        for place in weights.indices {
            sum += weights[place]
            if sum > goal { return place }
        }
        return weights.lastIndex { $0 > 0 } ?? 0
    }

    /// Each centre at the mean of its rows; one without rows goes to the row that is furthest from its own.
    // DETERMINISM: rows ascending, one chain for each centre.
    private func moved(_ assignment: KMeans.Assignment, _ design: DesignMatrix, threads: Int) -> KMeans {
        let width = design.width
        var members = [[Int]](repeating: [], count: clusters)
        for (row, place) in assignment.places.enumerated() { members[place].append(row) }
        let empty = members.indices.filter { members[$0].isEmpty }
        if !empty.isEmpty {
            let furthest = assignment.squares.indices.sorted { (assignment.squares[$1], $0) < (assignment.squares[$0], $1) }
            for (cluster, row) in zip(empty, furthest) { members[cluster] = [row] }
        }
        let groups = members
        let centres = ParallelLoop.map(count: clusters, threads: threads) { cluster -> [Double] in
            var sums = [Double](repeating: 0, count: width)
            for row in groups[cluster] {
                for column in 0..<width { sums[column] += design.elements[row * width + column] }
            }
            return sums.map { $0 / Double(groups[cluster].count) + 0 }
        }
        return KMeans(clusterCount: clusters, width: width, centres: centres.flatMap { $0 })
    }
}
