/// A value together with what there is to say about the text it came from.
///
/// `value` is absent when the errors leave nothing to go on with. A value may come with errors too, so that
/// a later phase can report its own problems in the same go.
package struct Diagnosed<Value> {
    package let value: Value?
    package let diagnostics: [Diagnostic]

    package init(_ value: Value?, _ diagnostics: [Diagnostic] = []) {
        self.value = value
        self.diagnostics = diagnostics
    }

    package var hasErrors: Bool {
        diagnostics.contains { $0.severity == .error }
    }
}

extension Diagnosed: Sendable where Value: Sendable {}
