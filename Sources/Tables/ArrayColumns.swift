import Numerics

/// Makes columns of arrays.
///
/// An array of one extent is a column, one of two extents a column for each second index; three or four are images, with or
/// without channels: (rows, height, width, channels), or (rows, channels, height, width) where only that fits.
enum ArrayColumns {
    /// Whole numbers beyond this are not all numbers of 64-bit floating point.
    private static let largestExact = 9_007_199_254_740_992.0

    /// The columns; `name` is that of the file in a folder, nil where the array is the whole table.
    static func read(
        _ form: ArrayForm, _ bytes: [UInt8], name: String?, in file: String, _ problems: inout TableProblems
    ) -> [Column] {
        switch form.shape.count {
        case 1: return [column(form, bytes, from: 0, name ?? "0", file, &problems)]
        case 2:
            return (0..<form.shape[1]).map { index in
                column(form, bytes, from: index * form.strides[1], name.map { "\($0).\(index)" } ?? "\(index)", file, &problems)
            }
        default:
            guard let images = images(form, bytes, file, &problems) else { return [] }
            return [Column(name: name ?? "image", values: .images(images))]
        }
    }

    private static func column(
        _ form: ArrayForm, _ bytes: [UInt8], from first: Int, _ name: String, _ file: String, _ problems: inout TableProblems
    ) -> Column {
        let count = form.rowCount
        let stride = form.strides[0]
        let places = (0..<count).lazy.map { first + $0 * stride }
        if case .boolean = form.element {
            var codes: [Int32] = []
            codes.reserveCapacity(count)
            form.read(bytes, at: places) { codes.append($0 == 0 ? 0 : 1) }
            return Column(name: name, values: categories(codes))
        }
        var values: [Double] = []
        values.reserveCapacity(count)
        form.read(bytes, at: places) { values.append($0) }
        let isLong = form.element == .int64 || form.element == .uint64
        for (row, value) in values.enumerated() where value.isInfinite || (isLong && value.magnitude >= largestExact) {
            let what =
                isLong ? "an integer of column '\(name)' is beyond ±2^53, so that no number is exactly it" : "column '\(name)' is infinite"
            problems.add("number-out-of-range", "\(what); expected a finite number, or NaN where it is missing", in: "\(file)[\(row)]")
            if problems.isFull { break }
        }
        return Column(name: name, values: .numbers(values))
    }

    /// Only the levels that occur.
    private static func categories(_ codes: [Int32]) -> ColumnValues {
        switch (codes.contains(0), codes.contains(1)) {
        case (true, true): .categories(codes: codes, levels: ["false", "true"])
        case (true, false): .categories(codes: codes, levels: ["false"])
        case (false, true): .categories(codes: codes.map { _ in 0 }, levels: ["true"])
        case (false, false): .categories(codes: [], levels: [])
        }
    }

    private static func images(_ form: ArrayForm, _ bytes: [UInt8], _ file: String, _ problems: inout TableProblems) -> ImageColumn? {
        let (shape, strides) = (form.shape, form.strides)
        // Places of height, width and channels among the extents.
        var extents = (height: 1, width: 2, channels: 3)
        if shape.count == 4, shape[3] != 1, shape[3] != 3, shape[1] == 1 || shape[1] == 3 { extents = (2, 3, 1) }
        let channels = shape.count == 3 ? 1 : shape[extents.channels]
        guard channels == 1 || channels == 3 else {
            let found = shape.map { "\($0)" }.joined(separator: " x ")
            problems.add(
                "array-shape", "it has the extents \(found); expected images of 1 or 3 channels, as the last extent or the second one",
                in: file)
            return nil
        }
        let (height, width) = (shape[extents.height], shape[extents.width])
        let size = ImageShape(height: height, width: width, channels: channels)
        let steps = (
            strides[0], strides[extents.height], strides[extents.width], shape.count == 3 ? 0 : strides[extents.channels]
        )
        let count = size.count
        let places = (0..<form.rowCount * count).lazy.map { index in
            let (row, rest) = index.quotientAndRemainder(dividingBy: count)
            let (pixel, channel) = rest.quotientAndRemainder(dividingBy: channels)
            let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
            return row * steps.0 + y * steps.1 + x * steps.2 + channel * steps.3
        }
        let shapes = [ImageShape](repeating: size, count: form.rowCount)
        switch form.element {
        case .uint8 where !form.isFortran && extents.height == 1:
            return ImageColumn(.bytes(Array(bytes[form.start...])), shapes: shapes)
        case .uint8, .boolean:
            let scale: Double = form.element == .boolean ? 255 : 1
            var elements: [UInt8] = []
            elements.reserveCapacity(form.rowCount * count)
            form.read(bytes, at: places) { elements.append(UInt8($0 * scale)) }
            return ImageColumn(.bytes(elements), shapes: shapes)
        default:
            var elements: [Float] = []
            elements.reserveCapacity(form.rowCount * count)
            form.read(bytes, at: places) { elements.append(Float($0)) }
            if let bad = elements.firstIndex(where: { !$0.isFinite }) {
                problems.add(
                    "number-out-of-range",
                    "an element of the image is NaN, infinite or beyond 32-bit floating point; expected a finite number",
                    in: "\(file)[\(bad / count)]")
                return nil
            }
            return ImageColumn(.floats(elements), shapes: shapes)
        }
    }
}
