/// One thing to say about a text: what is wrong, where, and how to mend it.
///
/// The message states the fact, names things in single quotes and ends without a full stop.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable {
        case error
        case warning
    }

    /// A place in a named text; without a span, the text as a whole.
    package struct Location: Hashable, Sendable {
        package let source: String
        package let span: SourceSpan?

        package init(source: String, span: SourceSpan?) {
            self.source = source
            self.span = span
        }
    }

    /// A second place or a further sentence that helps to understand the first.
    package struct Note: Hashable, Sendable {
        package let message: String
        package let location: Location?

        package init(_ message: String, at location: Location? = nil) {
            self.message = message
            self.location = location
        }
    }

    package let severity: Severity
    /// A stable name, `phase/kebab-fact`; `Specs/diagnostics.md` has a row for each.
    package let code: String
    package let message: String
    package let location: Location?
    package let notes: [Note]
    package let fixIt: FixIt?

    package init(
        _ severity: Severity = .error, code: String, _ message: String, at location: Location?, notes: [Note] = [], fixIt: FixIt? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.location = location
        self.notes = notes
        self.fixIt = fixIt
    }
}

/// The single obvious change that removes a diagnostic.
package struct FixIt: Hashable, Sendable {
    /// Puts `replacement` in the place of the bytes in `span`.
    package struct Edit: Hashable, Sendable {
        package let span: SourceSpan
        package let replacement: String

        package init(_ span: SourceSpan, _ replacement: String) {
            self.span = span
            self.replacement = replacement
        }
    }

    /// What applying it does, such as `replace with 'epochs'`.
    package let title: String
    /// Edits in the text that the diagnostic stands in.
    package let edits: [Edit]

    package init(_ title: String, _ edits: [Edit]) {
        self.title = title
        self.edits = edits
    }

    /// Applies the fix-its that do not overlap an earlier one, and says how many were applied.
    package static func apply(_ fixIts: [FixIt], to bytes: [UInt8]) -> (bytes: [UInt8], applied: Int) {
        var taken: [Edit] = []
        var applied = 0
        for fixIt in fixIts {
            let clashes = fixIt.edits.contains { edit in
                taken.contains { $0.span == edit.span || ($0.span.lower < edit.span.upper && edit.span.lower < $0.span.upper) }
            }
            if clashes { continue }
            taken += fixIt.edits
            applied += 1
        }
        var result = bytes
        for edit in taken.sorted(by: { $0.span.lower > $1.span.lower }) {
            result.replaceSubrange(edit.span.lower..<edit.span.upper, with: edit.replacement.utf8)
        }
        return (result, applied)
    }
}
