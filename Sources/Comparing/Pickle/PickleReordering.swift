/// Whether a difference is only one of order: the same elements behind a mark, on both sides.
struct PickleReordering {
    private let pair: Pair
    private let marks: [(first: Int, second: Int)]
    private let stack: PickleStack

    /// Elements of one side that are looked at; a larger set is one of which nothing is said.
    private static let widest = 1 << 20

    init(_ pair: Pair, _ marks: [(first: Int, second: Int)], _ stack: PickleStack) {
        self.pair = pair
        self.marks = marks
        self.stack = stack
    }

    /// From the innermost mark outwards: the first container with the same elements on both sides.
    func cause() -> Cause? {
        for mark in marks.suffix(4).reversed() {
            guard let left = elements(pair.first, mark.first), let right = elements(pair.second, mark.second),
                left.closing == right.closing, left.tokens.count == right.tokens.count
            else { continue }
            if left.tokens != right.tokens, left.tokens.sorted(by: <) == right.tokens.sorted(by: <) { return cause(left.closing) }
        }
        return nil
    }

    private func cause(_ closing: PickleOpcode) -> Cause? {
        switch closing {
        case .additems, .frozenset: return .setOrder
        case .setitems, .dict: return .dictionaryOrder
        case .appends, .list: return isSetArgument ? .setOrder : .order(of: "a list with the same elements")
        case .tuple: return .order(of: "a tuple with the same elements")
        default: return nil
        }
    }

    /// Before protocol 4 a set is the call of `set` with a list.
    private var isSetArgument: Bool {
        zip(stack.items, stack.items.dropFirst()).contains { callee, argument in
            guard case .global(let name) = callee, case .list = argument else { return false }
            return ["set", "frozenset"].contains(PickleStack.lastName(name))
        }
    }

    /// A value that stands somewhere in an element.
    private struct Token: Hashable, Comparable {
        let hash: UInt64

        init(_ bytes: some Sequence<UInt8>) {
            // FNV-1a: the same on every machine.
            hash = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }

        static func < (first: Token, second: Token) -> Bool { first.hash < second.hash }
    }

    /// Every value between a mark and the opcode that ends it, with the batches that follow; nil when there is no end.
    private func elements(_ bytes: [UInt8], _ mark: Int) -> (tokens: [Token], closing: PickleOpcode)? {
        var reader = PickleReader(bytes, at: mark)
        var memo = stack
        var tokens: [Token] = []
        var depth = 0
        // What is known once a batch has ended; another one may follow.
        var ended: (tokens: Int, closing: PickleOpcode)?
        loop: while let operation = PickleComparison.nextSkippingFrames(&reader) {
            switch operation.opcode {
            case .mark: depth += 1
            case .memoize, .put, .binput, .longBinput: break
            case _ where depth == 0: break loop
            case .appends, .additems, .setitems, .tuple, .list, .dict, .frozenset, .obj, .inst, .popMark:
                depth -= 1
                if depth > 0 { break }
                if let ended, ended.closing != operation.opcode { break loop }
                ended = (tokens.count, operation.opcode)
                guard [.appends, .additems, .setitems].contains(operation.opcode) else { break loop }
            case .get, .binget, .longBinget: tokens.append(Token(memo.text(operation, reader).map { Array($0.utf8) } ?? [0]))
            default:
                let value = reader.value(operation).map { Self.text($0, reader) }
                tokens.append(Token(value ?? [operation.opcode.rawValue] + Array(bytes[operation.argument])))
            }
            memo.apply(operation, reader)
            if tokens.count > Self.widest { return nil }
        }
        return ended.map { (Array(tokens.prefix($0.tokens)), $0.closing) }
    }

    private static func text(_ value: PickleValue, _ reader: PickleReader) -> [UInt8] {
        switch value {
        case .text(let range): Array(PickleStack.text(reader.bytes[range]).utf8)
        case .bytes(let range): [1] + reader.bytes[range]
        case .integer(let number): Array("i\(number)".utf8)
        case .longInteger(let bytes): [2] + bytes
        case .float(let bits): Array("f\(bits)".utf8)
        case .boolean(let value): [3, value ? 1 : 0]
        case .nothing: [4]
        }
    }
}
