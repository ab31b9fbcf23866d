import Numerics

/// What a column's values look like as a whole: for signatures, model cards and checks of later data.
package struct ColumnProfile: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// Least and greatest number and the mean; nil when every value is missing.
        case numbers(least: Double, greatest: Double, mean: Double)
        /// The levels, sorted by bytes, each with how often it occurs.
        case categories(levels: [String], counts: [Int])
        /// Every value is missing.
        case nothing
        /// The shape that all images have; nil when they differ.
        case images(ImageShape?)
    }

    package let name: String
    package let missing: Int
    package let content: Content

    package init(_ column: Column) {
        name = column.name
        switch column.values {
        case .numbers(let values):
            let present = values.filter { !$0.isNaN }
            missing = values.count - present.count
            guard let first = present.first else {
                content = .nothing
                return
            }
            var least = first
            var greatest = first
            for value in present {
                if value < least { least = value }
                if value > greatest { greatest = value }
            }
            content = .numbers(least: least, greatest: greatest, mean: Reduction.mean(present))
        case .categories(let codes, let levels):
            var counts = [Int](repeating: 0, count: levels.count)
            var absent = 0
            for code in codes {
                if code < 0 { absent += 1 } else { counts[Int(code)] += 1 }
            }
            missing = absent
            content = .categories(levels: levels, counts: counts)
        case .images(let images):
            missing = 0
            content = .images(images.commonShape)
        }
    }
}

/// The profiles of a table's columns, in their order.
package struct TableProfile: Hashable, Sendable {
    package let rowCount: Int
    package let columns: [ColumnProfile]

    package init(_ table: Table) {
        rowCount = table.rowCount
        columns = table.columns.map(ColumnProfile.init)
    }
}
