import Canonical
import Numerics

/// The weights of a linear model, for one output or several.
package struct LinearWeights: Hashable, Sendable {
    /// Larger weights could overflow when they meet the furthest numbers.
    static let largest = 1e150

    package let outputCount: Int
    /// (columns of the design, outputs); the last row holds the intercepts.
    package let elements: [Double]

    init(outputCount: Int, elements: [Double]) {
        self.outputCount = outputCount
        // A fit that ran away must give a model that can be written and read.
        self.elements = elements.map { min(max($0, -Self.largest), Self.largest) + 0 }
    }

    /// The weighted sums of each row, (rows, outputs).
    func sums(_ design: DesignMatrix, threads: Int) -> [Double] {
        if outputCount == 1 {
            return Dense.multiply(design.elements, rows: design.rows, columns: design.width, by: elements, threads: threads)
        }
        return Dense.multiply(
            design.elements, rows: design.rows, depth: design.width, by: elements, width: outputCount, threads: threads)
    }

    /// The digest of some weights.
    static func digest(_ elements: [Double]) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.count * 8)
        for element in elements { bytes.appendLittleEndian(element.bitPattern) }
        return Digest.of(bytes)
    }
}
