import Canonical
import Diagnostics
import Testing

/// Which texts are JSON: one row each, in the spirit of the JSON Parsing Test Suite.
@Suite struct JSONVerdictTests {
    private func codes(_ bytes: [UInt8]) -> [String] {
        JSONDocument.parse(SourceText(name: "a.json", bytes: bytes)).diagnostics.map(\.code)
    }

    static let accepted: [String] = [
        // Any value may be the text.
        "null", "true", "false", "0", "-0", "12", "-1.5e-3", "\"\"", "\"a\"", "[]", "{}",
        // Space.
        " [] ", "\t[\t]\t", "\n\n{\r\n}\r\n", "[1 ,2 , 3]", "{ \"a\" : 1 , \"b\" : 2 }", "\r\r1\r", "[\n]",
        "        [        1        ]        ",
        // Arrays and objects.
        "[1,2,3]", "[[],[[]],{}]", "[null,1,\"1\",{}]", "[[[[[[[[[[1]]]]]]]]]]", "{\"\":0}", "{\"a\":{\"a\":{\"a\":{}}}}",
        "{\"a\":1,\"A\":2}", "{\"a\":1,\"a \":2}", "{\"a\":[{\"a\":1},{\"a\":1}]}", "{\"__proto__\":1,\"constructor\":2}",
        "[{},{},[],[]]",
        "{\"a\":[],\"b\":{},\"c\":[{}]}",
        // Numbers.
        "[0]", "[-0]", "[0.0]", "[-0.0]", "[1e0]", "[1E5]", "[1e+5]", "[1e-5]", "[1E+05]", "[1e00]", "[123456789]", "[1.25]",
        "[0e1]",
        "[0.1e-07]", "[1e308]", "[-1e308]", "[1.7976931348623157e308]", "[1e-400]", "[-1e-400]", "[5e-324]", "[123e65]",
        "[9007199254740991]", "[9007199254740992]", "[-9007199254740992]", "[9007199254740993.0]", "[9007199254740993e0]",
        "[1e16]",
        "[0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        "[10000000000000000000000000000000000000000.0]", "[1000000000000000]",
        // Strings.
        "[\"\\\"\"]", "[\"\\\\\"]", "[\"\\/\"]", "[\"\\b\\f\\n\\r\\t\"]", "[\"\\u0041\"]", "[\"\\u00e9\\u00E9\"]",
        "[\"\\u0000\"]",
        "[\"\\ud83d\\ude00\"]", "[\"\\uD834\\uDD1E\"]", "[\"\\udbff\\udfff\"]", "[\"\\ufeff\"]", "[\"\\uffff\"]",
        "[\"\\\\u0061\"]",
        "[\"\u{7f}\"]", "[\"\u{80}\"]", "[\"é\"]", "[\"€\"]", "[\"😀\"]", "[\"\u{10ffff}\"]", "[\"\u{2028}\u{2029}\"]",
        "[\"\u{feff}\"]",
        "[\"\u{ffff}\"]", "[\"\u{e000}\"]", "[\"a/*b*/c//d\"]", "[\"# no comment\"]", "[\"'\"]", "[\"<<<<<<<\"]", "[\"[1,]\"]",
        "[\"12345678\"]", "[\"1234567\"]", "[\"123456789\"]", "[\"1234567\\n\"]", "[\"éé\",\"ééééééééé\"]", "\"\\\\\\\\\"",
        "[\"\\\\\\\"\"]",
        "[\"e\u{301}\"]", "{\"é\":1,\"e\":2}", "{\"日本\":1,\"日\":2}", "{\"\\u0061\":1,\"b\":2}",
    ]

    @Test(arguments: accepted)
    func `JSON is accepted`(text: String) {
        #expect(codes(Array(text.utf8)) == [])
    }

