/// Takes two pickles apart, opcode by opcode, up to the first that differs.
struct PickleComparison {
    private let pair: Pair
    private var first: PickleReader
    private var second: PickleReader
    /// What both have on their stacks; they are the same up to the first difference.
    private var stack = PickleStack()
    /// The marks that are open, with where they stand on both sides.
    private var marks: [(first: Int, second: Int)] = []
    private var isFramed = false

    private init(_ pair: Pair) {
        self.pair = pair
        first = PickleReader(pair.first)
        second = PickleReader(pair.second)
    }

    /// What tells two pickles apart; nil when one is none after all, or when only what follows them differs.
    static func finding(_ pair: Pair) -> Finding? {
        var comparison = PickleComparison(pair)
        return comparison.run()?.inside("pickle")
    }

    private mutating func run() -> Finding? {
        while true {
            let operation = Self.nextSkippingFrames(&first)
            let other = Self.nextSkippingFrames(&second)
            guard let operation, let other else {
                if let operation { return surplus(operation, pair.first, isFirst: true) }
                if let other { return surplus(other, pair.second, isFirst: false) }
                return nil
            }
            guard operation.opcode == other.opcode,
                pair.first[operation.argument].elementsEqual(pair.second[other.argument])
            else { return difference(operation, other) }
            switch operation.opcode {
            case .mark: if marks.count < 1 << 16 { marks.append((operation.offset, other.offset)) }
            case .appends, .additems, .setitems, .tuple, .list, .dict, .frozenset, .obj, .inst, .popMark: _ = marks.popLast()
            default: break
            }
            stack.apply(operation, first)
            if operation.opcode == .build, let finding = joblibArray() { return finding }
        }
    }

    // The length of a frame follows from what is in it, which comes later.
    static func nextSkippingFrames(_ reader: inout PickleReader) -> PickleOperation? {
        while let operation = reader.next() {
            if operation.opcode != .frame { return operation }
        }
        return nil
    }

    private func surplus(_ operation: PickleOperation, _ bytes: [UInt8], isFirst: Bool) -> Finding {
        let shown = "\(operation.opcode.name) at \(operation.offset)"
        return Finding(shown, nil, isFirst ? shown : "no opcode", isFirst ? "no opcode" : shown)
    }

    // MARK: The difference

    private func difference(_ operation: PickleOperation, _ other: PickleOperation) -> Finding {
        // Where one side ends what the other goes on with, it is the other's value that has a place.
        let path = PicklePath.text(stack, operation.opcode.isEnding && !other.opcode.isEnding ? second : first)
        func finding(_ cause: Cause?, _ left: String, _ right: String, _ detail: String? = nil) -> Finding {
            var place = path.map { "\($0), " } ?? ""
            place += operation.argument.isEmpty ? operation.opcode.name : "argument of \(operation.opcode.name)"
            place += " at \(operation.offset)"
            if let detail { place += ", \(detail)" }
            return Finding(place, cause, left, right)
        }
        let reordering = PickleReordering(pair, marks, stack)
        let (left, right) = (first.value(operation), second.value(other))
        let (leftText, rightText) = (shown(operation, first, left), shown(other, second, right))
        if let cause = reordering.cause() { return finding(cause, leftText, rightText) }
        if let cause = sharing(operation, other, left, right) { return finding(cause, leftText, rightText) }
        if case .bytes(let leftRange) = left, case .bytes(let rightRange) = right {
            let contents = (Array(pair.first[leftRange]), Array(pair.second[rightRange]))
            if let inner = bytes(contents.0, contents.1, after: operation) {
                return finding(inner.cause, inner.first, inner.second, inner.place.first)
            }
        }
        if isEncoded, case .text(let leftRange) = left, case .text(let rightRange) = right,
            let inner = bytes(Self.latin(pair.first[leftRange]), Self.latin(pair.second[rightRange]), after: operation)
        {
            return finding(inner.cause, inner.first, inner.second, inner.place.first)
        }
        return finding(cause(left, right, path), leftText, rightText)
    }

    private func shown(_ operation: PickleOperation, _ reader: PickleReader, _ value: PickleValue?) -> String {
        switch value {
        case nil:
            let argument = operation.argument.isEmpty ? "" : " \(Shown.text(reader.bytes[operation.argument]))"
            if let text = stack.text(operation, reader) { return "a reference to '\(text)'" }
            return operation.opcode.name + (operation.opcode.argument.isText ? argument : "")
        case .nothing: return "None"
        case .boolean(let value): return value ? "True" : "False"
        case .integer(let number): return String(number)
        case .longInteger(let bytes): return "an integer of \(bytes.count) bytes, \(Shown.hex(bytes, 0))"
        case .float(let bits): return "\(Double(bitPattern: bits))"
        case .text(let range): return "'\(Shown.text(reader.bytes[range]))'"
        case .bytes(let range): return "\(range.count) bytes, \(Shown.hex(Array(reader.bytes[range].prefix(16)), 0))"
        }
    }

