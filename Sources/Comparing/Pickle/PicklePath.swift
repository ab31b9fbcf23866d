/// The way from the outside of a pickle to one value in it, such as `CountVectorizer.vocabulary_['a']`.
///
/// What a value becomes a part of shows only later: its list or dictionary takes it in with all that stands beside it. So the
/// opcodes after the value are followed, as far as how high the stack is, until nothing more lies around it.
struct PicklePath {
    private enum Step {
        case index(Int)
        case key(String)
        case someKey
        case element
        /// The state of an object of this class.
        case state(String)
        /// An argument of a call.
        case call(String)
    }

    private static let farthest = 1 << 22

    private let stack: PickleStack
    /// Where the value, or what holds it, stands on the stack.
    private var place: Int
    private var height: Int
    private var marks: [Int]
    /// From the inside out.
    private var steps: [Step] = []

    /// - Parameters:
    ///   - stack: as it is before the value is put on it.
    ///   - reader: at the opcode after the one that puts the value on the stack.
    static func text(_ stack: PickleStack, _ reader: PickleReader) -> String? {
        guard stack.isKnown else { return nil }
        var path = PicklePath(stack)
        var reader = reader
        // The value itself, as far as anybody needs it.
        var ahead = stack.adding(.other)
        var count = 0
        while let operation = PickleComparison.nextSkippingFrames(&reader), count < farthest {
            count += 1
            guard path.follow(operation.opcode) else { break }
            ahead.apply(operation, reader)
            if operation.opcode == .build { _ = JoblibArray.read(ahead, &reader) }
        }
        return path.text
    }

    private init(_ stack: PickleStack) {
        self.stack = stack
        place = stack.items.count
        height = place + 1
        marks = stack.items.indices.filter { if case .mark = stack.items[$0] { true } else { false } }
    }

    /// False once the value is on its own, or was thrown away.
    private mutating func follow(_ opcode: PickleOpcode) -> Bool {
        switch opcode {
        case .stop: return false
        case .mark:
            marks.append(height)
            height += 1
        case .memoize, .put, .binput, .longBinput, .proto, .frame, .readonlyBuffer, .binpersid: break
        case .pop: drop(to: height - 1)
        case .popMark: drop(to: marks.popLast() ?? 0)
        case .append: take(from: height - 1, marked: false, into: true) { [self] in sequence($0, height - 1, holder: height - 2) }
        case .setitem: take(from: height - 2, marked: false, into: true) { [self] in pairs($0, height - 2) }
        case .appends, .additems:
            let mark = marks.popLast() ?? 0
            take(from: mark + 1, marked: true, into: true) { [self] in sequence($0, mark + 1, holder: mark - 1) }
        case .setitems:
            let mark = marks.popLast() ?? 0
            take(from: mark + 1, marked: true, into: true) { [self] in pairs($0, mark + 1) }
        case .build: take(from: height - 1, marked: false, into: true) { [self] _ in .state(name(height - 2)) }
        case .tuple1, .tuple2, .tuple3:
            let start = height - 1 - Int(opcode.rawValue - PickleOpcode.tuple1.rawValue)
            take(from: start, marked: false, into: false) { .index($0 - start) }
        case .tuple, .list, .frozenset, .dict, .obj, .inst:
            let mark = marks.popLast() ?? 0
            take(from: mark + 1, marked: true, into: false) { [self] place in
                switch opcode {
                case .frozenset: .element
                case .dict: pairs(place, mark + 1)
                case .obj, .inst: .call(name(mark + 1))
                default: .index(place - mark - 1)
                }
            }
        case .reduce, .newobj: take(from: height - 2, marked: false, into: false) { [self] _ in .call(name(height - 2)) }
        case .newobjEx: take(from: height - 3, marked: false, into: false) { [self] _ in .call(name(height - 3)) }
        case .stackGlobal: take(from: height - 2, marked: false, into: false) { _ in .call("") }
        default: height += 1
        }
        return place >= 0 && height > 0
    }

    private mutating func drop(to newHeight: Int) {
        height = newHeight
        if place >= height { place = -1 }
    }

    /// What stands from `start` up is taken into what stands below it, or becomes one new thing in its place.
    private mutating func take(from start: Int, marked: Bool, into isInto: Bool, _ step: (Int) -> Step) {
        let below = start - (marked ? 1 : 0)
        if place >= start {
            steps.append(step(place))
            place = isInto ? below - 1 : below
        }
        height = isInto ? below : below + 1
    }

    private func item(_ index: Int) -> PickleStack.Item? { stack.items.indices.contains(index) ? stack.items[index] : nil }

    private func name(_ index: Int) -> String {
        switch item(index) {
        case .object(let name, _, _), .global(let name): PickleStack.lastName(name)
        default: ""
        }
    }

    private func sequence(_ place: Int, _ start: Int, holder: Int) -> Step {
        switch item(holder) {
        case .list(let count): .index(count + place - start)
        case .set: .element
        default: .index(place - start)
        }
    }

    private func pairs(_ place: Int, _ start: Int) -> Step {
        guard (place - start) % 2 == 1 else { return .someKey }
        return switch item(place - 1) {
        case .text(let key): .key(key)
        case .integer(let key): .index(key)
        default: .someKey
        }
    }

    // MARK: The text

    /// Calls that numpy makes of its own, which say nothing to a person.
    private static let plumbing: Set<String> = [
        "_reconstruct", "_frombuffer", "scalar", "encode", "dtype", "_reconstructor", "set", "frozenset", "",
    ]

    private var text: String? {
        var text = ""
        var isState = false
        var isHidden = false
        for step in steps.reversed() {
            let wasHidden = isHidden
            isHidden = false
            switch step {
            case .index(let index): if !wasHidden { text += "[\(index)]" }
            case .key(let key): text += isState ? ".\(key)" : "['\(key)']"
            case .someKey, .element: break
            case .state(let name):
                isHidden = Self.plumbing.contains(name)
                if !isHidden, text.isEmpty { text = name }
            case .call(let name):
                isHidden = Self.plumbing.contains(name)
                if !isHidden, text.isEmpty { text = "\(name)(...)" }
            }
            if case .state = step { isState = true } else { isState = false }
        }
        return text.isEmpty ? nil : text
    }
}

extension PickleStack {
    static func lastName(_ name: String) -> String {
        name.split(separator: ".").last.map(String.init) ?? name
    }
}
