package import Canonical
package import Diagnostics
package import StageKinds

/// One unit of work that the user declares.
package struct Stage: Sendable {
    package enum Work: Sendable {
        case kind(KindUse)
        case command(Command)
    }

    package let name: String
    /// The place of the name.
    package let span: SourceSpan
    package let work: Work
    /// In the manifest's order.
    package let inputs: [StageInput]
    /// In the kind's order, or the manifest's for a command.
    package let outputs: [StageOutput]
    /// The parameters that the stage names, such as `trees` or `learner.trees`, each once, sorted by bytes.
    package let parameters: [String]

    package func input(_ name: String) -> StageInput? {
        inputs.first { $0.name == name }
    }

    package func output(_ name: String) -> StageOutput? {
        outputs.first { $0.name == name }
    }
}

/// A built-in kind with its options.
package struct KindUse: Sendable {
    package let kind: StageKind
    /// An object: the options as written, parameters put in, no defaults filled in.
    package let options: JSONValue
    /// The place of `with`'s value, or of the kind's name without one.
    package let optionsSpan: SourceSpan
}

/// An input: a port, and what it takes.
package struct StageInput: Sendable {
    /// The port.
    package let name: String
    package let reference: Reference
    /// The place of the reference.
    package let span: SourceSpan
}

/// An output: a name, and where it appears in the workspace.
package struct StageOutput: Sendable {
    package let name: String
    package let path: RelativePath
    package let type: ArtifactType
    package let isTree: Bool
    /// The form of a table.
    package let form: TableForm?
    /// The place of the path; nil for a kind, which names its own outputs.
    package let span: SourceSpan?

    package init(name: String, path: RelativePath, type: ArtifactType, isTree: Bool, form: TableForm?, span: SourceSpan?) {
        self.name = name
        self.path = path
        self.type = type
        self.isTree = isTree
        self.form = form
        self.span = span
    }

    package var format: TableFormat? { form?.format }
}
