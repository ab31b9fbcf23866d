internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Planning

/// `graph`: draws the stages and what flows between them, from the manifest alone.
struct GraphCommand {
    private let workspace: WorkspaceFolder
    private let stages: [String]
    private let form: GraphRendering

    init(_ arguments: Arguments) throws(CommandFailure) {
        stages = arguments.operands
        let name = arguments.value("format") ?? (arguments.has("json") ? "json" : "tree")
        guard let form = GraphRendering(rawValue: name) else {
            throw CommandFailure("there is no form '\(name)'", for: name, of: GraphRendering.allCases.map(\.rawValue))
        }
        self.form = form
        workspace = try WorkspaceFolder.find(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let manifest = try workspace.manifest(reporter)
        let outlined = GraphOutline.of(manifest, stages: stages)
        guard let outline = outlined.value, !outlined.hasErrors else {
            throw CommandFailure(outlined.diagnostics, in: [manifest.source])
        }
        let text = form.text(of: outline)
        reporter.result(text)
        reporter.record("graph", [JSONMember("format", .string(form.rawValue)), JSONMember("text", .string(text))])
        return .done
    }
}
