import CKernels

/// A matrix of Double of which only some elements are kept, row by row.
///
/// Row r has the entries `starts[r]..<starts[r + 1]` of `indices`, which are columns, ascending, and of `values`.
package struct SparseMatrix: Sendable, Equatable {
    package let rows: Int
    package let columns: Int
    /// For each row the index of its first entry, then the number of entries; (rows + 1).
    package let starts: [Int]
    /// The column of each entry.
    package let indices: [Int32]
    /// The value of each entry.
    package let values: [Double]

    /// Nil unless the parts belong together: ascending starts that end with the number of entries, and in each row
    /// ascending columns below `columns`.
    ///
    /// - Complexity: O(rows + entries).
    package init?(rows: Int, columns: Int, starts: [Int], indices: [Int32], values: [Double]) {
        guard rows >= 0, columns >= 0, columns <= Int(Int32.max), starts.count - 1 == rows, starts.first == 0, starts.last == indices.count,
            indices.count == values.count
        else { return nil }
        for row in 0..<rows {
            let (first, end) = (starts[row], starts[row + 1])
            guard first <= end, end <= indices.count else { return nil }
            var last: Int32 = -1
            for entry in first..<end {
                guard indices[entry] > last, Int(indices[entry]) < columns else { return nil }
                last = indices[entry]
            }
        }
        self.init(unchecked: rows, columns, starts, indices, values)
    }

    private init(unchecked rows: Int, _ columns: Int, _ starts: [Int], _ indices: [Int32], _ values: [Double]) {
        self.rows = rows
        self.columns = columns
        self.starts = starts
        self.indices = indices
        self.values = values
    }

    /// The number of entries.
    package var count: Int { values.count }

    /// The matrix with rows and columns exchanged; the entries of its rows ascend by the rows of this one.
    ///
    /// - Precondition: There are fewer than 2^31 rows.
    /// - Complexity: O(rows + columns + entries).
    package func transposed() -> SparseMatrix {
        precondition(rows <= Int(Int32.max), "a column's number has 31 bits")
        var starts = [Int](repeating: 0, count: columns + 1)
        for index in indices { starts[Int(index) + 1] += 1 }
        for column in 0..<columns { starts[column + 1] += starts[column] }
        var next = starts
        var rowsOfEntries = [Int32](repeating: 0, count: count)
        var values = [Double](repeating: 0, count: count)
        for row in 0..<rows {
            for entry in self.starts[row]..<self.starts[row + 1] {
                let column = Int(indices[entry])
                rowsOfEntries[next[column]] = Int32(row)
                values[next[column]] = self.values[entry]
                next[column] += 1
            }
        }
        return SparseMatrix(unchecked: columns, rows, starts, rowsOfEntries, values)
    }

    /// The rows with these numbers, in this order; a row may come more than once.
    package func gathered(_ numbers: [Int]) -> SparseMatrix {
        var starts = [0]
        starts.reserveCapacity(numbers.count + 1)
        var total = 0
        for row in numbers {
            total += self.starts[row + 1] - self.starts[row]
            starts.append(total)
        }
        var indices: [Int32] = []
        var values: [Double] = []
        indices.reserveCapacity(total)
        values.reserveCapacity(total)
        for row in numbers {
            indices.append(contentsOf: self.indices[self.starts[row]..<self.starts[row + 1]])
            values.append(contentsOf: self.values[self.starts[row]..<self.starts[row + 1]])
        }
        return SparseMatrix(unchecked: numbers.count, columns, starts, indices, values)
    }

    /// This matrix times `dense`: each element is one chain over the row's entries, ascending, from zero.
    ///
    /// `dense` is (columns, width), the result (rows, width), both row-major. The product with the transposed matrix is
    /// that of ``transposed()``, in which a chain goes over rows.
    // SPEC: determinism.md#sparse-matrices
    package func multiply(_ dense: [Double], width: Int = 1, threads: Int = 1) -> [Double] {
        precondition(width >= 0 && dense.count == columns * width, "a matrix has rows times columns elements")
        guard width > 0, rows > 0 else { return [] }
        var result = [Double](repeating: 0, count: rows * width)
        let right = Self.padded(dense, rows: columns, width: width)
        result.withUnsafeMutableBufferPointer { result in
            starts.withUnsafeBufferPointer { starts in
                indices.withUnsafeBufferPointer { indices in
                    values.withUnsafeBufferPointer { values in
                        right.withUnsafeBufferPointer { right in
                            // Without entries every element is zero already.
                            guard let starts = starts.baseAddress, let indices = indices.baseAddress, let values = values.baseAddress,
                                let right = right.baseAddress, let result = result.baseAddress
                            else { return }
                            let shared = Shared((starts: starts, indices: indices, values: values, right: right, result: result))
                            let block = 128
                            ParallelLoop.run(count: (rows + block - 1) / block, threads: count < 4096 ? 1 : threads) { index in
                                let (lower, upper) = (index * block, min(rows, (index + 1) * block))
                                let all = shared.value
                                let result = all.result + lower * width
                                ck_sparse_multiply(all.starts + lower, upper - lower, all.indices, all.values, all.right, width, result)
                                for element in 0..<(upper - lower) * width { result[element] = Reduction.plain(result[element]) }
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    /// The matrix with rows of the width that the kernel reads: a power of two up to 16, or a multiple of 16.
    private static func padded(_ dense: [Double], rows: Int, width: Int) -> [Double] {
        let wide = Int(ck_sparse_width(width))
        if wide == width { return dense }
        return [Double](unsafeUninitializedCapacity: rows * wide) { buffer, count in
            buffer.initialize(repeating: 0)
            for row in 0..<rows {
                for column in 0..<width { buffer[row * wide + column] = dense[row * width + column] }
            }
            count = rows * wide
        }
    }
}
