package import Canonical
package import Locking
package import Manifests
package import StageKinds

/// The compiled form of a stage: what to do, with inputs that are named but not yet known by content.
package struct Action: Sendable {
    package enum Work: Sendable {
        /// A built-in kind with its options as an object: parameters put in, no defaults filled in.
        case kind(StageKind, options: JSONValue)
        case command(CommandWork)
    }

    /// The name of the stage; for people and paths, never part of the key.
    package let stage: String
    package let work: Work
    /// The parameters that the stage names, sorted by name; `optimizer.rate` is a part of a parameter.
    package let parameters: [(name: String, value: JSONValue)]
    /// In the order of the manifest.
    package let inputs: [ActionInput]
    /// In the order of the kind's description, or of the manifest for a command.
    package let outputs: [StageOutput]

    package init(
        stage: String, work: Work, parameters: [(name: String, value: JSONValue)], inputs: [ActionInput], outputs: [StageOutput]
    ) {
        self.stage = stage
        self.work = work
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The kind's name, or `run` for a command.
    package var word: String {
        switch work {
        case .kind(let kind, _): kind.rawValue
        case .command: "run"
        }
    }
}

/// A command, ready to be run: everything is said, nothing is looked up.
package struct CommandWork: Sendable {
    /// The version of what a sandbox shows and allows; a part of the key.
    package static let sandboxVersion = 1
    /// The version of how an environment is put together from its pins; a part of the key.
    package static let assemblyVersion = 1

    /// The argument vector with parameters and paths put in; a shell line has become `/bin/sh -euc LINE`.
    package let arguments: [String]
    /// The name of the environment, for people.
    package let environmentName: String
    package let environment: EnvironmentPin
    /// The pins that ``environment`` names: the interpreter and the tools, sorted by name.
    package let programs: [Lockfile.Entry<ProgramPin>]
    /// Sorted by file name.
    package let wheels: [Lockfile.Entry<WheelPin>]
    /// The whole environment block, sorted by name: the determinism profile, overridden by the manifest's variables.
    package let variables: [(name: String, value: String)]
    /// Those of ``variables`` that the manifest says, of the environment or of the command; sorted by name.
    package let ownVariables: [(name: String, value: String)]
    package let threads: Int
    package let entropy: Command.Entropy
    package let addresses: Command.Addresses
    /// Seconds; nil is no limit. No part of the key, as all of ``resources``.
    package let timeout: Int?
    package let resources: Command.Resources
    /// Whether it runs in the sandbox; `none` is a part of the key, so that its results are never taken for others.
    package let isolation: Isolation
    /// Architecture and instruction-set level, such as `linux-x86-64-v3`.
    package let platform: String

    package init(
        arguments: [String], environmentName: String, environment: EnvironmentPin, programs: [Lockfile.Entry<ProgramPin>],
        wheels: [Lockfile.Entry<WheelPin>], variables: [(name: String, value: String)], threads: Int, entropy: Command.Entropy,
        addresses: Command.Addresses, timeout: Int?, resources: Command.Resources, isolation: Isolation, platform: String,
        ownVariables: [(name: String, value: String)] = []
    ) {
        self.arguments = arguments
        self.environmentName = environmentName
        self.environment = environment
        self.programs = programs
        self.wheels = wheels
        self.variables = variables
        self.ownVariables = ownVariables
        self.threads = threads
        self.entropy = entropy
        self.addresses = addresses
        self.timeout = timeout
        self.resources = resources
        self.isolation = isolation
        self.platform = platform
    }
}

/// What keeps a command from seeing and touching more than it declares.
package enum Isolation: String, CaseIterable, Sendable {
    /// Linux namespaces, a filter for system calls, no capabilities.
    case namespaces
    /// Nothing: asked for in so many words, marked, never shared, never packaged.
    case none
}

/// One input of an action: the port it goes to, where it comes from, and how its bytes are to be read.
package struct ActionInput: Sendable {
    /// The port of the kind.
    package let name: String
    package let source: InputSource
    /// The form of a table; nil for what is no table.
    package let form: TableForm?
    /// Where a command sees it, relative to its working folder: the place that it has in the workspace.
    package let path: RelativePath

    package init(name: String, source: InputSource, form: TableForm?, path: RelativePath) {
        self.name = name
        self.source = source
        self.form = form
        self.path = path
    }

    package var format: TableFormat? { form?.format }
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
