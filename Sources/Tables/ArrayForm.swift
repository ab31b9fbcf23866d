/// How an array lies in a file.
struct ArrayForm: Sendable {
    enum Element: Sendable {
        case boolean, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64

        var size: Int {
            switch self {
            case .boolean, .int8, .uint8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float32: 4
            case .int64, .uint64, .float64: 8
            }
        }
    }

    /// What is wrong with a file.
    struct Fault: Error {
        /// The end of a diagnostic's code.
        let code: String
        let message: String

        init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }

        /// A header, or a size, that is not what the format says.
        init(_ message: String) {
            self.init("bad-array", message)
        }
    }

    /// The most extents that a table can be made of: rows, height, width, channels.
    static let mostExtents = 4
    static let mostColumns = 1 << 20

    let element: Element
    let isBigEndian: Bool
    /// Whether the first index moves fastest, not the last.
    let isFortran: Bool
    /// One to four extents, the rows first.
    let shape: [Int]
    /// Where the elements begin in the file.
    let start: Int
    /// For the header of a part: the array's type as NPY writes it; empty in IDX.
    let descriptor: String

    /// - Parameter bytes: How many bytes the file has; they must be the header and the elements, no more.
    init(
        element: Element, isBigEndian: Bool, isFortran: Bool, shape: [Int], start: Int, descriptor: String, bytes: Int
    ) throws(Fault) {
        guard !shape.isEmpty else { throw Fault("array-shape", "it is a single value; expected an array with a row for each first index") }
        guard shape.count <= Self.mostExtents else {
            throw Fault("array-shape", "it has \(shape.count) extents; expected one to four: rows, height, width, channels")
        }
        var size = element.size
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw Fault("its header has extents that no file has") }
            size = product
        }
        // An array without elements could have any number of rows.
        guard shape[0] > 0 else { throw Fault("no-rows", "it has no rows; expected at least one") }
        guard size > 0 else { throw Fault("array-shape", "its rows have no elements") }
        guard shape.count != 2 || shape[1] <= Self.mostColumns else {
            throw Fault("array-shape", "it has \(shape[1]) columns; expected at most \(Self.mostColumns)")
        }
        guard size == bytes - start else {
            throw Fault("its header says that \(size) bytes of elements follow, and \(bytes - start) do")
        }
        self.element = element
        self.isBigEndian = isBigEndian
        self.isFortran = isFortran
        self.shape = shape
        self.start = start
        self.descriptor = descriptor
    }

    var rowCount: Int { shape[0] }

    /// How many elements lie between two that differ by one in an index.
    var strides: [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        if isFortran {
            for place in 1..<max(1, shape.count) { strides[place] = strides[place - 1] * shape[place - 1] }
        } else {
            for place in (0..<shape.count - 1).reversed() { strides[place] = strides[place + 1] * shape[place + 1] }
        }
        return strides
    }

    /// Calls `body` with what reads the element at a place among the elements, as a Double.
    ///
    /// One call per array: inside, the type of the elements is known.
    func read(_ bytes: [UInt8], at places: some Sequence<Int>, _ body: (Double) -> Void) {
        bytes.withUnsafeBytes { all in
            let data = UnsafeRawBufferPointer(rebasing: all[start...])
            switch element {
            case .boolean: for place in places { body(data[place] == 0 ? 0 : 1) }
            case .uint8: for place in places { body(Double(data[place])) }
            case .int8: for place in places { body(Double(Int8(bitPattern: data[place]))) }
            case .int16: for place in places { body(Double(Int16(bitPattern: integer(data, place)))) }
            case .uint16: for place in places { body(Double(integer(data, place) as UInt16)) }
            case .int32: for place in places { body(Double(Int32(bitPattern: integer(data, place)))) }
            case .uint32: for place in places { body(Double(integer(data, place) as UInt32)) }
            case .int64: for place in places { body(Double(Int64(bitPattern: integer(data, place)))) }
            case .uint64: for place in places { body(Double(integer(data, place) as UInt64)) }
            case .float32: for place in places { body(Double(Float(bitPattern: integer(data, place)))) }
            case .float64: for place in places { body(Double(bitPattern: integer(data, place))) }
            }
        }
    }

    @inline(__always)
    private func integer<Value: FixedWidthInteger>(_ data: UnsafeRawBufferPointer, _ place: Int) -> Value {
        let value = data.loadUnaligned(fromByteOffset: place &* MemoryLayout<Value>.size, as: Value.self)
        return isBigEndian ? Value(bigEndian: value) : Value(littleEndian: value)
    }

    /// The bytes of the elements of the chosen rows, in the array's own order.
    func elements(_ bytes: [UInt8], rows: [Int]) -> [UInt8] {
        let count = shape.dropFirst().reduce(1, *)
        var result: [UInt8] = []
        result.reserveCapacity(rows.count * count * element.size)
        if isFortran {
            // The rows lie beside each other, once for each of their elements.
            for place in 0..<count {
                for row in rows {
                    let from = start + (place * rowCount + row) * element.size
                    result += bytes[from..<from + element.size]
                }
            }
        } else {
            let size = count * element.size
            for row in rows { result += bytes[start + row * size..<start + (row + 1) * size] }
        }
        return result
    }
}
