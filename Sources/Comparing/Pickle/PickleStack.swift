/// What a pickle has on its stack at some moment, as far as a person needs it to find the place: names, keys and counts.
///
/// Bounded: what is too deep, too wide or too strange is forgotten, which costs the path and nothing else.
struct PickleStack {
    indirect enum Item {
        case mark
        case text(String)
        case integer(Int)
        /// A name that is looked up in a module, such as `numpy dtype`.
        case global(String)
        /// What a call gave: the name that was called, and the first texts among its arguments.
        case object(String, arguments: [Item], state: [(key: String, value: Item)])
        case list(Int)
        case dictionary(Int, [(key: String, value: Item)])
        case set(Int)
        case tuple([Item])
        case other
    }

    private static let deepest = 1 << 16
    private static let largestMemo = 1 << 20
    private static let longestText = 120
    private static let widest = 12

    private(set) var items: [Item] = []
    private var memo: [Int: Item] = [:]
    private var memoized = 0
    /// Whether the path is still known.
    private(set) var isKnown = true

    /// Takes one operation in.
    mutating func apply(_ operation: PickleOperation, _ reader: PickleReader) {
        guard isKnown else { return }
        if items.count > Self.deepest || memo.count > Self.largestMemo { return isKnown = false }
        switch operation.opcode {
        case .mark: items.append(.mark)
        case .pop: pop()
        case .popMark: _ = popToMark()
        case .dup: if let last = items.last { items.append(last) }
        case .emptyList: items.append(.list(0))
        case .emptyDict: items.append(.dictionary(0, []))
        case .emptySet: items.append(.set(0))
        case .emptyTuple: items.append(.tuple([]))
        case .list: items.append(.list(popToMark().count))
        case .frozenset: items.append(.set(popToMark().count))
        case .dict: add(pairs: popToMark(), to: .dictionary(0, []))
        case .tuple: items.append(.tuple(popToMark().prefix(Self.widest).map(Self.outline)))
        case .tuple1: items.append(.tuple(pop(1).map(Self.outline)))
        case .tuple2: items.append(.tuple(pop(2).map(Self.outline)))
        case .tuple3: items.append(.tuple(pop(3).map(Self.outline)))
        case .append: grow(by: pop(1).count)
        case .appends, .additems: grow(by: popToMark().count)
        case .setitem: setItems(pop(2))
        case .setitems: setItems(popToMark())
        case .global, .inst:
            let name = String(decoding: reader.bytes[operation.argument].map { $0 == 0x0A ? 0x2E : $0 }, as: UTF8.self)
            if operation.opcode == .inst {
                items.append(.object(Self.shortened(name), arguments: popToMark().prefix(Self.widest).map(Self.flat), state: []))
            } else {
                items.append(.global(Self.shortened(name)))
            }
        case .stackGlobal: stackGlobal()
        case .obj:
            let parts = popToMark()
            call(parts.first ?? .other, .tuple(parts.dropFirst().prefix(Self.widest).map(Self.flat)))
        case .reduce, .newobj:
            let parts = pop(2)
            call(parts.first ?? .other, parts.last ?? .other)
        case .newobjEx:
            let parts = pop(3)
            call(parts.first ?? .other, parts.count > 1 ? parts[1] : .other)
        case .build: build(pop(1).first ?? .other)
        case .put, .binput, .longBinput: put(at: index(operation, reader))
        case .memoize: put(at: memoized)
        case .get, .binget, .longBinget: items.append(index(operation, reader).flatMap { memo[$0] } ?? .other)
        case .binpersid:
            pop()
            items.append(.other)
        case .stop, .proto, .frame, .readonlyBuffer: break
        case .persid, .ext1, .ext2, .ext4, .nextBuffer: items.append(.other)
        default: items.append(plain(reader.value(operation), reader))
        }
    }

    private func plain(_ value: PickleValue?, _ reader: PickleReader) -> Item {
        switch value {
        case .text(let range): .text(Self.text(reader.bytes[range]))
        case .integer(let number): .integer(number)
        default: .other
        }
    }

