import Numerics

extension FeatureTable {
    package var count: Int { rowCount }

    /// The chosen rows, in the order wanted.
    package func selecting(_ rows: [Int]) -> FeatureTable {
        FeatureTable(rowCount: rows.count, columns: columns.map { $0.selecting(rows, of: rowCount) })
    }

    /// The table with the fields of some features in another order.
    ///
    /// - Parameter order: For each row the one whose fields it gets.
    package func reordering(_ features: [Int], by order: [Int]) -> FeatureTable {
        var columns = columns
        for feature in features { columns[feature] = columns[feature].selecting(order, of: rowCount) }
        return FeatureTable(rowCount: rowCount, columns: columns)
    }
}

extension FeatureTable.Column {
    fileprivate func selecting(_ rows: [Int], of rowCount: Int) -> FeatureTable.Column {
        switch self {
        case .numbers(let numbers): .numbers(rows.map { numbers[$0] })
        case .codes(let codes): .codes(rows.map { codes[$0] })
        case .sparse(let matrix): .sparse(matrix.selecting(rows))
        case .images(let elements): .images(Self.selecting(rows, of: elements, count: rowCount))
        }
    }

    private static func selecting(_ rows: [Int], of elements: [Float], count: Int) -> [Float] {
        let size = count == 0 ? 0 : elements.count / count
        return rows.flatMap { elements[$0 * size..<($0 + 1) * size] }
    }
}

extension SparseMatrix {
    fileprivate func selecting(_ rows: [Int]) -> SparseMatrix {
        var starts = [0]
        var indices: [Int32] = []
        var values: [Double] = []
        for row in rows {
            indices += self.indices[self.starts[row]..<self.starts[row + 1]]
            values += self.values[self.starts[row]..<self.starts[row + 1]]
            starts.append(indices.count)
        }
        let matrix = SparseMatrix(rows: rows.count, columns: columns, starts: starts, indices: indices, values: values)
        guard let matrix else { preconditionFailure("rows of a matrix make a matrix") }
        return matrix
    }
}
