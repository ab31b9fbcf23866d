import Canonical
import Diagnostics
import Testing

/// Where the messages about JSON point, what they say, and that their fix-its mend the text.
@Suite struct JSONDiagnosticsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let code: String
        /// What the text is after the fix-it; nil when there is none.
        var mended: String?

        var testDescription: String { text }

        init(_ text: String, _ code: String, mended: String? = nil) {
            self.text = text
            self.code = code
            self.mended = mended
        }
    }

    static let cases: [Case] = [
        Case("1️⃣\u{feff}{}", "json/byte-order-mark", mended: "{}"),
        Case("[1, 21️⃣, ]", "json/trailing-comma", mended: "[1, 2 ]"),
        Case("{\n  \"a\": 11️⃣,\n}\n", "json/trailing-comma", mended: "{\n  \"a\": 1\n}\n"),
        Case("[1,1️⃣,2]", "json/extra-comma", mended: "[1,2]"),
        Case("{\n  \"a\": 11️⃣\n  \"b\": 2\n}", "json/missing-comma", mended: "{\n  \"a\": 1,\n  \"b\": 2\n}"),
        Case("{\n  \"a\": [1]1️⃣\n  \"b\": 2\n}", "json/missing-comma", mended: "{\n  \"a\": [1],\n  \"b\": 2\n}"),
        Case("[\"a\"1️⃣\n\"b\"]", "json/missing-comma", mended: "[\"a\",\n\"b\"]"),
        Case("[11️⃣; 2]", "json/missing-comma", mended: "[1, 2]"),
        Case("[11️⃣ 000]", "json/missing-comma"),
        Case("{\"a\"1️⃣ 1}", "json/missing-colon", mended: "{\"a\": 1}"),
        Case("{\"a\" 1️⃣= 1}", "json/missing-colon", mended: "{\"a\" : 1}"),
        Case("{1️⃣learning-rate: 1}", "json/unquoted-key", mended: "{\"learning-rate\": 1}"),
        Case("{1️⃣'a': 1}", "json/quotes", mended: "{\"a\": 1}"),
        Case("[1️⃣'it']", "json/quotes", mended: "[\"it\"]"),
        Case("[1️⃣“it”]", "json/quotes", mended: "[\"it\"]"),
        Case("[1️⃣'say \"it\"']", "json/quotes"),
        Case("[1️⃣'it's']", "json/quotes"),
        Case("[1️⃣True]", "json/unknown-word", mended: "[true]"),
        Case("[1️⃣None]", "json/unknown-word", mended: "[null]"),
        Case("[1️⃣flase]", "json/unknown-word", mended: "[false]"),
        Case("[1️⃣species]", "json/unknown-word"),
        Case("[1, 1️⃣-Infinity]", "json/not-finite"),
        Case("[1️⃣+1]", "json/number-syntax", mended: "[1]"),
        Case("[1️⃣007]", "json/number-syntax", mended: "[7]"),
        Case("[1️⃣-.5e3]", "json/number-syntax", mended: "[-0.5e3]"),
        Case("[1️⃣1.]", "json/number-syntax", mended: "[1.0]"),
        Case("[1️⃣1_000]", "json/number-syntax", mended: "[1000]"),
        Case("[1️⃣0x1F]", "json/number-syntax"),
        Case("[1️⃣1e]", "json/number-syntax"),
        Case("[1, 1️⃣1e400]", "json/number-range"),
        Case("{\"seed\": 1️⃣9007199254740993}", "json/unsafe-integer"),
        Case("[\"a1️⃣\tb\"]", "json/control-character", mended: "[\"a\\tb\"]"),
        Case("[\"a1️⃣\u{1}b\"]", "json/control-character", mended: "[\"a\\u0001b\"]"),
        Case("[\"it1️⃣\\'s\"]", "json/escape", mended: "[\"it's\"]"),
        Case("[\"C:1️⃣\\data\"]", "json/escape"),
        Case("[\"x1️⃣\\u12\"]", "json/escape"),
        Case("[\"x1️⃣\\ud800y\"]", "json/surrogate"),
        Case("[\"a\", 1️⃣\"b]", "json/unclosed-string"),
        Case("{\n  \"a\": 1️⃣\"b,\n  \"c\": 1\n}", "json/unclosed-string"),
        Case("[\"say \"1️⃣hi\"\"]", "json/bare-quote"),
        Case("{\"a\": 1, 1️⃣\"a\": 2}", "json/duplicate-key"),
        Case("{\"a\": 1, 1️⃣\"\\u0061\": 2}", "json/duplicate-key"),
        Case("[1, 1️⃣// one\n2]", "json/comment"),
        Case("[1] 1️⃣/* one", "json/comment"),
        Case("{\n1️⃣<<<<<<< HEAD\n  \"a\": 1\n=======\n  \"a\": 2\n>>>>>>> other\n}", "json/conflict-marker"),
        Case("{\n  \"a\": 1\n1️⃣=======\n  \"a\": 2\n>>>>>>> other\n}", "json/conflict-marker"),
        Case("[1,1️⃣\u{a0}2]", "json/foreign-space", mended: "[1, 2]"),
        Case("{\"a\": [1, 21️⃣", "json/unclosed"),
        Case("{\"a\": [1, 21️⃣}", "json/mismatched-bracket"),
        Case("{\"a\": 1️⃣}", "json/syntax"),
        Case("[1️⃣*]", "json/syntax"),
        Case("{} 1️⃣{}", "json/trailing-content"),
        Case("  1️⃣", "json/empty"),
    ]

    @Test(arguments: cases)
    func `the message points at the place and its fix-it mends the text`(example: Case) throws {
        let marked = MarkedText(example.text)
        let diagnostics = marked.read().diagnostics
        let diagnostic = try #require(diagnostics.first { $0.code == example.code })
        #expect(diagnostic.location?.source == "a.json")
        #expect(diagnostic.location?.span?.lower == marked.mark)
        #expect(!diagnostic.message.hasSuffix("."))
        #expect((diagnostic.fixIt != nil) == (example.mended != nil))
        if let fixIt = diagnostic.fixIt {
            let (bytes, applied) = FixIt.apply([fixIt], to: marked.source.bytes)
            #expect(applied == 1)
            #expect(String(decoding: bytes, as: UTF8.self) == example.mended)
            #expect(JSONDocument.parse(SourceText(name: "a.json", bytes: bytes)).diagnostics == [])
        }
    }

    private func render(_ text: String) -> String {
        let source = SourceText(name: "a.json", text: text)
        return DiagnosticRenderer(sources: [source]).render(JSONDocument.parse(source).diagnostics)
    }

    @Test func `all problems of a text are told at once`() {
        let text = """
            {
              // the name
              'name': "penguins",
              "seed": 042,
              "rate": .5
              "deep": True,
              "name": NaN,
            }
            """
        #expect(
            render(text) == """
                a.json:2:3: error: JSON has no comments; remove this one [json/comment]
                  2 |   // the name
                    |   ^~~~~~~~~~~
                a.json:3:3: error: a string stands in double quotes, not in single quotes [json/quotes]
                  3 |   'name': "penguins",
                    |   ^~~~~~
                  fix: use double quotes
                a.json:4:11: error: '042' is no JSON number; a number is like '-12', '0.5' or '1e-3' [json/number-syntax]
                  4 |   "seed": 042,
                    |           ^~~
                  fix: replace with '42'
                a.json:5:11: error: '.5' is no JSON number; a number is like '-12', '0.5' or '1e-3' [json/number-syntax]
                  5 |   "rate": .5
                    |           ^~
                  fix: replace with '0.5'
                a.json:5:13: error: expected ',' between this member and the next [json/missing-comma]
                  5 |   "rate": .5
                    |             ^
                  fix: insert ','
                a.json:6:11: error: 'True' is no JSON value; the words are 'true', 'false' and 'null', and text stands in double quotes [json/unknown-word]
                  6 |   "deep": True,
                    |           ^~~~
                  fix: replace with 'true'
                a.json:7:3: error: the name 'name' stands twice in this object, spelled with other bytes; keep one of the two [json/duplicate-key]
                  7 |   "name": NaN,
                    |   ^~~~~~
                a.json:3:4: note: it stands here first
                  3 |   'name': "penguins",
                    |    ^~~~
                a.json:7:11: error: 'NaN' is no JSON value; numbers are finite, use 'null' or a string [json/not-finite]
                  7 |   "name": NaN,
                    |           ^~~
                a.json:7:14: error: nothing follows this comma; JSON allows commas only between values [json/trailing-comma]
                  7 |   "name": NaN,
                    |              ^
                  fix: remove the comma

                """)
    }

    @Test func `what was refused has a near substitute, so that later checks do not report it again`() throws {
        let text =
            "{'name': 042, \"a\": 1e400, \"b\": 9007199254740993, \"c\": True, \"d\": \"\\ud800\", e: None, \"f\": NaN, \"g\": hello}"
        let result = JSONDocument.parse(SourceText(name: "a.json", text: text))
        let value = try #require(result.value).root
        #expect(value["name"]?.number == 42)
        #expect(value["a"]?.number == .greatestFiniteMagnitude)
        #expect(value["b"]?.integer == 1 << 53)
        #expect(value["c"]?.boolean == true)
        #expect(value["d"]?.string == "\u{fffd}")
        #expect(value["e"]?.kind == .null)
        #expect(value["f"]?.number == 0)
        #expect(value["g"]?.string == "hello")
        #expect(result.diagnostics.count == 10)
    }

    @Test func `every repetition of a name is told, with the first place`() {
        let result = JSONDocument.parse(SourceText(name: "a.json", text: #"{"a": 1, "b": 2, "a": 3, "a": 4, "b": 5}"#))
        #expect(result.diagnostics.map(\.code) == ["json/duplicate-key", "json/duplicate-key", "json/duplicate-key"])
        #expect(result.diagnostics.map { $0.location?.span?.lower } == [17, 25, 33])
        #expect(result.diagnostics.map { $0.notes.first?.location?.span?.lower } == [1, 1, 9])
    }

    @Test(arguments: [2, 24, 25, 100, 5000])
    func `one repetition is found among any number of names`(count: Int) {
        for repeated in Set([0, count / 2, count - 1]) {
            let members = (0..<count).map { "\"name-\($0)\": [{\"x\": 1}, {\"x\": 2}]" } + ["\"name-\(repeated)\": 0"]
            let result = JSONDocument.parse(SourceText(name: "a.json", text: "{" + members.joined(separator: ", ") + "}"))
            #expect(result.diagnostics.map(\.code) == ["json/duplicate-key"])
        }
        let unique = (0..<count).map { "\"name-\($0)\": 0" }.joined(separator: ", ")
        #expect(JSONDocument.parse(SourceText(name: "a.json", text: "{\(unique)}")).diagnostics == [])
    }

    @Test(arguments: [
        ("é", "e\u{301}"), ("й", "и\u{306}"), ("Ї", "І\u{308}"), ("ά", "\u{1f71}"), ("豈", "\u{f900}"), ("각", "\u{1100}\u{1161}\u{11a8}"),
        ("각", "가\u{11a8}"), ("K", "\u{212a}"), ("Å", "\u{212b}"), ("が", "か\u{3099}"), ("a\u{323}\u{307}", "a\u{307}\u{323}"),
    ])
    func `two spellings of one name in Unicode are a repetition`(first: String, second: String) {
        #expect(!first.utf8.elementsEqual(second.utf8))
        for (one, other) in [(first, second), (second, first)] {
            let text = "{\"\(one)\": 1, \"x\": 2, \"\(other)\": 3}"
            let diagnostics = JSONDocument.parse(SourceText(name: "a.json", text: text)).diagnostics
            #expect(diagnostics.map(\.code) == ["json/duplicate-key"])
            #expect(diagnostics.first?.message.contains("spelled with other bytes") == true)
        }
    }

    @Test func `names that only look alike are different`() {
        let text = #"{"a": 1, "а": 2, "ä": 3, "日": 4, "曰": 5, "Й": 6, "й": 7, "ﬁ": 8, "fi": 9, "각": 10, "가": 11}"#
        #expect(JSONDocument.parse(SourceText(name: "a.json", text: text)).diagnostics == [])
    }

    @Test func `a text full of problems is read up to the hundredth`() {
        let text = "[" + String(repeating: "01,", count: 1000) + "1]"
        let result = JSONDocument.parse(SourceText(name: "a.json", text: text))
        #expect(result.value == nil)
        #expect(result.diagnostics.count == 101)
        #expect(result.diagnostics.last?.code == "json/too-many-problems")
    }

    @Test func `a long word is not repeated whole`() {
        let result = JSONDocument.parse(SourceText(name: "a.json", text: "[" + String(repeating: "x", count: 10_000) + "]"))
        #expect(result.diagnostics.count == 1)
        #expect(result.diagnostics[0].message.count < 250)
    }
}
