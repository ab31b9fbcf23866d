import Canonical
import Diagnostics
import Testing

@Suite struct JSONDocumentTests {
    private func read(_ text: String, limits: JSONLimits = .document) throws -> JSONNode {
        let result = JSONDocument.parse(SourceText(name: "a.json", text: text), limits: limits)
        #expect(result.diagnostics.isEmpty)
        return try #require(result.value).root
    }

    @Test func `every kind of value is read`() throws {
        let root = try read(#"{"a": [null, true, false, -12, 0.5, 1e3, "x\n\u00e9\ud83d\ude00"], "b": {}}"#)
        let kinds: [JSONNode.Kind] = [.null, .boolean, .boolean, .integer, .number, .number, .string]
        let elements = try #require(root["a"]).elements
        #expect(elements.map(\.kind) == kinds)
        #expect(elements[1].boolean == true)
        #expect(elements[2].boolean == false)
        #expect(elements[3].integer == -12)
        #expect(elements[3].number == -12)
        #expect(elements[4].number == 0.5)
        #expect(elements[5].integer == nil)
        #expect(elements[5].number == 1000)
        #expect(elements[6].string == "x\n\u{e9}\u{1F600}")
        #expect(root["b"]?.kind == .object)
        #expect(root["c"] == nil)
        #expect(root.value == ["a": [nil, true, false, -12, 0.5, 1000.0, "x\n\u{e9}\u{1F600}"], "b": [:]])
    }

    @Test func `members keep the order of the text and know where they stand`() throws {
        let text = "{\n  \"b\": [1, {\"x\": 2}],\n  \"a\" : \"é\"\n}"
        let root = try read(text)
        let members = root.members
        #expect(members.map(\.key) == ["b", "a"])
        func slice(_ span: SourceSpan) -> String { String(decoding: Array(text.utf8)[span.lower..<span.upper], as: UTF8.self) }
        #expect(members.map { slice($0.keySpan) } == ["\"b\"", "\"a\""])
        #expect(members.map { slice($0.value.span) } == ["[1, {\"x\": 2}]", "\"é\""])
        #expect(slice(root.span) == text)
        #expect(root["b"]?.elements.map { slice($0.span) } == ["1", "{\"x\": 2}"])
        #expect(members[1].value.location == Diagnostic.Location(source: "a.json", span: members[1].value.span))
        let position = SourceText(name: "", text: text).position(at: members[1].value.span.lower)
        #expect(position.line == 3)
        #expect(position.column == 9)
    }

    @Test func `names are found by their content`() throws {
        let root = try read(#"{"a\u0062": 1, "\u00e9": 2}"#)
        #expect(root["ab"]?.integer == 1)
        #expect(root["\u{e9}"]?.integer == 2)
        #expect(root["e\u{301}"] == nil)
    }

    @Test func `integers reach to 2^53 and no further`() throws {
        #expect(try read("[9007199254740992, -9007199254740992, -0]").elements.map(\.integer) == [1 << 53, -(1 << 53), 0])
        let result = JSONDocument.parse(SourceText(name: "a.json", text: "[9007199254740993]"))
        #expect(result.diagnostics.map(\.code) == ["json/unsafe-integer"])
        #expect(result.value?.root.elements[0].integer == 1 << 53)
    }

    @Test func `the limits for canonical text take numbers of any size`() throws {
        let root = try read("[100000000000000000000,9007199254740993]", limits: .canonical)
        #expect(root.elements.map(\.kind) == [.number, .number])
        #expect(root.elements[0].number == 1e20)
    }
}