    /// A text as it is kept: its beginning, if it is long.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        shortened(String(decoding: bytes.prefix(4 * longestText), as: UTF8.self))
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= longestText ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestText)))
    }

    private mutating func pop() { if !items.isEmpty { items.removeLast() } }

    private mutating func pop(_ count: Int) -> [Item] {
        let popped = Array(items.suffix(count))
        items.removeLast(popped.count)
        return popped
    }

    private mutating func popToMark() -> [Item] {
        guard let mark = items.lastIndex(where: { if case .mark = $0 { true } else { false } }) else {
            isKnown = false
            return []
        }
        let popped = Array(items[(mark + 1)...])
        items.removeSubrange(mark...)
        return popped
    }

    private mutating func grow(by count: Int) {
        switch items.last {
        case .list(let known): items[items.count - 1] = .list(known + count)
        case .set(let known): items[items.count - 1] = .set(known + count)
        default: break
        }
    }

    private mutating func setItems(_ pairs: [Item]) {
        switch items.last {
        case .dictionary: add(pairs: pairs, to: items.removeLast())
        default: break
        }
    }

    private mutating func add(pairs: [Item], to dictionary: Item) {
        guard case .dictionary(let count, var known) = dictionary else { return }
        for index in stride(from: 0, to: pairs.count - 1, by: 2) where known.count < Self.widest {
            if case .text(let key) = pairs[index] { known.append((key, Self.outline(pairs[index + 1]))) }
        }
        items.append(.dictionary(count + pairs.count / 2, known))
    }

    /// `item` without what lies deeper in it, so that nothing grows with depth.
    private static func outline(_ item: Item) -> Item {
        switch item {
        case .dictionary(let count, _): .dictionary(count, [])
        case .object(let name, let arguments, _): .object(name, arguments: arguments.map(flat), state: [])
        case .tuple(let parts): .tuple(parts.map(flat))
        default: item
        }
    }

    private static func flat(_ item: Item) -> Item {
        switch item {
        case .dictionary(let count, _): .dictionary(count, [])
        case .object(let name, _, _): .object(name, arguments: [], state: [])
        case .tuple: .tuple([])
        default: item
        }
    }

    private mutating func stackGlobal() {
        let parts = pop(2)
        guard parts.count == 2, case .text(let module) = parts[0], case .text(let name) = parts[1] else { return items.append(.other) }
        items.append(.global(Self.shortened("\(module).\(name)")))
    }

    private mutating func call(_ callee: Item, _ arguments: Item) {
        var parts: [Item] = []
        if case .tuple(let known) = arguments { parts = known.map(Self.flat) }
        switch callee {
        case .global(let name):
            // `copyreg._reconstructor(C, object, None)` and `copyreg.__newobj__(C)` make a C.
            if name.utf8.starts(with: "copy".utf8), case .global(let made) = parts.first {
                items.append(.object(made, arguments: [], state: []))
            } else {
                items.append(.object(name, arguments: parts, state: []))
            }
        default: items.append(.other)
        }
    }

    private mutating func build(_ state: Item) {
        guard case .object(let name, let arguments, _) = items.last else { return }
        var known: [(key: String, value: Item)] = []
        switch state {
        case .dictionary(_, let members): known = members
        case .tuple(let parts): known = parts.enumerated().map { ("\($0.offset)", Self.flat($0.element)) }
        default: break
        }
        items[items.count - 1] = .object(name, arguments: arguments, state: known)
    }

    private func index(_ operation: PickleOperation, _ reader: PickleReader) -> Int? {
        switch operation.opcode {
        case .get, .put: Int(String(decoding: reader.bytes[operation.argument], as: UTF8.self))
        default: Bytes.length(reader.bytes, operation.argument.lowerBound, operation.argument.count)
        }
    }

    private mutating func put(at index: Int?) {
        memoized += 1
        if let index, let last = items.last { memo[index] = last }
    }

    /// As it was before its last item came.
    var withoutTop: PickleStack {
        var stack = self
        stack.pop()
        return stack
    }

    func adding(_ item: Item) -> PickleStack {
        var stack = self
        stack.items.append(item)
        return stack
    }

    /// What a reference to the memo stands for, where it is a text.
    func text(_ operation: PickleOperation, _ reader: PickleReader) -> String? {
        guard let index = index(operation, reader), case .text(let text) = memo[index] else { return nil }
        return text
    }
}
