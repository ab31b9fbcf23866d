/// NPY, numpy's format of one array, in its versions 1 to 3.
enum NPYFormat {
    /// The most bytes that a header may have; it is some hundred.
    private static let longestHeader = 1 << 16

    /// Reads the header: a Python dictionary with exactly the keys `descr`, `fortran_order` and `shape`.
    static func form(_ bytes: [UInt8]) throws(ArrayForm.Fault) -> ArrayForm {
        guard bytes.count >= 10, bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
            if bytes.starts(with: [0x50, 0x4B]) { throw ArrayForm.Fault("it is an archive of arrays (npz); expected one array") }
            throw ArrayForm.Fault("it does not begin as an NPY file does")
        }
        let start = bytes[6] == 1 ? 10 : 12
        guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
            throw ArrayForm.Fault("it is of the version \(bytes[6]).\(bytes[7]) of NPY; expected 1.0, 2.0 or 3.0")
        }
        guard bytes.count >= start else { throw ArrayForm.Fault("it ends within its header") }
        let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= min(longestHeader, bytes.count - start) else { throw ArrayForm.Fault("it ends within its header") }
        var header = NPYHeader(bytes[start..<start + length])
        try header.read()
        guard let descriptor = header.descriptor, let isFortran = header.isFortran, let shape = header.shape else {
            throw ArrayForm.Fault("its header lacks one of 'descr', 'fortran_order' and 'shape'")
        }
        let (element, isBigEndian) = try Self.element(descriptor)
        return try ArrayForm(
            element: element, isBigEndian: isBigEndian, isFortran: isFortran, shape: shape, start: start + length, descriptor: descriptor,
            bytes: bytes.count)
    }

    private static func element(_ descriptor: String) throws(ArrayForm.Fault) -> (ArrayForm.Element, isBigEndian: Bool) {
        let order = descriptor.utf8.first
        let isOrder = order == UInt8(ascii: "<") || order == UInt8(ascii: ">") || order == UInt8(ascii: "|")
        let element: ArrayForm.Element?
        switch isOrder ? String(descriptor.dropFirst()) : "" {
        case "b1": element = .boolean
        case "i1": element = .int8
        case "u1": element = .uint8
        case "i2": element = .int16
        case "u2": element = .uint16
        case "i4": element = .int32
        case "u4": element = .uint32
        case "i8": element = .int64
        case "u8": element = .uint64
        case "f4": element = .float32
        case "f8": element = .float64
        default: element = nil
        }
        guard let element, order != UInt8(ascii: "|") || element.size == 1 else {
            let isObject = descriptor.utf8.last == UInt8(ascii: "O")
            let hint =
                isObject ? "objects are never read, since reading them can run any program" : "expected b1, i1 to i8, u1 to u8, f4 or f8"
            throw ArrayForm.Fault("array-type", "its elements are of the type '\(descriptor)'; \(hint)")
        }
        return (element, order == UInt8(ascii: ">"))
    }

    /// A file of the chosen rows, with a header as numpy writes it.
    static func part(_ form: ArrayForm, _ bytes: [UInt8], rows: [Int]) -> [UInt8] {
        let extents = ([rows.count] + form.shape.dropFirst()).map { "\($0)" }
        let shape = extents.count == 1 ? "\(extents[0])," : extents.joined(separator: ", ")
        let order = form.isFortran ? "True" : "False"
        var header = Array("{'descr': '\(form.descriptor)', 'fortran_order': \(order), 'shape': (\(shape)), }".utf8)
        // Elements begin at a multiple of 64.
        header += [UInt8](repeating: UInt8(ascii: " "), count: 63 - (10 + header.count) % 64)
        header.append(UInt8(ascii: "\n"))
        var result: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
        result += [UInt8(header.count & 0xFF), UInt8(header.count >> 8)]
        return result + header + form.elements(bytes, rows: rows)
    }
}

/// The Python dictionary at the head of an NPY file.
private struct NPYHeader {
    private(set) var descriptor: String?
    private(set) var isFortran: Bool?
    private(set) var shape: [Int]?
    private let text: [UInt8]
    private var next = 0

    init(_ text: ArraySlice<UInt8>) {
        self.text = Array(text)
    }

    private static let broken = ArrayForm.Fault("its header is no dictionary of 'descr', 'fortran_order' and 'shape'")

    mutating func read() throws(ArrayForm.Fault) {
        try expect("{")
        while !takes("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where descriptor == nil:
                skipSpace()
                if next < text.count, text[next] == UInt8(ascii: "[") {
                    throw ArrayForm.Fault("array-type", "its elements are records of several fields; expected numbers")
                }
                descriptor = try string()
            case "fortran_order" where isFortran == nil:
                if takes("True") {
                    isFortran = true
                } else {
                    try expect("False")
                    isFortran = false
                }
            case "shape" where shape == nil: shape = try tuple()
            default: throw Self.broken
            }
            if takes(",") { continue }
            try expect("}")
            break
        }
        skipSpace()
        guard next == text.count else { throw Self.broken }
    }

    private mutating func tuple() throws(ArrayForm.Fault) -> [Int] {
        var values: [Int] = []
        try expect("(")
        while !takes(")") {
            skipSpace()
            let start = next
            var value = 0
            while next < text.count, (0x30...0x39).contains(text[next]) {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int(text[next] - 0x30))
                guard !overflow, !carry else { throw Self.broken }
                value = sum
                next += 1
            }
            guard next > start else { throw Self.broken }
            values.append(value)
            // Python 2 wrote long integers so.
            _ = takes("L")
            if takes(",") { continue }
            try expect(")")
            // A tuple of one has a comma.
            guard values.count > 1 else { throw Self.broken }
            break
        }
        return values
    }

    private mutating func string() throws(ArrayForm.Fault) -> String {
        skipSpace()
        guard next < text.count, text[next] == UInt8(ascii: "'") || text[next] == UInt8(ascii: "\"") else { throw Self.broken }
        let quote = text[next]
        guard let end = text[(next + 1)...].firstIndex(of: quote) else { throw Self.broken }
        let content = text[(next + 1)..<end]
        guard content.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) else { throw Self.broken }
        next = end + 1
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func skipSpace() {
        while next < text.count, text[next] == UInt8(ascii: " ") || text[next] == UInt8(ascii: "\n") { next += 1 }
    }

    private mutating func takes(_ word: String) -> Bool {
        skipSpace()
        guard text[next...].starts(with: word.utf8) else { return false }
        next += word.utf8.count
        return true
    }

    private mutating func expect(_ word: String) throws(ArrayForm.Fault) {
        guard takes(word) else { throw Self.broken }
    }
}
