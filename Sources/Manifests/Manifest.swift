package import Canonical
package import Diagnostics

/// The parsed and checked `mlops.json`; where one exists, its text has no error.
///
/// Every reference leads to something of the right type, the stages have no cycle, and no two paths clash.
package struct Manifest: Sendable {
    package static let fileName = "mlops.json"
    /// The grammar's version that this code reads.
    package static let version = 1

    package let source: SourceText
    package let name: String
    package let nameSpan: SourceSpan
    /// In the manifest's order, as all the lists here.
    package let parameters: [Parameter]
    package let data: [DataEntry]
    /// The default one first, if `environment` declares it; the base is not among them.
    package let environments: [Environment]
    package let stages: [Stage]
    package let model: Model?
    package let deployment: Deployment?

    private let stageIndex: [String: Int]
    private let dataIndex: [String: Int]
    private let parameterIndex: [String: Int]
    private let environmentIndex: [String: Int]

    init(
        source: SourceText, name: String, nameSpan: SourceSpan, parameters: [Parameter], data: [DataEntry], environments: [Environment],
        stages: [Stage], model: Model?, deployment: Deployment?
    ) {
        self.source = source
        self.name = name
        self.nameSpan = nameSpan
        self.parameters = parameters
        self.data = data
        self.environments = environments
        self.stages = stages
        self.model = model
        self.deployment = deployment
        stageIndex = Self.index(of: stages.map(\.name))
        dataIndex = Self.index(of: data.map(\.name))
        parameterIndex = Self.index(of: parameters.map(\.name))
        environmentIndex = Self.index(of: environments.map(\.name))
    }

    private static func index(of names: [String]) -> [String: Int] {
        Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Complexity: O(1)
    package func stage(_ name: String) -> Stage? {
        stageIndex[name].map { stages[$0] }
    }

    /// The place of the stage in ``stages``.
    ///
    /// - Complexity: O(1)
    package func index(ofStage name: String) -> Int? {
        stageIndex[name]
    }

    /// - Complexity: O(1)
    package func data(_ name: String) -> DataEntry? {
        dataIndex[name].map { data[$0] }
    }

    /// What the manifest declares of that name; nil for the base, which is declared nowhere.
    ///
    /// - Complexity: O(1)
    package func environment(_ name: String) -> Environment? {
        environmentIndex[name].map { environments[$0] }
    }

    /// The names of the environments that commands use, each once, sorted by bytes; the base may be among them.
    package var usedEnvironments: [String] {
        let names = stages.compactMap { if case .command(let command) = $0.work { command.environment } else { nil } }
        return Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The value that `${path}` takes, such as `trees` or `learner.trees`.
    package func parameter(_ path: String) -> JSONValue? {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, let index = parameterIndex[String(first)] else { return nil }
        var value = parameters[index].value
        for part in parts.dropFirst() {
            guard let inner = value[String(part)] else { return nil }
            value = inner
        }
        return value
    }

    /// The output that a reference leads to; nil for data and files.
    package func output(_ reference: Reference) -> StageOutput? {
        guard case .output(let stage, let name) = reference else { return nil }
        return self.stage(stage)?.output(name)
    }

    /// Whether a command makes what a reference leads to, so that mlbuild knows its bytes and nothing of their meaning.
    package func isOpaque(_ reference: Reference) -> Bool {
        guard case .output(let stage, _) = reference, let stage = self.stage(stage) else { return false }
        switch stage.work {
        case .command: return true
        case .kind: return false
        }
    }

    /// The form of the table that a reference leads to; nil when it is no table.
    package func form(of reference: Reference) -> TableForm? {
        switch reference {
        case .data(let name): data(name)?.form
        case .output: output(reference)?.form
        case .file(let path): TableForm(at: path)
        }
    }

    /// The table format of what a reference leads to; nil when it is no table.
    package func format(of reference: Reference) -> TableFormat? { form(of: reference)?.format }
}
