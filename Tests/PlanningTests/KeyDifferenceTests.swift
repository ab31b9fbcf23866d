import Canonical
import Testing

@testable import Planning

@Suite struct KeyDifferenceTests {
    private func texts(_ before: JSONValue, _ after: JSONValue) -> [String] {
        KeyDifference.between(before, after).map(\.text)
    }

    @Test func `documents that spell the same have no difference`() {
        #expect(texts(["a": 1, "b": [1, 2.5]], ["b": [1.0, 2.5], "a": 1.0]) == [])
        #expect(texts(["a": 0], ["a": -0.0]) == [])
    }

    @Test func `the path leads to the value that changed`() {
        #expect(
            texts(["options": ["learner": ["trees": 100]]], ["options": ["learner": ["trees": 200]]])
                == ["options.learner.trees: 100 -> 200"])
        #expect(texts(["options": ["layers": [8, 8]]], ["options": ["layers": [8, 16]]]) == ["options.layers[1]: 8 -> 16"])
        #expect(texts(["options": ["layers": [8]]], ["options": ["layers": [8, 16]]]) == ["options.layers: [8] -> [8, 16]"])
    }

    @Test func `a part that is new or gone is told as a whole`() {
        let part: JSONValue = ["kind": "ridge", "strength": 0.5]
        let text = "{\"kind\": \"ridge\", \"strength\": 0.5}"
        #expect(texts(["options": [:]], ["options": ["penalty": part]]) == ["options.penalty: absent -> \(text)"])
        #expect(texts(["options": ["penalty": part]], ["options": [:]]) == ["options.penalty: \(text) -> absent"])
    }

    @Test func `a value of another type is a difference of the value`() {
        #expect(texts(["options": ["a": "1"]], ["options": ["a": 1]]) == ["options.a: \"1\" -> 1"])
        #expect(texts(["options": ["a": [:]]], ["options": ["a": []]]) == ["options.a: {} -> []"])
        #expect(texts(["options": ["a": nil]], ["options": [:]]) == ["options.a: null -> absent"])
    }

    @Test func `names that would not read as a path are quoted`() {
        #expect(
            texts(["options": ["types": ["petal.width": "number"]]], ["options": ["types": ["petal.width": "category"]]])
                == ["options.types.\"petal.width\": \"number\" -> \"category\""])
        #expect(texts(["parameters": ["learner.trees": 1]], ["parameters": ["learner.trees": 2]]) == ["parameters.learner.trees: 1 -> 2"])
        #expect(texts(["options": ["": 1]], ["options": ["": 2]]) == ["options.\"\": 1 -> 2"])
    }

    @Test func `an input is told by its content`() {
        let old = Digest.of(Array("old".utf8))
        let new = Digest.of(Array("new".utf8))
        let before: JSONValue = ["inputs": ["table": ["digest": .string(old.description), "format": "csv"]]]
        let after: JSONValue = ["inputs": ["table": ["digest": .string(new.description), "format": "csv"]]]
        #expect(texts(before, after) == ["inputs.table: sha256:\(old.hex.prefix(12))… -> sha256:\(new.hex.prefix(12))…"])
        #expect(texts(["inputs": [:]], after) == ["inputs.table: absent -> sha256:\(new.hex.prefix(12))…"])
    }

    @Test func `differences stand in the order of the document, then by name`() {
        let before: JSONValue = ["version": 1, "kind": "a", "options": ["b": 1, "a": 1], "inputs": ["x": 1], "new": 1]
        let after: JSONValue = ["version": 2, "kind": "b", "options": ["a": 2, "b": 2], "inputs": ["x": 2], "new": 2]
        #expect(
            KeyDifference.between(before, after).map(\.part) == ["version", "kind", "options.a", "options.b", "inputs.x", "new"])
    }

    @Test func `a long value is cut short, the value itself is not`() throws {
        let long = String(repeating: "é", count: 500)
        let difference = try #require(KeyDifference.between(["a": .string(long)], ["a": 1]).first)
        #expect(difference.before == .string(long))
        #expect(difference.text == "a: \"" + String(repeating: "é", count: 59) + "… -> 1")
    }

    @Test func `names that only Unicode calls equal are told apart`() {
        #expect(texts(["a": "\u{E9}"], ["a": "e\u{301}"]).count == 1)
        #expect(texts(["options": ["\u{E9}": 1]], ["options": ["e\u{301}": 1]]).count == 2)
    }

    /// A random value of at most `depth` levels.
    private func value(_ numbers: inout Numbers, depth: Int) -> JSONValue {
        switch numbers.next(depth > 0 ? 6 : 4) {
        case 0: .integer(numbers.next(3))
        case 1: .string("v\(numbers.next(3))")
        case 2: .boolean(numbers.next(2) == 0)
        case 3: .number(Double(numbers.next(3)) / 2)
        case 4: .array((0..<numbers.next(3)).map { _ in value(&numbers, depth: depth - 1) })
        default:
            .object(numbers.shuffled(["a", "b", "c"]).prefix(numbers.next(4)).map { JSONMember($0, value(&numbers, depth: depth - 1)) })
        }
    }

    @Test(arguments: 0..<300) func `there is a difference exactly when the canonical forms differ`(seed: Int) {
        var numbers = Numbers(seed: seed)
        let before = value(&numbers, depth: 4)
        let after = numbers.next(3) == 0 ? before : value(&numbers, depth: 4)
        let isSame = CanonicalJSON.encode(before) == CanonicalJSON.encode(after)
        #expect(KeyDifference.between(before, after).isEmpty == isSame)
        for difference in KeyDifference.between(before, after) {
            #expect(difference.before.map { CanonicalJSON.encode($0) } != difference.after.map { CanonicalJSON.encode($0) })
        }
    }
}
