extension Table {
    /// The table of some of the rows, each as it was read: columns keep their types, and places still lead to what was read.
    ///
    /// Levels that stand in none of the rows are gone.
    ///
    /// - Parameter rows: Row numbers from 0, in the order wanted.
    /// - Complexity: O(rows * columns), and the elements of images.
    package func selecting(_ rows: [Int]) -> Table {
        let columns = columns.map { Column(name: $0.name, values: $0.values.selecting(rows)) }
        return Table(
            input: input, format: format, rowCount: rows.count, columns: columns, rows: self.rows, chosen: rows.map(place))
    }

    /// The place of a row among those that were read.
    func place(_ row: Int) -> Int { chosen.map { $0[row] } ?? row }
}

extension ColumnValues {
    fileprivate func selecting(_ rows: [Int]) -> ColumnValues {
        switch self {
        case .numbers(let values): return .numbers(rows.map { values[$0] })
        case .categories(let codes, let levels):
            var isUsed = [Bool](repeating: false, count: levels.count)
            for row in rows where codes[row] >= 0 { isUsed[Int(codes[row])] = true }
            var places = [Int32](repeating: -1, count: levels.count)
            var kept: [String] = []
            for place in levels.indices where isUsed[place] {
                places[place] = Int32(kept.count)
                kept.append(levels[place])
            }
            return .categories(codes: rows.map { codes[$0] < 0 ? -1 : places[Int(codes[$0])] }, levels: kept)
        case .images(let images): return .images(images.selecting(rows))
        }
    }
}

extension ImageColumn {
    fileprivate func selecting(_ rows: [Int]) -> ImageColumn {
        let shapes = rows.map { self.shapes[$0] }
        switch elements {
        case .bytes(let bytes): return ImageColumn(.bytes(rows.flatMap { bytes[range($0)] }), shapes: shapes)
        case .floats(let floats): return ImageColumn(.floats(rows.flatMap { floats[range($0)] }), shapes: shapes)
        }
    }
}
