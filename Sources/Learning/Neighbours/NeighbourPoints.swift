import Numerics

/// Rows of a design as points, among which the nearest ones can be found.
struct NeighbourPoints: Hashable, Sendable {
    let count: Int
    /// Coordinates of a point.
    let width: Int
    /// (count, width), row-major.
    let elements: [Double]

    init(count: Int, width: Int, elements: [Double]) {
        precondition(elements.count == count * width, "a point has its coordinates")
        self.count = count
        self.width = width
        self.elements = elements
    }

    /// The design's rows; their last coordinates are all 1, which is no distance.
    init(_ design: DesignMatrix) {
        self.init(count: design.rows, width: design.width, elements: design.elements)
    }

    /// A point's place and its distance.
    struct Neighbour: Hashable, Sendable {
        let place: Int
        let distance: Double
    }

    /// Queries that are compared together, and points that each is compared with at a time.
    private static let blockQueries = 128
    private static let blockPoints = 2048

    /// For each query its `nearest` nearest points, nearest first, ties by place.
    ///
    /// Points are chosen by |p|² - 2 p·q, which needs one product of matrices; those chosen are put in the order of their exact
    /// distances.
    ///
    /// - Complexity: O(queries x count x width) multiplications.
    func neighbours(of queries: NeighbourPoints, nearest: Int, threads: Int) -> [[Neighbour]] {
        precondition(queries.width == width && nearest <= count, "queries have the points' columns, and points suffice")
        let blocks = stride(from: 0, to: count, by: Self.blockPoints).map { start in
            transposed(start..<min(count, start + Self.blockPoints))
        }
        let norms = (0..<count).map { squaredNorm($0) }
        let queryBlocks = (queries.count + Self.blockQueries - 1) / Self.blockQueries
        let parts = ParallelLoop.map(count: queryBlocks, threads: threads) { block -> [[Neighbour]] in
            let rows = block * Self.blockQueries..<min(queries.count, (block + 1) * Self.blockQueries)
            let left = Array(queries.elements[rows.lowerBound * width..<rows.upperBound * width])
            var best = [Nearest](repeating: Nearest(capacity: nearest), count: rows.count)
            for (index, right) in blocks.enumerated() {
                let start = index * Self.blockPoints
                let points = min(count - start, Self.blockPoints)
                let products = Dense.multiply(left, rows: rows.count, depth: width, by: right, width: points)
                for row in 0..<rows.count {
                    for point in 0..<points {
                        best[row].offer(norms[start + point] - 2 * products[row * points + point], start + point)
                    }
                }
            }
            return rows.map { row in
                best[row - rows.lowerBound].places
                    .map { Neighbour(place: $0, distance: distance(from: queries, row, to: $0)) }
                    .sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }
            }
        }
        return parts.flatMap { $0 }
    }

    /// The points as columns, (width, points).
    private func transposed(_ points: Range<Int>) -> [Double] {
        var result = [Double](repeating: 0, count: width * points.count)
        for (place, point) in points.enumerated() {
            for column in 0..<width { result[column * points.count + place] = elements[point * width + column] }
        }
        return result
    }

    private func squaredNorm(_ point: Int) -> Double {
        var sum = 0.0
        for column in 0..<width { sum += elements[point * width + column] * elements[point * width + column] }
        return sum
    }

    private func distance(from queries: NeighbourPoints, _ query: Int, to point: Int) -> Double {
        var sum = 0.0
        for column in 0..<width {
            let difference = queries.elements[query * width + column] - elements[point * width + column]
            sum += difference * difference
        }
        return sum.squareRoot()
    }
}

/// The places of the smallest of the values offered, ties by the order of offering.
private struct Nearest {
    private let capacity: Int
    /// Ascending.
    private var values: [Double] = []
    private(set) var places: [Int] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    @inline(__always)
    mutating func offer(_ value: Double, _ place: Int) {
        if values.count == capacity, !(value < values[capacity - 1]) { return }
        insert(value, place)
    }

    private mutating func insert(_ value: Double, _ place: Int) {
        if values.count == capacity {
            values.removeLast()
            places.removeLast()
        }
        var index = values.count
        while index > 0, value < values[index - 1] { index -= 1 }
        values.insert(value, at: index)
        places.insert(place, at: index)
    }
}
