package import Canonical
import Numerics

/// Centres of groups of rows, in the columns of the design: what `k-means` fits.
package struct KMeans: Predictor {
    let clusterCount: Int
    /// Columns of the design, the one of ones among them.
    let width: Int
    /// (clusters, width)
    let centres: [Double]

    package var partCount: Int { clusterCount }

    /// Each row's cluster, and the square of its distance from the centre.
    struct Assignment: Sendable {
        var places: [Int]
        var squares: [Double]

        /// The sum of the squares.
        var inertia: Double { Reduction.sum(squares) }
    }

    private static let blockRows = 1024

    /// Gives each row to the nearest centre, the first of equally near ones.
    ///
    /// The nearest is found by |c|² - 2 x·c, one product of matrices; the distance from it is then computed exactly.
    func assign(_ design: DesignMatrix, threads: Int) -> Assignment {
        let (rows, width, count) = (design.rows, width, clusterCount)
        var columns = [Double](repeating: 0, count: width * count)
        var norms = [Double](repeating: 0, count: count)
        for cluster in 0..<count {
            for column in 0..<width {
                let value = centres[cluster * width + column]
                columns[column * count + cluster] = value
                norms[cluster] += value * value
            }
        }
        let products = Dense.multiply(design.elements, rows: rows, depth: width, by: columns, width: count, threads: threads)
        let lengths = norms
        let blocks = (rows + Self.blockRows - 1) / Self.blockRows
        let parts = ParallelLoop.map(count: blocks, threads: threads) { block -> Assignment in
            var part = Assignment(places: [], squares: [])
            for row in block * Self.blockRows..<min(rows, (block + 1) * Self.blockRows) {
                var best = 0
                var least = Double.infinity
                for cluster in 0..<count {
                    let value = lengths[cluster] - 2 * products[row * count + cluster]
                    if value < least { (least, best) = (value, cluster) }
                }
                var square = 0.0
                for column in 0..<width {
                    let distance = design.elements[row * width + column] - centres[best * width + column]
                    square += distance * distance
                }
                part.places.append(best)
                part.squares.append(square)
            }
            return part
        }
        return Assignment(places: parts.flatMap(\.places), squares: parts.flatMap(\.squares))
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs {
        let assignment = assign(try DesignMatrix(rows, DesignLayout(pipeline), threads: threads), threads: threads)
        return .clusters(
            assignment.places, distances: assignment.squares.map { min($0.squareRoot(), .greatestFiniteMagnitude) })
    }
}

extension KMeans {
    package var members: [JSONMember] { [JSONMember("clusters", .integer(clusterCount))] }
    package var tensors: [Tensor] { [Tensor("centres", [clusterCount, width], centres)] }

    package init(reading source: ModelSource) throws(LearningError) {
        try source.tensors.expect(count: 1)
        clusterCount = try source.count("clusters")
        width = DesignLayout(source.pipeline).columns.count + 1
        guard clusterCount >= 1 else { throw .damagedModel("it has no clusters") }
        centres = try source.tensors.doubles("centres", [clusterCount, width])
        guard centres.allSatisfy({ $0.magnitude <= DesignMatrix.furthest }) else { throw .damagedModel("a centre is out of range") }
    }
}
