import Canonical
import Diagnostics

/// A named array of numbers in a model file.
package struct Tensor: Hashable, Sendable {
    package enum Elements: Hashable, Sendable {
        case doubles([Double])
        case floats([Float])
        case integers([Int32])
        case bytes([UInt8])
    }

    package let name: String
    /// Not negative; their product is the number of elements.
    package let shape: [Int]
    package let elements: Elements

    init(_ name: String, _ shape: [Int], _ values: [Double]) {
        self.init(name: name, shape: shape, elements: .doubles(values))
    }

    init(_ name: String, _ shape: [Int], _ values: [Float]) {
        self.init(name: name, shape: shape, elements: .floats(values))
    }

    init(_ name: String, _ shape: [Int], _ values: [Int32]) {
        self.init(name: name, shape: shape, elements: .integers(values))
    }

    init(_ name: String, _ shape: [Int], _ values: [UInt8]) {
        self.init(name: name, shape: shape, elements: .bytes(values))
    }

    fileprivate init(name: String, shape: [Int], elements: Elements) {
        self.name = name
        self.shape = shape
        self.elements = elements
    }

    var doubles: [Double]? { if case .doubles(let values) = elements { values } else { nil } }
    var floats: [Float]? { if case .floats(let values) = elements { values } else { nil } }
    var integers: [Int32]? { if case .integers(let values) = elements { values } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let values) = elements { values } else { nil } }
}

/// The safetensors format: the length of a JSON header in 8 bytes, the header, then the tensors' bytes; all little-endian.
///
/// Written are F64 tensors, then F32, I32 and U8 ones, each in the order of their names, the header padded with spaces to a multiple of 8 bytes.
/// Every tensor then lies at a multiple of its element's size. What is read must have exactly this form.
enum Safetensors {
    private static let lengthBytes = 8
    /// Longer headers are refused before they are parsed.
    private static let longestHeader = 1 << 20

    static func encode(_ tensors: [Tensor]) -> [UInt8] {
        var entries: [(name: String, value: JSONValue)] = []
        var body: [UInt8] = []
        for tensor in ordered(tensors) {
            let start = body.count
            let type: String
            switch tensor.elements {
            case .doubles(let values):
                type = "F64"
                for value in values { body.appendLittleEndian(value.bitPattern) }
            case .floats(let values):
                type = "F32"
                for value in values { body.appendLittleEndian(value.bitPattern) }
            case .integers(let values):
                type = "I32"
                for value in values { body.appendLittleEndian(value) }
            case .bytes(let values):
                type = "U8"
                body += values
            }
            let members = [
                JSONMember("dtype", .string(type)), JSONMember("shape", .array(tensor.shape.map(JSONValue.integer))),
                JSONMember("data_offsets", .array([.integer(start), .integer(body.count)])),
            ]
            entries.append((tensor.name, .object(members)))
        }
        entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var header = CanonicalJSON.encode(.object(entries.map { JSONMember($0.name, $0.value) }))
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(header.count))
        return bytes + header + body
    }

    private static func ordered(_ tensors: [Tensor]) -> [Tensor] {
        let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return sorted.filter { $0.doubles != nil } + sorted.filter { $0.floats != nil } + sorted.filter { $0.integers != nil }
            + sorted.filter { $0.bytes != nil }
    }

    /// - Throws: ``LearningError/damagedModel(_:)`` when ``encode(_:)`` cannot have written the bytes.
    static func decode(_ bytes: [UInt8]) throws(LearningError) -> [Tensor] {
        func damaged(_ fact: String) -> LearningError { .damagedModel("weights: \(fact)") }
        guard bytes.count >= lengthBytes else { throw damaged("there is no header") }
        let length = bytes[..<lengthBytes].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(longestHeader), Int(length) <= bytes.count - lengthBytes else { throw damaged("the header is cut off") }
        let bodyStart = lengthBytes + Int(length)
        let source = SourceText(name: "weights.safetensors", bytes: Array(bytes[lengthBytes..<bodyStart]))
        let parsed = JSONDocument.parse(source)
        guard !parsed.hasErrors, let members = parsed.value?.root.value.objectValue else { throw damaged("the header is no JSON object") }
        var tensors: [Tensor] = []
        for member in members {
            guard let shape = integers(member.value["shape"]), let offsets = integers(member.value["data_offsets"]), offsets.count == 2,
                0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= bytes.count - bodyStart, let count = elementCount(shape)
            else { throw damaged("tensor '\(member.name)' lies outside the file") }
            let size = offsets[1] - offsets[0]
            let body = bytes[bodyStart + offsets[0]..<bodyStart + offsets[1]]
            switch member.value["dtype"]?.stringValue {
            case "F64":
                guard size % 8 == 0, size / 8 == count else { throw damaged("tensor '\(member.name)' has not the size of its shape") }
                tensors.append(Tensor(member.name, shape, words(body, as: UInt64.self).map(Double.init(bitPattern:))))
            case "F32":
                guard size % 4 == 0, size / 4 == count else { throw damaged("tensor '\(member.name)' has not the size of its shape") }
                tensors.append(Tensor(member.name, shape, words(body, as: UInt32.self).map(Float.init(bitPattern:))))
            case "I32":
                guard size % 4 == 0, size / 4 == count else { throw damaged("tensor '\(member.name)' has not the size of its shape") }
                tensors.append(Tensor(member.name, shape, words(body, as: UInt32.self).map(Int32.init(bitPattern:))))
            case "U8":
                guard size == count else { throw damaged("tensor '\(member.name)' has not the size of its shape") }
                tensors.append(Tensor(member.name, shape, Array(body)))
            default: throw damaged("tensor '\(member.name)' has an element type other than F64, F32, I32 and U8")
            }
        }
        // One order, one padding, no gap, no overlap, nothing after the end: whatever differs was not written here.
        guard encode(tensors) == bytes else { throw damaged("the layout is not the one that is written") }
        return tensors
    }

    private static func integers(_ value: JSONValue?) -> [Int]? {
        guard let list = value?.arrayValue else { return nil }
        let integers = list.compactMap(\.integerValue)
        return integers.count == list.count ? integers : nil
    }

    /// The product of the shape, or nil when it is no number of elements.
    private static func elementCount(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflows else { return nil }
            count = product
        }
        return count
    }

    private static func words<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as type: Word.Type) -> [Word] {
        bytes.withUnsafeBytes { bytes in
            let size = MemoryLayout<Word>.size
            return (0..<bytes.count / size).map { Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Word.self)) }
        }
    }
}
