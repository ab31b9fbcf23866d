import Diagnostics
import Tables
import Testing

/// What reading `bytes` says, as people see it.
private func said(_ bytes: [UInt8], _ format: TableFormatKind = .csv) -> String {
    let source = SourceText(name: "t.csv", bytes: bytes)
    let result = TableReader.read(source, format)
    #expect((result.value == nil) == result.hasErrors)
    return DiagnosticRenderer(sources: [source]).render(result.diagnostics)
}

private func said(_ text: String, _ format: TableFormatKind = .csv) -> String { said(Array(text.utf8), format) }

/// The headlines alone, for texts with several problems.
private func headlines(_ text: String) -> [String] {
    said(text).split(separator: "\n").filter { $0.hasPrefix("t.csv") }.map(String.init)
}

@Suite struct TableProblemTests {
    @Test func `a row with too few fields names the first that lacks`() {
        #expect(
            said("a,b,c\n1,2,3\n4,5\n") == """
                t.csv:3:1: error: the row has 2 fields; expected 3 fields, as the header has; the first without a value is 'c' [data/field-count]
                  3 | 4,5
                    | ^~~

                """)
    }

    @Test func `a row with too many fields is no table`() {
        #expect(
            said("a,b\n1,2,3,\n4,5\n") == """
                t.csv:2:1: error: the row has 4 fields; expected 2 fields, as the header has [data/field-count]
                  2 | 1,2,3,
                    | ^~~~~~

                """)
    }

    @Test func `an empty line is reported where columns are expected`() {
        #expect(
            said("a,b\n1,2\n\n3,4\n") == """
                t.csv:3:1: error: the line is empty; expected 2 fields [data/blank-line]
                  3 |\u{20}
                    | ^

                """)
    }

    @Test func `a quote that is never closed points at its start`() {
        #expect(
            said("a,b\n1,\"x\ny,2\n3,4\n") == """
                t.csv:2:3: error: the quote of this field is never closed; expected '"' before the end of the text [data/unclosed-quote]
                  2 | 1,"x
                    |   ^

                """)
    }

    @Test func `text after a closing quote is an error`() {
        #expect(
            said("a,b\n\"x\"y\"z,2\n") == """
                t.csv:2:4: error: text follows the closing quote of a field; expected ',' or the end of the line [data/text-after-quote]
                  2 | "x"y"z,2
                    |    ^

                """)
    }

    @Test func `a quote inside a plain field is an error in CSV`() {
        #expect(
            said("a,b\n5\" pipe,2\n") == """
                t.csv:2:2: error: a quote inside a field that does not start with one; expected the field in quotes, with this quote doubled [data/stray-quote]
                  2 | 5" pipe,2
                    |  ^

                """)
    }

    @Test func `bytes that are not UTF-8 are shown with their place`() {
        #expect(
            said(Array("a,b\nx,\u{e9}".utf8) + [0xE9] + Array("\n".utf8)) == """
                t.csv:2:4: error: byte 0xE9 is not UTF-8; expected text in UTF-8 [data/bad-utf8]
                  2 | x,é\u{FFFD}
                    |    ^

                """)
        #expect(said([0x61, 0xFF, 0x0A, 0x31, 0x0A]).hasPrefix("t.csv:1:2: error: byte 0xFF is not UTF-8"))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3],
        ] as [[UInt8]])
    func `malformed UTF-8 of every kind is found`(bytes: [UInt8]) {
        for end in [[], [0x0A], [0x2C, 0x31, 0x0A]] as [[UInt8]] {
            #expect(said([0x61, 0x0A] + bytes + end).contains("[data/bad-utf8]"))
            #expect(said([0x61, 0x0A, 0x22] + bytes + [0x22] + end).contains("[data/bad-utf8]"))
        }
    }

    @Test func `a NUL byte is an error`() {
        #expect(headlines("a,b\n1,x\0y\n") == ["t.csv:2:4: error: the text has a NUL byte; expected UTF-8 text [data/nul-byte]"])
        #expect(headlines("a,b\n1,\"x\0y\"\n") == ["t.csv:2:5: error: the text has a NUL byte; expected UTF-8 text [data/nul-byte]"])
    }

    @Test func `what is no text is one error, however many NUL bytes it has`() {
        let twoBytes: [UInt8] = Array("age,city\n1,Rome\n2,Oslo\n".utf8).flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }
        let packed: [UInt8] = [0x1F, 0x8B, 0x08] + [UInt8](repeating: 0, count: 50) + Array("\nab\0\n\0\0\n".utf8)
        let late: [UInt8] = Array("a,b\n1,2\n\0\0\n\0\n3,\0".utf8)
        for bytes in [twoBytes, packed, late] {
            let text = said(bytes)
            #expect(text.split(separator: "\n").count { $0.contains(" error: ") } == 1, "\(text)")
            #expect(text.contains("[data/nul-byte]") && text.contains("note: the file may be UTF-16"), "\(text)")
        }
    }

    @Test func `a carriage return alone ends no line`() {
        let message = "error: a carriage return without a line feed; expected lines that end in LF or CR LF [data/bare-carriage-return]"
        #expect(headlines("a,b\n1,2\r3,4\n").first == "t.csv:2:4: \(message)")
        #expect(headlines("a\n1\r") == ["t.csv:2:2: \(message)"])
    }

    @Test func `an empty text and one without rows are no tables`() {
        #expect(headlines("") == ["t.csv:1:1: error: the table is empty; expected a header with column names [data/empty-file]"])
        #expect(headlines("\u{FEFF}") == ["t.csv:1:1: error: the table is empty; expected a header with column names [data/empty-file]"])
        #expect(headlines("a,b\n") == ["t.csv:2:1: error: the table has a header and no rows; expected at least one [data/no-rows]"])
        #expect(headlines("a,b") == ["t.csv:1:4: error: the table has a header and no rows; expected at least one [data/no-rows]"])
    }

    @Test func `column names are there and differ`() {
        #expect(
            said("a,,a\n1,2,3\n") == """
                t.csv:1:3: error: column 2 has no name; expected one in the first line [data/empty-column-name]
                  1 | a,,a
                    |   ^
                t.csv:1:4: error: two columns are named 'a'; expected each name once [data/duplicate-column]
                  1 | a,,a
                    |    ^
                t.csv:1:1: note: the first is here
                  1 | a,,a
                    | ^

                """)
        // Two spellings of one name would be one key of a dictionary.
        #expect(headlines("\u{e9},e\u{301}\n1,2\n").first?.hasSuffix("[data/duplicate-column]") == true)
        #expect(headlines("\n1\n").first?.hasSuffix("[data/empty-column-name]") == true)
    }

    @Test func `a number past the range of a Double is an error unless its column is categories`() {
        #expect(
            said("a,b\n1,2\n1e999,3\n") == """
                t.csv:3:1: error: the number in column 'a' is too large; expected at most 1.7976931348623157e308 in size [data/number-out-of-range]
                  3 | 1e999,3
                    | ^~~~~

                """)
        #expect(said("a,b\n1e999,2\nface,3\n") == "")
    }

    @Test func `all problems come at once, up to twenty`() {
        #expect(headlines("a,b\n1\n2,\"x\"y\n3,4\n5,6,7\n").map { $0.prefix(7) } == ["t.csv:2", "t.csv:3", "t.csv:5"])
        let many = headlines("a,b\n" + String(repeating: "1\n", count: 500))
        #expect(many.count == 21)
        #expect(many.last == "t.csv:21:2: error: reading stopped after 20 problems; there may be more [data/more-problems]")
        #expect(headlines("a,b\n" + String(repeating: "\"x\"y,2\n", count: 500)).last?.hasSuffix("[data/more-problems]") == true)
        #expect(headlines("a,b\n" + String(repeating: "\"x\"yyyy,2\n", count: 500)).count == 21)
    }

    @Test func `odd words in a column of numbers are worth a warning`() {
        let rows = (0..<30).map { "\($0)\n" }.joined()
        #expect(
            said("age\n" + rows + "unknown\n") == """
                t.csv:32:1: warning: column 'age' is read as categories since 'unknown' is no number; 30 of its 31 values are numbers [data/nearly-numeric]
                  32 | unknown
                     | ^~~~~~~
                note: a missing value is an empty field, NA, N/A, NaN, nan, null, NULL or None

                """)
        #expect(said("age\n1\n2\nunknown\n") == "")
        #expect(said("age\n" + rows + "a\nb\nc\nd\n") == "")
    }
}
