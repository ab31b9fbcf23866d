import CKernels

/// Products of dense matrices of Float, in fixed order with any number of threads.
///
/// Matrices are row-major. An element of a product is one chain of fused multiply-adds over the depth, ascending. A result
/// that is not a number is the NaN `0x7FC00000`.
// SPEC: determinism.md#matrices-of-float
package enum FloatMatrix {
    /// `c` (rows, columns) is `a` (rows, depth) times `b` (depth, columns), or that added to `c`.
    ///
    /// With `transposeA` the memory of `a` is (depth, rows), with `transposeB` that of `b` is (columns, depth). `c` overlaps
    /// neither.
    ///
    /// - Parameters:
    ///   - adding: Whether the chains begin with the elements of `c` instead of zero.
    ///   - strideA: Numbers from one row in the memory of `a` to the next; nil for rows without gaps. Likewise the others.
    package static func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, columns: Int, depth: Int,
        transposeA: Bool = false, transposeB: Bool = false, adding: Bool = false, strideA: Int? = nil, strideB: Int? = nil,
        strideC: Int? = nil, threads: Int = 1
    ) {
        precondition(rows >= 0 && columns >= 0 && depth >= 0, "a matrix has no negative size")
        let (stepA, stepB) = (strideA ?? (transposeA ? rows : depth), strideB ?? (transposeB ? depth : columns))
        let product = ck_float_product(
            rows: rows, columns: columns, depth: depth,
            left: ck_float_factor(
                base: a, outer_offsets: nil, outer_step: transposeA ? 1 : stepA, depth_offsets: nil, depth_step: transposeA ? stepA : 1),
            right: ck_float_factor(
                base: b, outer_offsets: nil, outer_step: transposeB ? stepB : 1, depth_offsets: nil, depth_step: transposeB ? 1 : stepB),
            result: c, result_step: strideC ?? columns, adding: adding ? 1 : 0)
        run(product, threads: threads)
    }

    /// `a` (rows, depth) times `b` (depth, columns) as a new matrix; see the other overload.
    package static func multiply(
        _ a: [Float], _ b: [Float], rows: Int, columns: Int, depth: Int, transposeA: Bool = false, transposeB: Bool = false,
        threads: Int = 1
    ) -> [Float] {
        precondition(fits(a.count, rows, depth) && fits(b.count, depth, columns), "a matrix has rows times columns elements")
        var result = [Float](repeating: 0, count: rows * columns)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                result.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    multiply(
                        a, b, into: c, rows: rows, columns: columns, depth: depth, transposeA: transposeA, transposeB: transposeB,
                        threads: threads)
                }
            }
        }
        return result
    }

    /// Computes a product with its rows and columns split among threads.
    static func run(_ product: ck_float_product, threads: Int) {
        let (rowPart, columnPart) = parts(product, threads)
        let (rowParts, columnParts) = (count(product.rows, by: rowPart), count(product.columns, by: columnPart))
        if rowParts * columnParts <= 1 {
            withUnsafePointer(to: product) { ck_float_multiply($0) }
            return
        }
        let whole = Shared(product)
        ParallelLoop.run(count: rowParts * columnParts, threads: threads) { index in
            let (row, column) = (index % rowParts * rowPart, index / rowParts * columnPart)
            var part = whole.value
            part.rows = min(rowPart, part.rows - row)
            part.columns = min(columnPart, part.columns - column)
            move(&part.left, by: row)
            move(&part.right, by: column)
            part.result += row * part.result_step + column
            withUnsafePointer(to: part) { ck_float_multiply($0) }
        }
    }

    // MARK: Parts

    /// What a thread computes: so many rows and columns. Every thread packs what it reads, so that square parts cost least.
    private static func parts(_ product: ck_float_product, _ threads: Int) -> (rows: Int, columns: Int) {
        let work = Double(product.rows) * Double(product.columns) * Double(product.depth)
        // Below some microseconds of work another thread costs more than it brings.
        let useful = min(threads, Int(min(work / 0x1p17, 1024)))
        var best = (rows: max(1, product.rows), columns: max(1, product.columns))
        guard useful > 1 else { return best }
        var least = Double.infinity
        for across in 1...useful {
            let rows = rounded(count(product.rows, by: useful / across), to: 12)
            let columns = rounded(count(product.columns, by: across), to: 32)
            // An element that is packed costs as much as some products.
            let cost = Double(rows) * Double(columns) + 16 * Double(rows + columns)
            if cost < least { (least, best) = (cost, (rows, columns)) }
        }
        return best
    }

    private static func move(_ factor: inout ck_float_factor, by index: Int) {
        if let offsets = factor.outer_offsets {
            factor.outer_offsets = offsets + index
        } else {
            factor.base += index * factor.outer_step
        }
    }

    private static func count(_ whole: Int, by part: Int) -> Int { (whole + part - 1) / part }

    private static func rounded(_ size: Int, to unit: Int) -> Int { (size + unit - 1) / unit * unit }

    private static func fits(_ count: Int, _ rows: Int, _ columns: Int) -> Bool {
        let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
        return rows >= 0 && columns >= 0 && !overflow && product == count
    }
}
