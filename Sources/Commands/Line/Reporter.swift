internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Platform
internal import Synchronization

/// What a command says: results on standard output, everything for people on standard error.
///
/// With `--json`, standard output holds JSON Lines instead, each with a `record` field; the last is always `summary`.
final class Reporter: Sendable {
    let json: Bool
    let quiet: Bool
    let verbose: Bool
    private let summaryMembers = Mutex<[JSONMember]>([])

    init(_ arguments: Arguments) {
        json = arguments.has("json")
        quiet = arguments.has("quiet")
        verbose = arguments.has("verbose")
    }

    init(json: Bool = false) {
        self.json = json
        quiet = false
        verbose = false
    }

    /// A result that another program may read; not printed when JSON Lines were asked for.
    func result(_ text: String) {
        if !json { Terminal.write(text, to: .output) }
    }

    /// Bytes that are the result, such as a table of predictions.
    func result(_ bytes: [UInt8]) {
        if !json { Terminal.write(bytes, to: .output) }
    }

    /// A sentence for people about what is going on; characters that would steer a terminal show as escapes.
    func say(_ line: String) {
        if !quiet { Terminal.write(DiagnosticRenderer.printable(line) + "\n", to: .error) }
    }

    /// A sentence for people who asked to hear more.
    func detail(_ line: String) {
        if verbose { say(line) }
    }

    /// The next step after a success, named so that nobody has to look it up.
    func next(_ command: String) {
        say("next: \(command)")
    }

    /// One JSON line, when they were asked for.
    func record(_ name: String, _ fields: [JSONMember]) {
        guard json else { return }
        let members = [JSONMember(name: "record", value: .string(name))] + fields
        Terminal.write(JSONText.line(.object(members)) + "\n", to: .output)
    }

    /// What the command's last record is to say beside its status.
    func summarise(_ members: [JSONMember]) {
        summaryMembers.withLock { $0 = members }
    }

    /// The last record: which command it was, null when none could be told, and how it ended.
    func summary(_ verb: Verb?, _ status: ExitStatus) {
        let members = summaryMembers.withLock { $0 }.filter { $0.name != "status" }
        record(
            "summary",
            [JSONMember("command", verb.map { .string($0.rawValue) } ?? .null), JSONMember("status", .integer(Int(status.rawValue)))]
                + members)
    }

    /// Shows diagnostics, sorted, with their source lines; errors even when quiet.
    func show(_ diagnostics: [Diagnostic], in sources: [SourceText]) {
        // A manifest may hold what nobody should read in a log; the mask keeps every offset.
        let renderer = DiagnosticRenderer(sources: sources.map { $0.name.hasSuffix(Manifest.fileName) ? SecretMask.masked($0) : $0 })
        let shown = quiet ? diagnostics.filter { $0.severity == .error } : diagnostics
        if !shown.isEmpty { Terminal.write(renderer.render(shown), to: .error) }
        for diagnostic in DiagnosticRenderer.sorted(diagnostics) {
            record("diagnostic", Self.fields(of: diagnostic, renderer))
        }
    }

    /// Shows why a command could not do its work, and the way out.
    func show(_ failure: CommandFailure) {
        show(failure.diagnostics, in: failure.sources)
        guard let message = failure.message else { return }
        var text = "error: \(DiagnosticRenderer.printable(message))\n"
        if let hint = failure.hint { text += "  hint: \(DiagnosticRenderer.printable(hint))\n" }
        Terminal.write(text, to: .error)
        var fields = [JSONMember(name: "message", value: .string(message))]
        if let hint = failure.hint { fields.append(JSONMember(name: "hint", value: .string(hint))) }
        record("error", fields)
    }

    private static func fields(of diagnostic: Diagnostic, _ renderer: DiagnosticRenderer) -> [JSONMember] {
        var fields = [
            JSONMember(name: "severity", value: .string(diagnostic.severity.rawValue)),
            JSONMember(name: "code", value: .string(diagnostic.code)),
            JSONMember(name: "message", value: .string(diagnostic.message)),
        ]
        fields += place(diagnostic.location, renderer)
        if !diagnostic.notes.isEmpty {
            let notes = diagnostic.notes.map { note in
                JSONValue.object([JSONMember(name: "message", value: .string(note.message))] + place(note.location, renderer))
            }
            fields.append(JSONMember(name: "notes", value: .array(notes)))
        }
        if let fixIt = diagnostic.fixIt {
            let edits = fixIt.edits.map { edit in
                JSONValue.object([
                    JSONMember(name: "start", value: .integer(edit.span.lower)), JSONMember(name: "end", value: .integer(edit.span.upper)),
                    JSONMember(name: "replacement", value: .string(edit.replacement)),
                ])
            }
            fields.append(
                JSONMember(
                    name: "fix",
                    value: .object([
                        JSONMember(name: "title", value: .string(fixIt.title)), JSONMember(name: "edits", value: .array(edits)),
                    ])))
        }
        return fields
    }

    private static func place(_ location: Diagnostic.Location?, _ renderer: DiagnosticRenderer) -> [JSONMember] {
        guard let location else { return [] }
        var fields = [JSONMember(name: "file", value: .string(location.source))]
        if let position = renderer.position(of: location), let span = location.span {
            fields += [
                JSONMember(name: "line", value: .integer(position.line)), JSONMember(name: "column", value: .integer(position.column)),
                JSONMember(name: "start", value: .integer(span.lower)), JSONMember(name: "end", value: .integer(span.upper)),
            ]
        }
        return fields
    }
}
