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
            let known = GraphRendering.allCases.map(\.rawValue)
            let near = Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'? " } ?? ""
            throw CommandFailure(.usage, "there is no form '\(name)'", hint: near + "there are: \(known.joined(separator: ", "))")
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
