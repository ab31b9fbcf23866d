import Canonical
import Numerics

/// The weights of a linear model, for one output or several.
package struct LinearWeights: Hashable, Sendable {
    /// Larger weights could overflow when they meet the furthest numbers.
    static let largest = 1e150

    package let outputCount: Int
    /// (columns of the design, outputs): first the columns of which every element is kept, then the sparse ones; the last row
    /// holds the intercepts.
    package let elements: [Double]

    init(outputCount: Int, elements: [Double]) {
        self.outputCount = outputCount
        // A fit that ran away must give a model that can be written and read.
        self.elements = elements.map { min(max($0, -Self.largest), Self.largest) + 0 }
    }

    /// The weighted sums of each row, (rows, outputs).
    func sums(_ design: DesignMatrix, threads: Int) -> [Double] {
        Self.sums(design, elements, outputCount: outputCount, threads: threads)
    }

    /// The sums of each row, (rows, outputs), weighted by `elements`, which are as those of some weights.
    static func sums(_ design: DesignMatrix, _ elements: [Double], outputCount: Int, threads: Int) -> [Double] {
        guard let sparse = design.sparse else { return dense(design, elements, outputCount, threads) }
        // Where the sparse columns' weights begin, and the intercepts.
        let first = (design.width - 1) * outputCount
        let last = elements.count - outputCount
        var sums = sparse.multiply(Array(elements[first..<last]), width: outputCount, threads: threads)
        let others = dense(design, Array(elements[..<first] + elements[last...]), outputCount, threads)
        for index in sums.indices { sums[index] += others[index] }
        return sums
    }

    private static func dense(_ design: DesignMatrix, _ weights: [Double], _ outputs: Int, _ threads: Int) -> [Double] {
        if outputs == 1 {
            return Dense.multiply(design.elements, rows: design.rows, columns: design.width, by: weights, threads: threads)
        }
        return Dense.multiply(design.elements, rows: design.rows, depth: design.width, by: weights, width: outputs, threads: threads)
    }

    /// The digest of some weights.
    static func digest(_ elements: [Double]) -> Digest {
        elements.map(\.bitPattern.littleEndian).withUnsafeBytes { Digest.of($0) }
    }
}
