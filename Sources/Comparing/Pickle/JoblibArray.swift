/// The bytes of an array that joblib writes between opcodes, behind the object that describes them.
struct JoblibArray {
    let data: NumpyData
    let range: Range<Int>

    /// Reads past one, if the stack's top describes one; nil and no step further if it does not.
    static func read(_ stack: PickleStack, _ reader: inout PickleReader) -> JoblibArray? {
        guard case .object(let name, _, let state) = stack.items.last, PickleStack.lastName(name) == "NumpyArrayWrapper" else { return nil }
        func member(_ key: String) -> PickleStack.Item? { state.first { $0.key == key }?.value }
        guard case .object(_, let arguments, _) = member("dtype"), case .text(let code) = arguments.first,
            let type = NumpyType("<" + code), case .tuple(let sizes) = member("shape")
        else { return nil }
        var count = type.width
        var shape: [Int] = []
        for size in sizes {
            guard case .integer(let number) = size, number >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: number)
            if overflow { return nil }
            count = product
            shape.append(number)
        }
        var ahead = reader
        if member("numpy_array_alignment_bytes") != nil {
            guard let padding = Bytes.length(ahead.bytes, ahead.offset, 1), ahead.skip(1 + padding) else { return nil }
        }
        let start = ahead.offset
        guard ahead.skip(count) else { return nil }
        reader = ahead
        var isFortran = false
        if case .text(let order) = member("order") { isFortran = order == "F" }
        return JoblibArray(data: NumpyData(type: type, shape: shape, isFortran: isFortran), range: start..<start + count)
    }
}
