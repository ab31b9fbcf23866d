/// The type of an array's elements, as numpy writes it: byte order, kind and width, such as `<f8`.
struct NumpyType: Hashable {
    enum Kind: Character {
        case float = "f"
        case integer = "i"
        case unsigned = "u"
        case boolean = "b"
        case complex = "c"
        case time = "M"
        case span = "m"
        case text = "U"
        case bytes = "S"
        case void = "V"
    }

    let text: String
    let kind: Kind
    /// Bytes of one element, at least 1.
    let width: Int
    let isBig: Bool

    /// Nil for what has no fixed width, such as Python objects, and for what is unknown.
    init?(_ text: String) {
        var rest = Substring(text)
        let order = rest.first
        if let order, "<>|=".contains(order) { rest = rest.dropFirst() }
        // An order before an order: the one of the state counts.
        if let order = rest.first, "<>|=".contains(order) { rest = rest.dropFirst() }
        guard let kind = rest.first.flatMap(Kind.init(rawValue:)) else { return nil }
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard let width = Int(digits), (1...1 << 20).contains(width) else { return nil }
        self.text = String(order == ">" ? ">" : "") + String(rest)
        self.kind = kind
        self.width = kind == .text ? width * 4 : width
        isBig = order == ">"
    }
}

/// The elements of an array as bytes.
struct NumpyData {
    let type: NumpyType
    /// Nil when only the number of elements is known.
    let shape: [Int]?
    let isFortran: Bool

    /// What tells two of them apart that have the same length.
    func finding(_ first: [UInt8], _ left: Range<Int>, _ second: [UInt8], _ right: Range<Int>) -> Finding? {
        let count = min(left.count, right.count) / type.width
        var found: Int?
        var differing = 0
        for index in 0..<count {
            let (a, b) = (left.lowerBound + index * type.width, right.lowerBound + index * type.width)
            if first[a..<a + type.width].elementsEqual(second[b..<b + type.width]) { continue }
            differing += 1
            found = found ?? index
        }
        guard let index = found else { return nil }
        let (a, b) = (left.lowerBound + index * type.width, right.lowerBound + index * type.width)
        let (x, y) = (value(first, a), value(second, b))
        var cause = cause(x, y)
        if cause == nil, differing > 1, hasSameElements(first, left, second, right, count) {
            cause = .order(of: "the elements of an array")
        }
        return Finding(
            "element \(place(index)) of \(type.text), \(differing) of \(count) differ", cause, x?.text ?? Shown.hex(first, a, type.width),
            y?.text ?? Shown.hex(second, b, type.width))
    }

    private enum Value {
        case integer(Int)
        case double(Double)
        case float(Float)

        var text: String {
            switch self {
            case .integer(let number): String(number)
            case .double(let number): "\(number)"
            case .float(let number): "\(number)"
            }
        }
    }

    private func value(_ bytes: [UInt8], _ offset: Int) -> Value? {
        let width = type.kind == .complex ? type.width / 2 : type.width
        guard width <= 8, let bits = type.isBig ? Bytes.big(bytes, offset, width) : Bytes.little(bytes, offset, width) else { return nil }
        switch (type.kind, width) {
        case (.float, 8), (.complex, 8): return .double(Double(bitPattern: bits))
        case (.float, 4), (.complex, 4): return .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case (.integer, _), (.time, _), (.span, _):
            let shift = UInt64(64 - 8 * width)
            return .integer(Int(Int64(bitPattern: bits << shift) >> Int64(shift)))
        case (.unsigned, _), (.boolean, _): return Int(exactly: bits).map { .integer($0) }
        default: return nil
        }
    }

    private func cause(_ first: Value?, _ second: Value?) -> Cause? {
        switch (first, second) {
        case (.double(let first), .double(let second)): NumberPair.cause(first, second)
        case (.float(let first), .float(let second)): NumberPair.cause(first, second)
        case (.integer(let first), .integer(let second)): type.kind == .time ? .timeStamp : NumberPair.cause(first, second)
        default: nil
        }
    }

    private func hasSameElements(_ first: [UInt8], _ left: Range<Int>, _ second: [UInt8], _ right: Range<Int>, _ count: Int) -> Bool {
        guard type.width <= 8, count <= 1 << 22 else { return false }
        func sorted(_ bytes: [UInt8], _ start: Int) -> [UInt64] {
            (0..<count).map { Bytes.little(bytes, start + $0 * type.width, type.width) ?? 0 }.sorted()
        }
        return sorted(first, left.lowerBound) == sorted(second, right.lowerBound)
    }

    /// The index of an element in every dimension.
    private func place(_ index: Int) -> String {
        guard let shape, shape.count > 1, !shape.contains(0) else { return "[\(index)]" }
        var rest = index
        var place: [Int] = []
        for size in isFortran ? shape : shape.reversed() {
            place.append(rest % size)
            rest /= size
        }
        let ordered = isFortran ? place : place.reversed()
        return "[" + ordered.map(String.init).joined(separator: ", ") + "]"
    }
}

/// `.npy`: a header with type and shape, then the elements.
enum NpyComparison {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    static func finding(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        guard let first = Header(pair.first), let second = Header(pair.second) else { return nil }
        if first.text != second.text { return Finding("npy, header", nil, first.text, second.text) }
        guard let type = first.type else {
            // Objects follow as a pickle.
            let inner = Pair(
                first: Array(pair.first[first.end...]), second: Array(pair.second[second.end...]), name: "\(pair.name).pkl")
            return unpacking.inner(inner)?.inside("npy")
        }
        let data = NumpyData(type: type, shape: first.shape, isFortran: first.isFortran)
        return data.finding(pair.first, first.end..<pair.first.count, pair.second, second.end..<pair.second.count)?.inside("npy")
    }

    struct Header {
        /// A Python dictionary as text.
        let text: String
        /// The offset of the first element.
        let end: Int

        init?(_ bytes: [UInt8]) {
            guard bytes.starts(with: NpyComparison.magic), bytes.count >= 12 else { return nil }
            let width = bytes[6] == 1 ? 2 : 4
            guard let length = Bytes.length(bytes, 8, width), let text = Bytes.slice(bytes, 8 + width, length), length <= 1 << 20 else {
                return nil
            }
            self.text = String(decoding: text, as: UTF8.self)
            end = 8 + width + length
        }

        private func value(_ key: String) -> Substring? {
            guard let place = text.firstRange(of: "'\(key)':") else { return nil }
            return text[place.upperBound...].drop { $0 == " " }
        }

        /// Nil for structures and objects.
        var type: NumpyType? {
            guard let value = value("descr"), value.first == "'" else { return nil }
            return NumpyType(String(value.dropFirst().prefix { $0 != "'" }))
        }

        var isFortran: Bool { value("fortran_order")?.hasPrefix("True") ?? false }

        var shape: [Int]? {
            guard let value = value("shape"), value.first == "(" else { return nil }
            let sizes = value.dropFirst().prefix { $0 != ")" }.split(separator: ",").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
            let numbers = sizes.compactMap { Int($0) }
            return numbers.count == sizes.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
        }
    }
}
