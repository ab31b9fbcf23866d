/// IDX, the format of the MNIST files: big-endian arrays.
enum IDXFormat {
    /// Reads the header: two zeros, the type, how many extents there are, then each as four bytes.
    static func form(_ bytes: [UInt8]) throws(ArrayForm.Fault) -> ArrayForm {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
            if bytes.starts(with: [0x1F, 0x8B]) { throw ArrayForm.Fault("it is compressed with gzip; expected it expanded") }
            throw ArrayForm.Fault("it does not begin as an IDX file does")
        }
        let element: ArrayForm.Element
        switch bytes[2] {
        case 0x08: element = .uint8
        case 0x09: element = .int8
        case 0x0B: element = .int16
        case 0x0C: element = .int32
        case 0x0D: element = .float32
        case 0x0E: element = .float64
        default: throw ArrayForm.Fault("array-type", "its header names the element type \(bytes[2]), which IDX does not have")
        }
        let count = Int(bytes[3])
        guard bytes.count >= 4 + 4 * count else { throw ArrayForm.Fault("it ends within its header") }
        let shape = (0..<count).map { place in bytes[4 + 4 * place..<8 + 4 * place].reduce(0) { $0 << 8 | Int($1) } }
        return try ArrayForm(
            element: element, isBigEndian: true, isFortran: false, shape: shape, start: 4 + 4 * count, descriptor: "", bytes: bytes.count)
    }

    /// A file of the chosen rows.
    static func part(_ form: ArrayForm, _ bytes: [UInt8], rows: [Int]) -> [UInt8] {
        precondition(rows.count <= UInt32.max, "an IDX file has fewer rows than 2^32, and so has a part of it")
        var result = Array(bytes[..<form.start])
        for place in 0..<4 { result[4 + place] = UInt8(truncatingIfNeeded: rows.count >> (24 - 8 * place)) }
        return result + form.elements(bytes, rows: rows)
    }
}