    static let refused: [(text: String, code: String)] = [
        // Nothing.
        ("", "json/empty"), (" ", "json/empty"), ("\n\t", "json/empty"),
        // After the value.
        ("1 2", "json/trailing-content"), ("[] []", "json/trailing-content"), ("{}}", "json/trailing-content"),
        ("[]]", "json/trailing-content"),
        ("[1],", "json/trailing-content"), ("null null", "json/trailing-content"), ("\"a\" 1", "json/trailing-content"),
        ("{}\n{}", "json/trailing-content"), ("[1]x", "json/trailing-content"), ("2@", "json/trailing-content"),
        ("1\u{0}2", "json/trailing-content"),
        // No end.
        ("[", "json/unclosed"), ("{", "json/unclosed"), ("[1", "json/unclosed"), ("[1,", "json/unclosed"),
        ("{\"a\"", "json/unclosed"),
        ("{\"a\":", "json/unclosed"), ("{\"a\":1", "json/unclosed"), ("{\"a\":1,", "json/unclosed"), ("[[]", "json/unclosed"),
        ("[{}", "json/unclosed"), ("{\"a\":{}", "json/unclosed"), ("[1,\n2\n", "json/unclosed"),
        // Brackets.
        ("[1}", "json/mismatched-bracket"), ("{\"a\":1]", "json/mismatched-bracket"), ("{]", "json/mismatched-bracket"),
        ("[}", "json/mismatched-bracket"), ("]", "json/syntax"), ("}", "json/syntax"), ("(1)", "json/syntax"),
        ("[1,}", "json/mismatched-bracket"),
        // Commas and colons.
        ("[1,]", "json/trailing-comma"), ("{\"a\":1,}", "json/trailing-comma"), ("[1 , ]", "json/trailing-comma"),
        ("[1,,2]", "json/extra-comma"), ("{\"a\":1,,\"b\":2}", "json/extra-comma"), ("[,]", "json/syntax"),
        ("[,1]", "json/syntax"),
        ("{,}", "json/syntax"), (",", "json/syntax"), ("[1 2]", "json/missing-comma"), ("[1 true]", "json/missing-comma"),
        ("[[] []]", "json/missing-comma"), ("[\"a\" \"b\"]", "json/missing-comma"), ("{\"a\":1 \"b\":2}", "json/missing-comma"),
        ("{\"a\":{} \"b\":2}", "json/missing-comma"), ("[1;2]", "json/missing-comma"), ("[1:2]", "json/syntax"),
        ("{\"a\" 1}", "json/missing-colon"),
        ("{\"a\"=1}", "json/missing-colon"), ("{\"a\"=>1}", "json/missing-colon"), ("{\"a\",1}", "json/syntax"),
        ("{\"a\"}", "json/syntax"),
        ("{\"a\"::1}", "json/syntax"), ("{:1}", "json/syntax"), ("{\"a\":}", "json/syntax"), ("{\"a\":,}", "json/syntax"),
        (":", "json/syntax"),
        // Names.
        ("{a:1}", "json/unquoted-key"), ("{1:1}", "json/unquoted-key"), ("{'a':1}", "json/quotes"),
        ("{null:1}", "json/unquoted-key"),
        ("{[]:1}", "json/syntax"), ("{{}:1}", "json/syntax"), ("{learning-rate:1}", "json/unquoted-key"),
        ("{é:1}", "json/unquoted-key"),
        // Duplicates.
        ("{\"a\":1,\"a\":2}", "json/duplicate-key"), ("{\"a\":1,\"a\":1}", "json/duplicate-key"),
        ("{\"\":1,\"\":2}", "json/duplicate-key"),
        ("{\"a\":1,\"\\u0061\":2}", "json/duplicate-key"), ("{\"\\u0061\":1,\"a\":2}", "json/duplicate-key"),
        ("{\"\u{e9}\":1,\"e\u{301}\":2}", "json/duplicate-key"), ("{\"\\u00e9\":1,\"e\\u0301\":2}", "json/duplicate-key"),
        ("{\"\u{212a}\":1,\"K\":2}", "json/duplicate-key"), ("{\"\u{e9}\":1,\"\u{e9}\":2}", "json/duplicate-key"),
        ("[{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]", "json/duplicate-key"), ("{\"a\\/b\":1,\"a/b\":2}", "json/duplicate-key"),
        // Words.
        ("[True]", "json/unknown-word"), ("[FALSE]", "json/unknown-word"), ("[None]", "json/unknown-word"),
        ("[nul]", "json/unknown-word"),
        ("[tru]", "json/unknown-word"), ("[nulll]", "json/unknown-word"), ("[truefalse]", "json/unknown-word"),
        ("[true1]", "json/unknown-word"),
        ("[undefined]", "json/unknown-word"), ("[hello]", "json/unknown-word"), ("[NaN]", "json/not-finite"),
        ("[Infinity]", "json/not-finite"),
        ("[-Infinity]", "json/not-finite"), ("[nan]", "json/not-finite"), ("[-nan]", "json/not-finite"),
        ("[+inf]", "json/not-finite"),
        // Numbers.
        ("[01]", "json/number-syntax"), ("[-01]", "json/number-syntax"), ("[00]", "json/number-syntax"),
        ("[+1]", "json/number-syntax"),
        ("[.5]", "json/number-syntax"), ("[-.5]", "json/number-syntax"), ("[1.]", "json/number-syntax"),
        ("[1.e3]", "json/number-syntax"),
        ("[-]", "json/number-syntax"), ("[--1]", "json/number-syntax"), ("[1e]", "json/number-syntax"),
        ("[1e+]", "json/number-syntax"),
        ("[1ee3]", "json/number-syntax"), ("[0x1F]", "json/number-syntax"), ("[1_000]", "json/number-syntax"),
        ("[1a]", "json/number-syntax"),
        ("[1.2.3]", "json/number-syntax"), ("[1-2]", "json/number-syntax"), ("[0b1]", "json/number-syntax"),
        ("[1e1.5]", "json/number-syntax"),
        ("[1+2]", "json/syntax"), ("[１]", "json/syntax"), ("[1e309]", "json/number-range"), ("[-1e400]", "json/number-range"),
        ("[1.8e308]", "json/number-range"), ("[123456789012345678901234567890e300]", "json/number-range"),
        ("[1e999999999999999999999]", "json/number-range"),
        ("[9007199254740993]", "json/unsafe-integer"), ("[-9007199254740993]", "json/unsafe-integer"),
        ("[9223372036854775808]", "json/unsafe-integer"),
        ("[18446744073709551616]", "json/unsafe-integer"), ("[100000000000000000000000000000000]", "json/unsafe-integer"),
        // Strings.
        ("\"", "json/unclosed-string"), ("[\"a]", "json/unclosed-string"), ("[\"a\nb\"]", "json/unclosed-string"),
        ("[\"a\rb\"]", "json/unclosed-string"),
        ("[\"\\\"]", "json/unclosed-string"), ("[\"a\\", "json/unclosed-string"), ("[\"a\\\n\"]", "json/unclosed-string"),
        ("{\"a", "json/unclosed-string"),
        ("[\"a\tb\"]", "json/control-character"), ("[\"\u{0}\"]", "json/control-character"),
        ("[\"\u{1f}\"]", "json/control-character"),
        ("[\"12345678\u{1}\"]", "json/control-character"), ("{\"a\tb\":1}", "json/control-character"),
        ("[\"\\x41\"]", "json/escape"), ("[\"\\a\"]", "json/escape"), ("[\"\\'\"]", "json/escape"), ("[\"\\0\"]", "json/escape"),
        ("[\"\\u\"]", "json/escape"), ("[\"\\u00\"]", "json/escape"), ("[\"\\u004\"]", "json/escape"),
        ("[\"\\u00g0\"]", "json/escape"),
        ("[\"\\U0041\"]", "json/escape"), ("[\"\\é\"]", "json/escape"), ("[\"C:\\data\"]", "json/escape"),
        ("[\"\\😀\"]", "json/escape"),
        ("[\"\\ud800\"]", "json/surrogate"), ("[\"\\udc00\"]", "json/surrogate"), ("[\"\\ud800a\"]", "json/surrogate"),
        ("[\"\\ud83d\\n\"]", "json/surrogate"), ("{\"\\udfff\":1}", "json/surrogate"),
        ("['a']", "json/quotes"), ("[`a`]", "json/quotes"), ("[“a”]", "json/quotes"), ("[‘a’]", "json/quotes"),
        ("'", "json/quotes"), ("['a\"b']", "json/quotes"),
        ("[\"a\"b\"]", "json/bare-quote"), ("{\"a\":\"say \"hi\" now\"}", "json/bare-quote"), ("\"a\"b", "json/bare-quote"),
        // Comments, markers, other spaces.
        ("[1] // one", "json/comment"), ("// one\n[1]", "json/comment"), ("[1, /* one */ 2]", "json/comment"),
        ("# one\n{}", "json/comment"),
        ("{\"a\": // one\n 1}", "json/comment"), ("[1] /* one", "json/comment"), ("[1/**/]", "json/comment"),
        ("[\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> other\n]", "json/conflict-marker"), ("<<<<<<<", "json/conflict-marker"),
        ("{\"a\": 1\n=======\n}", "json/conflict-marker"), ("{\"a\"\n=======\n}", "json/conflict-marker"),
        ("[1]\n>>>>>>> b\n", "json/conflict-marker"),
        ("[1,\n||||||| base\n]", "json/conflict-marker"), ("[\u{a0}1]", "json/foreign-space"),
        ("[1\u{3000}]", "json/foreign-space"),
        ("[1,\u{feff}2]", "json/foreign-space"), ("{\u{200b}\"a\":1}", "json/foreign-space"), ("[\u{b}1]", "json/syntax"),
        ("[\u{c}1]", "json/syntax"),
        ("\u{feff}{}", "json/byte-order-mark"), ("[1/2]", "json/syntax"), ("<html>", "json/syntax"),
        ("---\na: 1", "json/number-syntax"),
    ]

