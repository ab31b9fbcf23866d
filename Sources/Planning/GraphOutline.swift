package import Diagnostics
package import Manifests
package import StageKinds

/// What there is to draw of a manifest: its stages, the data and files they read, and what flows between them.
///
/// Made from the manifest alone, so that a graph can be looked at before anything is locked, and command stages are in it.
package struct GraphOutline: Sendable {
    package enum Subject: Hashable, Sendable {
        /// A data entry; the path is nil for data that lies elsewhere.
        case data(name: String, path: RelativePath?)
        case file(RelativePath)
        /// A stage; the kind is nil for one that runs a command.
        case stage(name: String, kind: StageKind?)
    }

    package struct Node: Hashable, Sendable {
        package let subject: Subject

        /// As the manifest refers to it: `data.penguins`, `./notes.txt`, `train`; no two nodes share one.
        package var id: String {
            switch subject {
            case .data(let name, _): "data.\(name)"
            case .file(let path): "./\(path.text)"
            case .stage(let name, _): name
            }
        }
    }

    /// One input of a stage.
    package struct Edge: Hashable, Sendable {
        /// Index of the node that is read.
        package let from: Int
        /// Index of the stage that reads it.
        package let to: Int
        /// The output of `from`; nil when that is no stage.
        package let output: String?
        /// The port or name under which `to` takes it.
        package let input: String
    }

    /// The name of the workspace.
    package let name: String
    /// Data in the order of the manifest, then files by first use, then stages, each after what it needs.
    package let nodes: [Node]
    /// By stage in the order of ``nodes``, then in the order of the stage's inputs.
    package let edges: [Edge]

    /// The outline of `stages` and everything they need; of the whole manifest when `stages` is empty.
    ///
    /// A name that is no stage is an error `plan/unknown-stage`, and then there is no value.
    ///
    /// - Complexity: O(stages log stages + references)
    package static func of(_ manifest: Manifest, stages: [String] = []) -> Diagnosed<GraphOutline> {
        let unknown = UnknownStage.diagnostics(stages, known: manifest.stages.map(\.name))
        if !unknown.isEmpty { return Diagnosed(nil, unknown) }
        let network = StageNetwork(manifest)
        let order = network.order(of: network.needed(by: stages, of: manifest))
        var builder = OutlineBuilder(manifest: manifest)
        builder.build(order, keepsUnused: stages.isEmpty)
        return Diagnosed(GraphOutline(name: manifest.name, nodes: builder.nodes, edges: builder.edges))
    }
}

private struct OutlineBuilder {
    let manifest: Manifest
    var nodes: [GraphOutline.Node] = []
    var edges: [GraphOutline.Edge] = []
    private var indices: [Reference: Int] = [:]
    private var stages: [String: Int] = [:]

    init(manifest: Manifest) {
        self.manifest = manifest
    }

    mutating func build(_ order: [Int], keepsUnused: Bool) {
        let used = Set(order.flatMap { manifest.stages[$0].inputs.map(\.reference) })
        for entry in manifest.data where keepsUnused || used.contains(.data(entry.name)) {
            let path: RelativePath? = if case .path(let path) = entry.origin { path } else { nil }
            add(.data(name: entry.name, path: path), as: .data(entry.name))
        }
        for stage in order {
            for input in manifest.stages[stage].inputs {
                if case .file(let path) = input.reference { add(.file(path), as: input.reference) }
            }
        }
        for index in order {
            let stage = manifest.stages[index]
            let kind: StageKind? = if case .kind(let use) = stage.work { use.kind } else { nil }
            stages[stage.name] = nodes.count
            nodes.append(GraphOutline.Node(subject: .stage(name: stage.name, kind: kind)))
        }
        for index in order { connect(manifest.stages[index]) }
    }

    private mutating func add(_ subject: GraphOutline.Subject, as reference: Reference) {
        guard indices[reference] == nil else { return }
        indices[reference] = nodes.count
        nodes.append(GraphOutline.Node(subject: subject))
    }

    private mutating func connect(_ stage: Stage) {
        guard let to = stages[stage.name] else { return }
        for input in stage.inputs {
            let from: Int?
            let output: String?
            switch input.reference {
            case .output(let producer, let name): (from, output) = (stages[producer], name)
            case .data, .file: (from, output) = (indices[input.reference], nil)
            }
            if let from { edges.append(GraphOutline.Edge(from: from, to: to, output: output, input: input.name)) }
        }
    }
}
