package import Canonical
package import Locking
package import Manifests
package import StageKinds

/// The compiled form of a stage with a built-in kind: what to do, with inputs that are named but not yet known by content.
package struct Action: Sendable {
    /// The name of the stage; for people and paths, never part of the key.
    package let stage: String
    package let kind: StageKind
    /// The options as an object: parameters put in, no defaults filled in.
    package let options: JSONValue
    /// The parameters that the stage names, sorted by name; `optimizer.rate` is a part of a parameter.
    package let parameters: [(name: String, value: JSONValue)]
    /// In the order of the manifest.
    package let inputs: [ActionInput]
    /// In the order of the kind's description.
    package let outputs: [StageOutput]

    package init(
        stage: String, kind: StageKind, options: JSONValue, parameters: [(name: String, value: JSONValue)], inputs: [ActionInput],
        outputs: [StageOutput]
    ) {
        self.stage = stage
        self.kind = kind
        self.options = options
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// One input of an action: the port it goes to, where it comes from, and how its bytes are to be read.
package struct ActionInput: Sendable {
    /// The port of the kind.
    package let name: String
    package let source: InputSource
    /// The table format; nil for what is no table.
    package let format: TableFormat?

    package init(name: String, source: InputSource, format: TableFormat?) {
        self.name = name
        self.source = source
        self.format = format
    }
}

/// Where an input comes from.
package enum InputSource: Hashable, Sendable {
    /// Data of the manifest, with the content that the lock pins.
    case pinned(data: String, DataPin)
    /// An output of another action; its content is known once that has run.
    case output(stage: String, name: String)
    /// A file or folder of the workspace; its content is what lies there when the build begins.
    case file(RelativePath)
}
