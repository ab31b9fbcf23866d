import Canonical
import Diagnostics
import Testing

/// What holds for every value and every text, tried with seeded random ones.
@Suite struct JSONPropertyTests {
    private static let letters: [String] = [
        "a", "b", "Z", "0", " ", "/", "\"", "\\", "\n", "\t", "\u{0}", "\u{1f}", "\u{7f}", "é", "e\u{301}", "ß", "€", "日", "\u{ffff}", "😀",
        "\u{10ffff}", "\u{2028}",
    ]

    private func text(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in Self.letters.randomElement(using: &generator)! }.joined()
    }

    private func number(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return Double(Int.random(in: -1000...1000, using: &generator))
        case 1: return Double.random(in: -1...1, using: &generator)
        case 2: return Double(Int.random(in: -100_000...100_000, using: &generator)) * 1e15
        default:
            let value = Double(bitPattern: generator.next())
            return value.isFinite ? value : 0.5
        }
    }

    private func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
        case 0: return .null
        case 1: return .boolean(Bool.random(using: &generator))
        case 2: return .integer(Int.random(in: -(1 << 53)...(1 << 53), using: &generator))
        case 3: return .number(number(&generator))
        case 4, 5: return .string(text(&generator))
        case 6: return .array((0..<Int.random(in: 0...5, using: &generator)).map { _ in value(depth: depth - 1, &generator) })
        default:
            // The set holds canonically equivalent names once, as the reader asks for.
            var names: Set<String> = []
            var members: [JSONMember] = []
            // Now and then so many that names are compared by a table.
            let most = Int.random(in: 0..<20, using: &generator) == 0 ? 60 : 4
            for _ in 0..<Int.random(in: 0...most, using: &generator) {
                let name = text(&generator)
                if names.insert(name).inserted { members.append(JSONMember(name, value(depth: depth - 1, &generator))) }
            }
            return .object(members)
        }
    }

    private func read(_ text: some Sequence<UInt8>, _ limits: JSONLimits = .document) -> JSONValue? {
        let result = JSONDocument.parse(SourceText(name: "a.json", bytes: Array(text)), limits: limits)
        return result.diagnostics.isEmpty ? result.value?.root.value : nil
    }

    @Test func `what is written reads back as the same value`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<600 {
            let value = value(depth: 4, &generator)
            #expect(read(JSONText.line(value).utf8) == value)
            #expect(read(JSONText.pretty(value).utf8) == value)
        }
    }

    @Test func `canonical text reads back as a value with the same canonical text`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<600 {
            let bytes = CanonicalJSON.encode(value(depth: 4, &generator))
            #expect(read(bytes, .canonical).map(CanonicalJSON.encode) == bytes)
        }
    }

    @Test func `canonical text does not depend on the order of members`() {
        var generator = SeededGenerator(seed: 9)
        func shuffled(_ value: JSONValue) -> JSONValue {
            switch value {
            case .array(let elements): .array(elements.map(shuffled))
            case .object(let members): .object(members.map { JSONMember($0.name, shuffled($0.value)) }.shuffled(using: &generator))
            case .null, .boolean, .integer, .number, .string: value
            }
        }
        var source = SeededGenerator(seed: 10)
        for _ in 0..<200 {
            let value = value(depth: 4, &source)
            #expect(CanonicalJSON.digest(shuffled(value)) == CanonicalJSON.digest(value))
        }
    }

    /// Looks at everything there is to see of a node; false when a child does not lie inside of its parent and after its neighbour.
    private func isSound(_ node: JSONNode, within span: SourceSpan) -> Bool {
        guard span.lower <= node.span.lower, node.span.upper <= span.upper else { return false }
        _ = (node.boolean, node.integer, node.string)
        if let number = node.number, !number.isFinite { return false }
        var end = node.span.lower
        for member in node.members {
            guard end <= member.keySpan.lower, member.keySpan.upper <= member.value.span.lower else { return false }
            guard node[member.key] != nil else { return false }
            end = member.value.span.upper
            guard isSound(member.value, within: node.span) else { return false }
        }
        for element in node.elements {
            guard end <= element.span.lower, isSound(element, within: node.span) else { return false }
            end = element.span.upper
        }
        return true
    }

    private static let seeds: [String] = [
        #"{"version": 1, "name": "penguins", "parameters": {"seed": 42, "rate": 0.25e-3}, "list": [1, -2.5, true, null, "x\ny\u00e9"]}"#,
        #"[[[]], {}, {"a": {"b": [{"c": "\ud83d\ude00"}]}}, "é日😀", 9007199254740992, 1e308]"#,
        "{\n  \"stages\": {\n    \"split\": { \"uses\": \"split\", \"with\": { \"test\": 0.25 } },\n    \"run\": [\"a\", \"b\"]\n  }\n}\n",
        "[1, // c\n 'a', 007, True, /* x */ .5, \"a\tb\", {a: 1, \"a\": 2,}, 1e400, \"\\ud800\\x\"]",
        "{\n<<<<<<< HEAD\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> b\n}",
    ]

    private static let signs: [String] = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "'", "`", "“", "”", "/*", "*/", "//", "#", "\\u", "\\ud800", "\\udc00", "-", "+", ".",
        "e",
        "E9", "0", "1e999", "true", "null", "nul", "NaN", "\n", "\r", "\t", " ", "\u{a0}", "\u{feff}", "<<<<<<<", "=======", ";", "=", "=>",
        "é", "日", "😀",
    ]
    private static let brokenBytes: [[UInt8]] = [[0x00], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F], [0xFF], [0xED, 0xA0, 0x80]]
    private static let pieces: [[UInt8]] = signs.map { Array($0.utf8) } + brokenBytes

    private func mutated(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0...text.count, using: &generator)
            let length = min(Int.random(in: 0...8, using: &generator), text.count - place)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: text.removeSubrange(place..<(place + length))
            case 1: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)!, at: place)
            case 2: text.replaceSubrange(place..<(place + length), with: Self.pieces.randomElement(using: &generator)!)
            case 3: text.insert(contentsOf: text[place..<(place + length)], at: Int.random(in: 0...text.count, using: &generator))
            default: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &generator) }
            }
        }
        return text
    }

    @Test func `no mutated text makes the reader trap or point outside of the text`() {
        var generator = SeededGenerator(seed: 11)
        var accepted = 0
        var refused = 0
        for round in 0..<20_000 {
            let bytes = mutated(Array(Self.seeds[round % Self.seeds.count].utf8), &generator)
            let source = SourceText(name: "a.json", bytes: bytes)
            let result = JSONDocument.parse(source)
            for diagnostic in result.diagnostics {
                let places = [diagnostic.location?.span] + diagnostic.notes.map { $0.location?.span }
                let isInside = places.allSatisfy { $0.map { $0.upper <= bytes.count } ?? true }
                if !isInside { Issue.record("\(diagnostic) points outside of \(bytes)") }
            }
            if let value = result.value {
                if !isSound(value.root, within: SourceSpan(0, bytes.count)) { Issue.record("unsound spans in \(bytes)") }
                if result.diagnostics.isEmpty, read(JSONText.line(value.root.value).utf8) != value.root.value {
                    Issue.record("\(bytes) does not read back")
                }
            } else if !result.hasErrors {
                Issue.record("neither value nor error for \(bytes)")
            }
            if result.diagnostics.isEmpty { accepted += 1 } else { refused += 1 }
            // Whatever the fix-its do, the text that they leave can be read too, and has fewer problems or others.
            let fixIts = result.diagnostics.compactMap(\.fixIt)
            if !fixIts.isEmpty {
                let (mended, applied) = FixIt.apply(fixIts, to: bytes)
                if applied == 0 { Issue.record("no fix-it could be applied to \(bytes)") }
                _ = JSONDocument.parse(SourceText(name: "a.json", bytes: mended))
            }
        }
        #expect(accepted > 500)
        #expect(refused > 5000)
    }

    @Test func `every cut of a text is refused with a place in it`() {
        for seed in Self.seeds.prefix(3) {
            let bytes = Array(seed.utf8)
            // The last character of a seed is its closing bracket, or a line feed behind it.
            let end = bytes.lastIndex { $0 > 0x20 } ?? 0
            for length in 0..<end {
                let result = JSONDocument.parse(SourceText(name: "a.json", bytes: Array(bytes[..<length])))
                #expect(result.value == nil)
                #expect(result.diagnostics.last?.location?.span.map { $0.upper <= length } ?? false)
            }
        }
    }
}
