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
            guard let target = references.read(input.node, what: what, fitting: input.expected?.accepts, &problems) else {
                return nil
            }
            if let port = input.expected {
                check(target, fits: port, at: input.node.span, what: what, &problems)
            }
            if case .file(let path) = target.reference, let name = references.data(at: path) {
                problems.warning(
                    "unpinned-input", "\(what) reads '\(target.reference)' past the pin that data '\(name)' has for it",
                    at: input.node.span,
                    fixIt: .replaceString(at: input.node.span, with: "data.\(name)"))
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
        if port.accepts.contains(type) { return }
        if port.accepts.contains(.table), type == .file || type == .tree, isOutside(target.reference) {
            reportFormat(of: target, type, port, at: span, what: what, &problems)
            return
        }
        let isCommands = port.accepts.contains(.model) && target.isOpaque
        let way = isCommands ? [Diagnostic.Note("only a command can apply or judge a model that a command made")] : []
        problems.error(
            "wrong-artifact", "\(what) takes \(port.expected); \(target.phrase) is \(type.phrase)", at: span,
            notes: way + (target.span.map { [problems.note("\(target.phrase) is declared here", at: $0)] } ?? []))
    }

    /// Reports something from outside that does not look like a table in its name.
    private static func reportFormat(
        of target: ReferenceReading.Target, _ type: ArtifactType, _ port: PortDescription, at span: SourceSpan, what: String,
        _ problems: inout Problems
    ) {
        if type == .tree {
            let way = "a folder of images is of the format 'png', one of arrays of 'npy' or 'idx'"
            problems.error(
                "unknown-format", "\(what) takes \(port.expected); what is in the folder of \(target.phrase) cannot be told from its name",
                at: span,
                notes: [
                    target.span.map { problems.note("\(way): name a file of it, or say with 'format'", at: $0) }
                        ?? Diagnostic.Note("declare it in 'data', with 'format'")
                ])
        } else if let ending = target.fileExtension, let foreign = ForeignFormat(extension: ending) {
            problems.error(
                "format-later", "\(what) is a '.\(ending)' file; mlbuild reads \(Self.readable) tables; \(foreign.wayOut)", at: span,
                notes: target.span.map { [problems.note("\(target.phrase) is declared here", at: $0)] } ?? [])
        } else {
            let isImage = target.fileExtension == TableFormat.png.rawValue
            let hint = isImage ? "images are a table in a folder, of the format 'png'" : "say here with 'format' what is in it"
            let way = target.span.map { problems.note(hint, at: $0) }
            problems.error(
                "unknown-format", "\(what) takes \(port.expected); the format of \(target.phrase) cannot be told from its name", at: span,
                notes: [way ?? Diagnostic.Note("declare it in 'data', with 'format'")])
        }
    }

    /// The formats of tables.
    private static var readable: String { quotedList(TableFormat.allCases.map(\.rawValue)) }

    private static func isOutside(_ reference: Reference) -> Bool {
        switch reference {
        case .data, .file: true
        case .output: false
        }
    }
}
