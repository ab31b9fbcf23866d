import Diagnostics
import Testing

@Suite struct DiagnosticRendererTests {
    private let source = SourceText(name: "mlops.json", text: "{\n  \"epoch\": 10,\n\t\"né\": \"x\"\n}\n")

    private func span(of text: String) -> SourceSpan {
        let bytes = Array(text.utf8)
        let start = source.bytes.indices.first { source.bytes[$0...].starts(with: bytes) }
        return SourceSpan(start ?? 0, (start ?? 0) + bytes.count)
    }

    private func render(_ diagnostics: [Diagnostic]) -> String {
        DiagnosticRenderer(sources: [source]).render(diagnostics)
    }

    @Test func `a message shows place, line, caret, code and fix`() {
        let at = span(of: "\"epoch\"")
        let diagnostic = Diagnostic(
            code: "manifest/unknown-key", "unknown key 'epoch' in stage 'train'", at: .init(source: "mlops.json", span: at),
            fixIt: FixIt("replace with 'epochs'", [.init(at, "\"epochs\"")]))
        #expect(
            render([diagnostic]) == """
                mlops.json:2:3: error: unknown key 'epoch' in stage 'train' [manifest/unknown-key]
                  2 |   "epoch": 10,
                    |   ^~~~~~~
                  fix: replace with 'epochs'

                """)
    }

    @Test func `a tab before the caret stays a tab, and a letter of two bytes is one column`() {
        let text = render([Diagnostic(code: "a/b", "here", at: .init(source: "mlops.json", span: span(of: "\"x\"")))])
        #expect(text == "mlops.json:3:8: error: here [a/b]\n  3 | \t\"né\": \"x\"\n    | \t      ^~~\n")
    }

    @Test func `notes follow with their own places`() {
        let note = Diagnostic.Note("first declared here", at: .init(source: "mlops.json", span: span(of: "10")))
        let text = render([Diagnostic(.warning, code: "a/b", "again", at: nil, notes: [note, .init("said without a place")])])
        #expect(
            text == """
                warning: again [a/b]
                mlops.json:2:12: note: first declared here
                  2 |   "epoch": 10,
                    |            ^~
                note: said without a place

                """)
    }

    @Test func `order is by text, place, severity and code, whatever the order they came in`() {
        let one = Diagnostic(code: "b/late", "one", at: .init(source: "mlops.json", span: SourceSpan(5, 6)))
        let two = Diagnostic(.warning, code: "a/early", "two", at: .init(source: "mlops.json", span: SourceSpan(5, 6)))
        let three = Diagnostic(code: "c/first", "three", at: .init(source: "mlops.json", span: SourceSpan(1, 2)))
        let four = Diagnostic(code: "z/none", "four", at: nil)
        #expect(DiagnosticRenderer.sorted([one, two, three, four]) == [four, three, one, two])
        #expect(DiagnosticRenderer.sorted([two, four, one, three]) == [four, three, one, two])
    }

    @Test func `control characters cannot steer a terminal`() {
        let hostile = SourceText(name: "a\u{1B}[2J.json", text: "x\u{1B}]0;evil\u{07}y\u{202E}z\n")
        let text = DiagnosticRenderer(sources: [hostile]).render([
            Diagnostic(code: "a/b", "bad \u{1B}[31m name", at: .init(source: hostile.name, span: SourceSpan(0, 1)))
        ])
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(text.contains("\\u{1b}[31m"))
        #expect(text.contains("\\u{202e}"))
    }

    @Test func `a line of a megabyte is shown as an excerpt around the caret`() {
        let long = SourceText(name: "long", text: String(repeating: "a", count: 1 << 20) + "!" + String(repeating: "b", count: 1 << 20))
        let text = DiagnosticRenderer(sources: [long]).render([
            Diagnostic(code: "a/b", "here", at: .init(source: "long", span: SourceSpan(1 << 20, (1 << 20) + 1)))
        ])
        #expect(text.utf8.count < 1000)
        #expect(text.contains("a!b"))
    }

    @Test func `every span of a small text renders without a trap`() {
        let bytes: [UInt8] = [0xFF, 10, 0xC3, 0xA9, 13, 10, 9, 0]
        let odd = SourceText(name: "odd", bytes: bytes)
        for lower in 0...bytes.count {
            for upper in lower...bytes.count {
                let text = DiagnosticRenderer(sources: [odd]).render([
                    Diagnostic(code: "a/b", "m", at: .init(source: "odd", span: SourceSpan(lower, upper)))
                ])
                #expect(text.contains("odd:"))
            }
        }
    }
}
