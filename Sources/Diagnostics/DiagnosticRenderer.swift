/// Turns diagnostics into the text that people read: sorted, with the source line and a caret.
///
/// ```
/// mlops.json:12:9: error: unknown key 'epoch' in stage 'train' [manifest/unknown-key]
///   12 |         "epoch": 10,
///      |         ^~~~~~~
///   fix: replace with 'epochs'
/// ```
package struct DiagnosticRenderer: Sendable {
    private let sources: [String: SourceText]

    package init(sources: [SourceText]) {
        self.sources = Dictionary(sources.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The order in which diagnostics are shown: by text, place, severity, code, message.
    package static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        diagnostics.sorted { first, second in
            let left = sortKey(first)
            let right = sortKey(second)
            if left.source != right.source { return left.source < right.source }
            if left.offset != right.offset { return left.offset < right.offset }
            if first.severity != second.severity { return first.severity == .error }
            if first.code != second.code { return first.code < second.code }
            return first.message < second.message
        }
    }

    private static func sortKey(_ diagnostic: Diagnostic) -> (source: String, offset: Int) {
        (diagnostic.location?.source ?? "", diagnostic.location?.span?.lower ?? -1)
    }

    /// All of `diagnostics`, sorted, each followed by a line feed.
    package func render(_ diagnostics: [Diagnostic]) -> String {
        Self.sorted(diagnostics).map(render(one:)).joined()
    }

    /// The position a diagnostic or note points at, if its text is known.
    package func position(of location: Diagnostic.Location?) -> SourcePosition? {
        guard let location, let span = location.span, let source = sources[location.source] else { return nil }
        return source.position(at: span.lower)
    }

    private func render(one diagnostic: Diagnostic) -> String {
        var text = headline(diagnostic.severity.rawValue, diagnostic.message + " [\(diagnostic.code)]", diagnostic.location)
        for note in diagnostic.notes {
            text += headline("note", note.message, note.location)
        }
        if let fixIt = diagnostic.fixIt {
            text += "  fix: \(Self.printable(fixIt.title))\n"
        }
        return text
    }

    private func headline(_ label: String, _ message: String, _ location: Diagnostic.Location?) -> String {
        let said = "\(label): \(Self.printable(message))\n"
        guard let location else { return said }
        guard let position = position(of: location), let span = location.span, let source = sources[location.source] else {
            return "\(Self.printable(location.source)): " + said
        }
        return "\(Self.printable(location.source)):\(position.line):\(position.column): " + said
            + Self.excerpt(of: source, span: span, line: position.line)
    }

    /// Longest part of a source line that is shown, in Unicode scalars; minified texts have lines of megabytes.
    private static let widest = 160

    private static func excerpt(of source: SourceText, span: SourceSpan, line: Int) -> String {
        let (start, bytes) = source.line(around: span.lower)
        let before = Array(
            String(decoding: source.bytes[start..<max(start, min(span.lower, bytes.endIndex))], as: UTF8.self).unicodeScalars)
        let end = max(span.lower, min(span.upper, bytes.endIndex))
        let marked = Array(String(decoding: source.bytes[min(span.lower, end)..<end], as: UTF8.self).unicodeScalars)
        let after = Array(String(decoding: source.bytes[min(end, bytes.endIndex)..<bytes.endIndex], as: UTF8.self).unicodeScalars)

        // Keep the marked part in sight when the line is too long to show whole.
        let lead = before.count + min(marked.count, widest / 2) > widest ? Array(before.suffix(widest / 2)) : before
        let shown = Array((marked + after).prefix(widest - min(lead.count, widest)))
        let number = String(line)
        let gutter = String(repeating: " ", count: number.count)
        let pad = lead.map { $0 == "\t" ? "\t" : " " }.joined()
        let tail = String(repeating: "~", count: max(0, min(marked.count, shown.count) - 1))
        let text = printable(lead + shown)
        return "  \(number) | \(text)\n  \(gutter) | \(pad)^\(tail)\n"
    }

    /// The text with control characters shown as `\u{..}`, so that no input can steer a terminal.
    package static func printable(_ text: String) -> String {
        printable(Array(text.unicodeScalars))
    }

    private static func printable(_ scalars: [Unicode.Scalar]) -> String {
        var result = ""
        for scalar in scalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let isDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            if (isControl && scalar != "\t") || isDirection {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
