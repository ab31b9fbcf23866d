import Diagnostics
import Tables
import Testing

private func read(_ text: String) -> Diagnosed<Table> {
    TableReader.read(SourceText(name: "t.jsonl", text: text), .jsonl)
}

@Suite struct JSONLinesTests {
    @Test func `objects are rows and keys are columns`() throws {
        let text = """
            \u{FEFF}{"n": 1.50, "s": "a\\u00e9\\n", "b": true}\r
            {"s":"é","n":null,"x":"NA"}
            { }
            {"x": 7, "b": false, "n": -2e3, "s": ""}
            """
        let result = read(text)
        #expect(result.diagnostics == [])
        let table = try #require(result.value)
        #expect(table.columns.map(\.name) == ["n", "s", "b", "x"])
        guard case .numbers(let numbers) = table.columns[0].values else {
            Issue.record("'n' is numbers")
            return
        }
        #expect(numbers.map { $0.isNaN ? "-" : "\($0)" } == ["1.5", "-", "-", "-2000.0"])
        #expect(table.columns[1].values == .categories(codes: [0, 1, -1, -1], levels: ["aé\n", "é"]))
        #expect(table.columns[2].values == .categories(codes: [1, -1, -1, 0], levels: ["false", "true"]))
        #expect(table.columns[3].name == "x")
        #expect(table.text(row: 0, column: 0) == "1.50")
        #expect(table.text(row: 0, column: 1) == "aé\n")
        #expect(table.text(row: 2, column: 1) == "")
        let span = try #require(table.location(row: 3, column: 0).span)
        #expect(Array(table.source.bytes[span.lower..<span.upper]) == Array("-2e3".utf8))
    }

    @Test func `a column of numbers and texts is categories, numbers as they are written`() throws {
        let table = try #require(read("{\"a\":1.0}\n{\"a\":\"x\"}\n{\"a\":true}\n").value)
        #expect(table.columns[0].values == .categories(codes: [0, 2, 1], levels: ["1.0", "true", "x"]))
        let texts = try #require(read("{\"a\":\"1\"}\n{\"a\":\"2\"}\n").value)
        #expect(texts.columns[0].values == .categories(codes: [0, 1], levels: ["1", "2"]))
    }

    @Test func `parts are lines, byte for byte`() throws {
        let table = try #require(read("{\"a\":1}\n{ \"a\" : 2.0 }\n{\"a\":3}").value)
        #expect(TableWriter.part(table, rows: [1, 2]) == .file(Array("{ \"a\" : 2.0 }\n{\"a\":3}".utf8)))
        #expect(TableWriter.part(table, rows: [2, 1]) == .file(Array("{\"a\":3}\n{ \"a\" : 2.0 }\n".utf8)))
    }

    @Test(arguments: [
        ("", "data/empty-file", 1, 1), ("{\"a\":1}\n\n", "data/blank-line", 2, 1), ("{\"a\":1}\n[1]", "data/json-line", 2, 1),
        ("{\"a\":1,}", "data/json-line", 1, 8), ("{\"a\":01}", "data/json-line", 1, 6), ("{\"a\":NaN}", "data/json-line", 1, 6),
        ("{\"a\":-Infinity}", "data/json-line", 1, 15), ("{\"a\":1} x", "data/json-line", 1, 9), ("{\"a\":[1]}", "data/nested-value", 1, 6),
        ("{\"a\":{}}", "data/nested-value", 1, 6), ("{\"a\":1,\"a\":2}", "data/duplicate-key", 1, 9),
        ("{\"a\":\"x}\n", "data/unclosed-quote", 1, 6),
        ("{\"a\":\"\\ud800\"}", "data/json-line", 1, 7), ("{\"a\":1e999}", "data/number-out-of-range", 1, 6),
        ("{}\n{}\n", "data/no-columns", 1, 1),
        ("{\"\":1}", "data/empty-column-name", 0, 0), ("{\"é\":1,\"e\u{301}\":2}", "data/duplicate-column", 0, 0),
        ("{\"a\":tru}", "data/json-line", 1, 6),
        ("{\"a\":\"\u{1}\"}", "data/json-line", 1, 7),
    ])
    func `what is no line of values is shown where it stands`(_ text: String, _ code: String, _ line: Int, _ column: Int) throws {
        let result = read(text)
        #expect(result.value == nil)
        let diagnostic = try #require(result.diagnostics.first)
        #expect(result.diagnostics.count == 1 && diagnostic.code == code)
        guard line > 0 else { return }
        let position = SourceText(name: "", text: text).position(at: try #require(diagnostic.location?.span).lower)
        #expect(position.line == line && position.column == column, "\(position)")
    }

    @Test func `no mutation of lines traps`() {
        let seed = Array("{\"n\": 1.5e-3, \"s\": \"a\\u00e9\\ud83d\\ude00\", \"b\": true}\n{\"s\":\"é\",\"n\":null}\n".utf8)
        let telling = Array("{}[]\",:\\u0dDeE+-.tfn \n\r\u{0}é".utf8) + [0xFF, 0x80]
        var state: UInt64 = 5
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<10_000 {
            var bytes = seed
            for _ in 0...next(3) {
                let place = next(bytes.count)
                switch next(3) {
                case 0: bytes[place] = telling[next(telling.count)]
                case 1: bytes.insert(telling[next(telling.count)], at: place)
                default: bytes.remove(at: place)
                }
            }
            let result = TableReader.read(SourceText(name: "f", bytes: bytes), .jsonl)
            #expect((result.value == nil) == result.hasErrors)
            guard let table = result.value else { continue }
            for column in table.columns.indices { #expect(table.categories(of: column).codes.count == table.rowCount) }
            #expect(TableWriter.part(table, rows: Array(0..<table.rowCount)) == .file(bytes))
        }
    }
}
