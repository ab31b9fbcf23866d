/// A constant of an ONNX graph.
///
/// In the file it is a `TensorProto`; numbers lie in `raw_data`, little-endian.
struct ONNXTensor {
    enum Elements {
        case doubles([Double])
        case floats([Float])
        case integers([Int64])
        case bytes([UInt8])
        case texts([String])
    }

    let name: String
    let shape: [Int]
    let elements: Elements

    init(_ name: String, _ shape: [Int], _ elements: Elements) {
        self.name = name
        self.shape = shape
        self.elements = elements
    }

    /// The element types of ONNX, by their numbers in `TensorProto.DataType`.
    enum ElementType: Int {
        case float = 1
        case uint8 = 2
        case int64 = 7
        case string = 8
        case double = 11
    }

    func write(to writer: inout ProtobufWriter) {
        writer.integers(1, shape)
        switch elements {
        case .doubles(let values):
            writer.integer(2, ElementType.double.rawValue)
            writer.text(8, name)
            writer.data(9, Self.raw(values.map(\.bitPattern)))
        case .floats(let values):
            writer.integer(2, ElementType.float.rawValue)
            writer.text(8, name)
            writer.data(9, Self.raw(values.map(\.bitPattern)))
        case .integers(let values):
            writer.integer(2, ElementType.int64.rawValue)
            writer.text(8, name)
            writer.data(9, Self.raw(values))
        case .bytes(let values):
            writer.integer(2, ElementType.uint8.rawValue)
            writer.text(8, name)
            writer.data(9, values)
        case .texts(let values):
            writer.integer(2, ElementType.string.rawValue)
            for value in values { writer.text(6, value) }
            writer.text(8, name)
        }
    }

    private static func raw<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * MemoryLayout<Word>.size)
        for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
