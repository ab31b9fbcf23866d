import Canonical
import Testing

@Suite struct CanonicalJSONTests {
    private func canonical(_ value: JSONValue) -> String {
        String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
    }

    @Test func `the example of RFC 8785, section 3.2.2, has its bytes`() {
        let value: JSONValue = [
            "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u{20ac}$\u{000F}\u{000a}A'\u{0042}\u{0022}\u{005c}\\\"\u{002F}",
            "literals": [nil, true, false],
        ]
        #expect(
            canonical(value)
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#)
    }

    @Test func `names sort by UTF-16 code units`() {
        let value: JSONValue = [
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\u{1F600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
        ]
        #expect(
            canonical(value) == "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\","
                + "\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\","
                + "\"\u{1F600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}")
    }

    @Test func `the order of names agrees with comparing UTF-16`() {
        let names = [
            "", "a", "aa", "ab", "b", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFD}", "\u{FFFF}",
            "\u{10000}", "\u{10FFFF}", "a\u{10000}", "a\u{E000}", "\u{10000}\u{E000}", "\u{10000}\u{10000}", "e\u{301}", "\u{e9}",
        ]
        let value = JSONValue.object(names.map { JSONMember($0, .null) })
        let sorted = names.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
        #expect(canonical(value) == "{" + sorted.map { JSONText.quoted($0) + ":null" }.joined(separator: ",") + "}")
    }

    @Test func `control characters have the shortest escapes and nothing else is escaped`() {
        #expect(JSONText.quoted("\u{8}\t\n\u{c}\r\"\\/") == #""\b\t\n\f\r\"\\/""#)
        #expect(JSONText.quoted("\u{0}\u{1f}\u{7f}\u{2028}") == "\"\\u0000\\u001f\u{7f}\u{2028}\"")
    }

    @Test func `integers and numbers of one amount have one canonical form`() {
        #expect(canonical(.number(1)) == canonical(.integer(1)))
        #expect(canonical(.number(-0.0)) == "0")
        #expect(CanonicalJSON.digest(["a": 1, "b": 2]) == CanonicalJSON.digest(["b": 2.0, "a": 1]))
        #expect(CanonicalJSON.digest(["a": 1]) != CanonicalJSON.digest(["a": "1"]))
    }

    @Test(arguments: [
        #"{"a":1,"b":[1.5,"x",null,true],"c":{}}"#, "[]", "1e+21",
        "100000000000000000000", "\"\\u001f\"", "-9007199254740992", "9007199254740994",
    ])
    func `canonical text is decoded`(text: String) throws {
        let value = try #require(CanonicalJSON.decode(Array(text.utf8)))
        #expect(canonical(value) == text)
    }

    @Test(arguments: [
        "", " 1", "1 ", "[1, 2]", #"{"b":1,"a":2}"#, #"{"a":1,"a":1}"#, "1.0", "1e0", "-0", "1E+21", "9007199254740993",
        #""\u0041""#, #""\/""#, #""\u001F""#,
        "[1,]", "01", "True", "1e400", "\u{feff}1", #"{"\ud800":1}"#,
    ])
    func `other text is not decoded`(text: String) {
        #expect(CanonicalJSON.decode(Array(text.utf8)) == nil)
    }

    @Test func `both largest integers can be written`() {
        #expect(canonical([.integer(1 << 53), .integer(-(1 << 53))]) == "[9007199254740992,-9007199254740992]")
    }

    @Test func `an integer that would be rounded cannot be digested`() async {
        await #expect(processExitsWith: .failure) { _ = CanonicalJSON.encode(.integer(1 << 53 + 1)) }
    }

    @Test func `a line keeps the order of members`() {
        let value: JSONValue = ["b": [1, 2.0, -0.5, nil], "a": [:], "c": ["d": "é", "e": []]]
        #expect(JSONText.line(value) == #"{"b": [1, 2.0, -0.5, null], "a": {}, "c": {"d": "é", "e": []}}"#)
    }

    @Test func `pretty text has one member or element on a line`() {
        let value: JSONValue = ["b": [1, true], "a": [:], "c": ["d": "x", "e": []]]
        #expect(
            JSONText.pretty(value) == """
                {
                  "b": [
                    1,
                    true
                  ],
                  "a": {},
                  "c": {
                    "d": "x",
                    "e": []
                  }
                }

                """)
        #expect(JSONText.pretty(nil) == "null\n")
    }

    @Test func `values are compared by bytes, not by canonical equivalence`() {
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(JSONMember("\u{e9}", 1) != JSONMember("e\u{301}", 1))
        #expect(Set<JSONValue>(["\u{e9}", "e\u{301}", "\u{e9}"]).count == 2)
        let value: JSONValue = ["e\u{301}": 1]
        #expect(value["\u{e9}"] == nil)
        #expect(value["e\u{301}"] == 1)
    }

    @Test func `accessors give what is there and nothing else`() {
        let value: JSONValue = ["a": 1, "b": 1.5, "c": "x", "d": true, "e": [1], "f": nil]
        #expect(value["a"]?.integerValue == 1)
        #expect(value["a"]?.numberValue == 1)
        #expect(value["b"]?.integerValue == nil)
        #expect(value["b"]?.numberValue == 1.5)
        #expect(value["c"]?.stringValue == "x")
        #expect(value["d"]?.booleanValue == true)
        #expect(value["e"]?.arrayValue == [1])
        #expect(value["f"] == .null)
        #expect(value["g"] == nil)
        #expect(value.objectValue?.map(\.name) == ["a", "b", "c", "d", "e", "f"])
        #expect(JSONValue.null["a"] == nil)
    }
}
