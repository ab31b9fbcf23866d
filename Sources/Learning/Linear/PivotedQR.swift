import Numerics

/// Least squares by Householder reflections with column pivoting, for columns that depend on each other or outnumber the rows.
///
/// Golub and Van Loan, "Matrix Computations", algorithm 5.4.1. Columns that depend on those chosen before get weight 0.
enum PivotedQR {
    /// A column whose part not yet explained is smaller than this share of the largest column depends on the others.
    private static let leastShare = 1e-9

    static func solve(_ design: DesignMatrix, _ targets: [Double], ridge: Double) -> [Double] {
        let width = design.width
        // A ridge is a row for each weight, which asks for zero.
        let extra = ridge > 0 ? width - 1 : 0
        let height = design.rows + extra
        var columns = (0..<width).map { place -> [Double] in
            var column = (0..<design.rows).map { design.elements[$0 * width + place] }
            column += [Double](repeating: 0, count: extra)
            if place < extra { column[design.rows + place] = ridge.squareRoot() }
            return column
        }
        var right = targets + [Double](repeating: 0, count: extra)
        var order = Array(0..<width)
        var first = 0.0
        var rank = 0
        while rank < min(width, height) {
            let sizes = (rank..<width).map { place in Reduction.squaredDeviations(Array(columns[place][rank...]), from: 0) }
            // DETERMINISM: of equal columns the first.
            let best = sizes.indices.reduce(0) { sizes[$1] > sizes[$0] ? $1 : $0 }
            let size = sizes[best].squareRoot()
            if rank == 0 { first = size }
            guard size > leastShare * first, size > 0 else { break }
            columns.swapAt(rank, rank + best)
            order.swapAt(rank, rank + best)
            var mirror = Array(columns[rank][rank...])
            let diagonal = mirror[0] > 0 ? -size : size
            mirror[0] -= diagonal
            let square = Reduction.dot(mirror, mirror)
            func reflect(_ column: inout [Double]) {
                let share = 2 * Reduction.dot(mirror, Array(column[rank...])) / square
                for place in mirror.indices { column[rank + place] -= share * mirror[place] }
            }
            for place in rank + 1..<max(width, rank + 1) { reflect(&columns[place]) }
            reflect(&right)
            columns[rank][rank] = diagonal
            rank += 1
        }
        var weights = [Double](repeating: 0, count: width)
        for place in stride(from: rank - 1, through: 0, by: -1) {
            var rest = right[place]
            for later in place + 1..<max(rank, place + 1) { rest -= columns[later][place] * weights[order[later]] }
            weights[order[place]] = rest / columns[place][place]
        }
        return weights
    }
}