    private func cause(_ left: PickleValue?, _ right: PickleValue?, _ path: String?) -> Cause? {
        // The name of what holds the value, without brackets and quotes.
        let label = path.map { String($0.prefix { $0 != "'" || $0 == "." }) }.map { PickleStack.lastName($0) }
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return NumberPair.cause(left, right, label: label)
        case (.longInteger(let left), .longInteger(let right)) where (15...17).contains(left.count) && (15...17).contains(right.count):
            return .randomIdentifier
        case (.float(let left), .float(let right)): return NumberPair.cause(Double(bitPattern: left), Double(bitPattern: right))
        case (.text(let left), .text(let right)): return TokenPair.cause(Array(pair.first[left]), Array(pair.second[right]))
        default: return nil
        }
    }

    /// One side refers to a value in the memo where the other writes the same value out.
    private func sharing(_ operation: PickleOperation, _ other: PickleOperation, _ left: PickleValue?, _ right: PickleValue?) -> Cause? {
        let reads: Set<PickleOpcode> = [.get, .binget, .longBinget]
        if reads.contains(operation.opcode) == reads.contains(other.opcode) {
            return operation.opcode == .memoize || other.opcode == .memoize ? .sharing : nil
        }
        if case .text(let range) = right, let text = stack.text(operation, first) {
            return Shown.text(pair.second[range]) == Shown.text(text) ? .sharing : nil
        }
        if case .text(let range) = left, let text = stack.text(other, second) {
            return Shown.text(pair.first[range]) == Shown.text(text) ? .sharing : nil
        }
        return nil
    }

    // MARK: Bytes that are more than bytes

    /// Whether a text stands for bytes: before protocol 3, a call of `_codecs.encode` makes them of one.
    private var isEncoded: Bool {
        if case .global(let name) = stack.items.last { PickleStack.lastName(name) == "encode" } else { false }
    }

    /// The bytes that Latin-1 has for a text.
    private static func latin(_ text: ArraySlice<UInt8>) -> [UInt8] {
        String(decoding: text, as: UTF8.self).unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    /// What stands in bytes that belong to an array of numbers or to a moment.
    private func bytes(_ left: [UInt8], _ right: [UInt8], after operation: PickleOperation) -> Finding? {
        if case .global(let name) = stack.items.last(where: { if case .global = $0 { true } else { false } }),
            name.utf8.starts(with: "datetime.".utf8)
        {
            return Finding("a \(PickleStack.lastName(name))", .timeStamp, Self.moment(left), Self.moment(right))
        }
        guard left.count == right.count, let type = elementType(after: operation) else { return nil }
        return NumpyData(type: type, shape: nil, isFortran: false).finding(left, left.indices, right, right.indices)
    }

    /// Year, month and so on, as `datetime` packs them.
    private static func moment(_ parts: [UInt8]) -> String {
        guard parts.count >= 4 else { return Shown.hex(parts, 0) }
        let date = "\((Int(parts[0]) << 8) + Int(parts[1]))-\(parts[2] & 0x7F)-\(parts[3])"
        return parts.count >= 7 ? "\(date) \(parts[4]):\(parts[5]):\(parts[6])" : date
    }

    /// The type of the array whose bytes these are: it stands on the stack already, or comes within the next opcodes.
    private func elementType(after operation: PickleOperation) -> NumpyType? {
        func type(_ item: PickleStack.Item) -> NumpyType? {
            guard case .object(let name, let arguments, let state) = item, PickleStack.lastName(name) == "dtype",
                case .text(let code) = arguments.first
            else { return nil }
            let order = state.compactMap { if case .text(let order) = $0.value { order } else { nil } }.first
            return NumpyType((order == ">" ? ">" : "<") + code)
        }
        if let known = stack.items.suffix(8).reversed().lazy.compactMap(type).first { return known }
        // Protocol 5 has the bytes first.
        guard stack.items.suffix(4).contains(where: { if case .global(let name) = $0 { name.hasSuffix("._frombuffer") } else { false } })
        else { return nil }
        var ahead = stack
        var reader = first
        ahead.apply(operation, reader)
        for _ in 0..<24 {
            guard let next = Self.nextSkippingFrames(&reader) else { return nil }
            ahead.apply(next, reader)
            if let known = ahead.items.last.flatMap(type) { return known }
        }
        return nil
    }

    /// The difference in an array of joblib that follows, if there is one here, and one in it.
    private mutating func joblibArray() -> Finding? {
        guard let left = JoblibArray.read(stack, &first), let right = JoblibArray.read(stack, &second),
            let finding = left.data.finding(pair.first, left.range, pair.second, right.range)
        else { return nil }
        // The object that describes the array stands for it.
        return PicklePath.text(stack.withoutTop, first).map { finding.inside($0) } ?? finding
    }
}

extension PickleOpcode {
    /// Whether it takes what is on the stack instead of putting a value there.
    var isEnding: Bool {
        switch self {
        case .appends, .additems, .setitems, .append, .setitem, .tuple, .list, .dict, .frozenset, .obj, .inst, .popMark, .pop, .build,
            .reduce, .newobj, .newobjEx, .tuple1, .tuple2, .tuple3, .stop, .memoize, .put, .binput, .longBinput:
            true
        default: false
        }
    }
}

extension PickleOpcode.Argument {
    /// Whether it is shown as a text.
    var isText: Bool {
        switch self {
        case .nothing, .fixed: false
        case .counted, .lines: true
        }
    }
}
