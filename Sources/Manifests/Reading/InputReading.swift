import Canonical
import Diagnostics
import StageKinds

/// Connects the inputs of stages with what they name.
enum InputReading {
    /// An input with what it leads to.
    struct Connection {
        let input: StageInput
        let target: ReferenceReading.Target
    }

    static func read(_ draft: StageDraft, _ references: ReferenceReading, _ problems: inout Problems) -> [Connection] {
        draft.inputs.compactMap { input in
            let what = "input '\(input.name)' of stage '\(draft.name)'"
            guard let target = references.read(input.node, what: what, &problems) else { return nil }
            if let port = input.expected {
                check(target, fits: port, at: input.node.span, what: what, &problems)
            }
            return Connection(
                input: StageInput(name: input.name, reference: target.reference, span: input.node.span), target: target)
        }
    }

    /// Reports a target that is not what a port takes.
    static func check(
        _ target: ReferenceReading.Target, fits port: PortDescription, at span: SourceSpan, what: String, _ problems: inout Problems
    ) {
        guard let type = target.type else { return }
        if port.accepts.contains(type) {
            if let format = target.format, !format.isReadByKinds {
                let read = TableFormat.allCases.filter(\.isReadByKinds).map(\.rawValue)
                problems.error(
                    "format-later", "\(what) is of the format '\(format.rawValue)'; this version's kinds read \(quotedList(read))", at: span
                )
            }
            return
        }
        if port.accepts.contains(.table), type == .file || type == .tree, isOutside(target.reference) {
            problems.error(
                "unknown-format", "\(what) takes \(port.expected); the format of \(target.phrase) cannot be told from its name", at: span,
                notes: target.span.map { [problems.note("say it here with 'format'", at: $0)] } ?? [])
            return
        }
        problems.error(
            "wrong-artifact", "\(what) takes \(port.expected); \(target.phrase) is \(type.phrase)", at: span,
            notes: target.span.map { [problems.note("\(target.phrase) is declared here", at: $0)] } ?? [])
    }

    private static func isOutside(_ reference: Reference) -> Bool {
        switch reference {
        case .data, .file: true
        case .output: false
        }
    }
}