    @Test(arguments: refused)
    func `other text is refused with its code`(text: String, code: String) {
        #expect(codes(Array(text.utf8)).contains(code))
        let offsets = JSONDocument.parse(SourceText(name: "a.json", text: text)).diagnostics.compactMap(\.location?.span)
        #expect(offsets.allSatisfy { $0.upper <= text.utf8.count })
    }

    @Test func `the tables have the size that they are meant to have`() {
        #expect(Self.accepted.count + Self.refused.count >= 250)
        #expect(Set(Self.refused.map { Array($0.text.utf8) }).count == Self.refused.count)
    }

    static let encodings: [(bytes: [UInt8], code: String)] = [
        ([0x22, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xBF, 0x22], "json/utf8"),
        ([0x22, 0xC0, 0xAF, 0x22], "json/utf8"),
        ([0x22, 0xC1, 0xBF, 0x22], "json/utf8"),
        ([0x22, 0xC3, 0x22], "json/utf8"),
        ([0x22, 0xE0, 0x80, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xE0, 0x9F, 0xBF, 0x22], "json/utf8"),
        ([0x22, 0xE2, 0x82, 0x22], "json/utf8"),
        ([0x22, 0xED, 0xA0, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xED, 0xBF, 0xBF, 0x22], "json/utf8"),
        ([0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], "json/utf8"),
        ([0x22, 0xF0, 0x9F, 0x98, 0x22], "json/utf8"),
        ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xFC, 0x80, 0x80, 0x80, 0x80, 0x80, 0x22], "json/utf8"),
        ([0x22, 0xFF, 0x22], "json/utf8"),
        ([0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0xE9, 0x22], "json/utf8"),
        ([0x22, 0xC3], "json/utf8"),
        ([0x22, 0xE2, 0x82], "json/utf8"),
        ([0x5B, 0xFF, 0x5D], "json/utf8"),
        ([0x5B, 0x31, 0xE9, 0x5D], "json/utf8"),
        ([0x7B, 0xE9, 0x3A, 0x31, 0x7D], "json/utf8"),
        ([0x27, 0xE9, 0x27], "json/utf8"),
        ([0x22, 0x5C, 0xE9, 0x22], "json/utf8"),
        ([0xFF, 0xFE, 0x31, 0x00], "json/utf8"),
        ([0xFE, 0xFF, 0x00, 0x31], "json/utf8"),
        ([0x7B, 0x00, 0x7D, 0x00], "json/utf8"),
        ([0x00, 0x7B, 0x00, 0x7D], "json/utf8"),
        ([0xEF, 0xBB, 0xBF], "json/empty"),
        ([0x00], "json/syntax"),
        ([0x5B, 0x00, 0x5D], "json/syntax"),
    ]

    @Test(arguments: encodings)
    func `other encodings are refused with their code`(bytes: [UInt8], code: String) {
        #expect(codes(bytes).contains(code))
    }

    @Test func `the greatest depth is 64`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(codes(nested(64)) == [])
        #expect(codes(nested(65)) == ["json/depth"])
        #expect(codes(Array(String(repeating: "{\"a\":[", count: 100_000).utf8)) == ["json/depth"])
        #expect(codes([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == ["json/depth"])
    }

    @Test func `a text beyond the limit is not read`() {
        let source = SourceText(name: "a.json", bytes: [UInt8](repeating: UInt8(ascii: " "), count: 101))
        let result = JSONDocument.parse(source, limits: JSONLimits(bytes: 100))
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["json/too-large"])
        #expect(result.diagnostics[0].message == "the text has 101 bytes; 100 is the most that is read")
    }
}
