import Canonical

/// safetensors: a header of JSON with the name, type and place of each tensor, then their bytes.
enum SafetensorsComparison {
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard let count = Bytes.length(bytes, 0, 8), count >= 2, count <= 64 << 20, Bytes.slice(bytes, 8, count) != nil else {
            return false
        }
        return bytes[8] == UInt8(ascii: "{")
    }

    static func finding(_ pair: Pair) -> Finding? {
        guard let first = header(pair.first), let second = header(pair.second) else { return nil }
        if first != second {
            let inner = Pair(first: first, second: second, name: "header.json")
            return (JSONComparison.finding(inner) ?? TextComparison.finding(inner))?.inside("safetensors, header")
        }
        let start = 8 + first.count
        guard let tensors = JSONComparison.root(first)?.members, let offset = Bytes.firstDifference(pair.first, pair.second) else {
            return nil
        }
        for tensor in tensors where tensor.key != "__metadata__" {
            let bounds = (tensor.value["data_offsets"]?.elements ?? []).compactMap(\.integer)
            guard bounds.count == 2, bounds[0] >= 0, bounds[0] <= bounds[1], bounds[1] <= pair.first.count - start,
                bounds[1] <= pair.second.count - start, (start + bounds[0]..<start + bounds[1]).contains(offset)
            else { continue }
            let range = start + bounds[0]..<start + bounds[1]
            let place = "safetensors, tensor '\(Shown.text(tensor.key))'"
            guard let type = type(tensor.value["dtype"]?.string) else {
                return Finding(place, nil, Shown.hex(pair.first, offset), Shown.hex(pair.second, offset))
            }
            let shape = tensor.value["shape"]?.elements.compactMap(\.integer)
            return NumpyData(type: type, shape: shape, isFortran: false).finding(pair.first, range, pair.second, range)?.inside(place)
        }
        return nil
    }

    private static func header(_ bytes: [UInt8]) -> [UInt8]? {
        Bytes.length(bytes, 0, 8).flatMap { Bytes.slice(bytes, 8, $0) }.map { Array($0) }
    }

    private static func type(_ name: String?) -> NumpyType? {
        switch name {
        case "F64": NumpyType("<f8")
        case "F32": NumpyType("<f4")
        case "I64": NumpyType("<i8")
        case "I32": NumpyType("<i4")
        case "I16": NumpyType("<i2")
        case "I8": NumpyType("<i1")
        case "U8": NumpyType("<u1")
        case "BOOL": NumpyType("<b1")
        default: nil
        }
    }
}

/// SQLite: the page, and what stands in the header.
enum SqliteComparison {
    static func finding(_ pair: Pair) -> Finding? {
        guard let offset = Bytes.firstDifference(pair.first, pair.second), let written = Bytes.big(pair.first, 16, 2) else { return nil }
        let size = written == 1 ? 65_536 : Int(written)
        guard size >= 512 else { return nil }
        let fields: [(range: Range<Int>, name: String)] = [
            (24..<28, "change counter"), (92..<96, "version-valid-for number"), (96..<100, "version of the library"),
        ]
        let field = fields.first { $0.range.contains(offset) }.map { ", \($0.name)" } ?? ""
        return Finding(
            "sqlite, page \(offset / size + 1), byte \(offset % size)\(field)", nil, Shown.hex(pair.first, offset),
            Shown.hex(pair.second, offset))
    }
}
