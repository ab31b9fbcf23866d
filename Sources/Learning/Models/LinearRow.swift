import Numerics

/// One row of a design, and its weighted sums; one serves one thread at a time.
final class LinearRow {
    private struct Number {
        let feature: Int
        let place: Int
        let mean: Double
        let deviation: Double
    }

    private struct Category {
        let feature: Int
        /// For each code its column, -1 where it has none.
        let columns: [Int]
        /// The column that is 1 now, -1 if none is.
        var current = -1
    }

    private let numbers: [Number]
    private var categories: [Category]
    /// The design's row; the last element is 1.
    private let row: UnsafeMutableBufferPointer<Double>
    private let weights: LinearWeights

    /// Nil where there are columns of which only what is not zero is kept.
    init?(_ weights: LinearWeights, _ pipeline: FeaturePipeline) {
        let layout = DesignLayout(pipeline)
        guard layout.sparse.isEmpty else { return nil }
        var numbers: [Number] = []
        var columns: [[Int]] = pipeline.features.map { feature in
            if case .category(let profile) = feature.kind { [Int](repeating: -1, count: profile.codeCount) } else { [] }
        }
        for (place, column) in layout.columns.enumerated() {
            switch column {
            case .standardised(let feature, let mean, let deviation):
                numbers.append(Number(feature: feature, place: place, mean: mean, deviation: deviation))
            case .indicator(let feature, let code): columns[feature][Int(code)] = place
            }
        }
        self.numbers = numbers
        categories = columns.indices.compactMap { columns[$0].isEmpty ? nil : Category(feature: $0, columns: columns[$0]) }
        self.weights = weights
        row = .allocate(capacity: layout.columns.count + 1)
        row.initialize(repeating: 0)
        row[row.count - 1] = 1
    }

    deinit {
        row.deallocate()
    }

    /// - Parameter values: For each feature its number, NaN where missing, or its category's code.
    // DETERMINISM: the elements are those of DesignMatrix, the sums those of LinearWeights.sums(_:threads:).
    func sums(_ values: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>) {
        let row = row
        for number in numbers {
            let value = values[number.feature]
            let distance = value.isNaN ? 0 : (value - number.mean) / number.deviation
            row[number.place] = min(max(distance, -DesignMatrix.furthest), DesignMatrix.furthest)
        }
        for index in categories.indices {
            let column = categories[index].columns[Int(values[categories[index].feature])]
            if column == categories[index].current { continue }
            if categories[index].current >= 0 { row[categories[index].current] = 0 }
            if column >= 0 { row[column] = 1 }
            categories[index].current = column
        }
        let outputs = weights.outputCount
        weights.elements.withUnsafeBufferPointer { weights in
            if outputs == 1 {
                sums[0] = Reduction.dot(UnsafeBufferPointer(row), weights)
                return
            }
            for output in 0..<outputs { sums[output] = 0 }
            for (column, element) in row.enumerated() {
                for output in 0..<outputs { sums[output] += element * weights[column * outputs + output] }
            }
            for output in 0..<outputs where sums[output].isNaN { sums[output] = .nan }
        }
    }
}
