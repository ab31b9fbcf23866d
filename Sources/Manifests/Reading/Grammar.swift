package import Canonical
import StageKinds

/// One key of an object in the manifest.
package struct KeyShape: Sendable {
    package let name: String
    package let isRequired: Bool
    /// The JSON Schema of the value.
    package let schema: JSONValue
    /// The value's type in words, for the specification.
    package let type: String
    /// One sentence for people, without a full stop.
    package let summary: String

    static func required(_ name: String, _ type: String, _ schema: JSONValue, _ summary: String) -> KeyShape {
        KeyShape(name: name, isRequired: true, schema: schema, type: type, summary: summary)
    }

    static func optional(_ name: String, _ type: String, _ schema: JSONValue, _ summary: String) -> KeyShape {
        KeyShape(name: name, isRequired: false, schema: schema, type: type, summary: summary)
    }
}

/// The keys of an object in the manifest; it has no others.
package struct ObjectShape: Sendable {
    package let keys: [KeyShape]
    package let names: [String]

    init(_ keys: [KeyShape]) {
        self.keys = keys
        names = keys.map(\.name)
    }

    func has(_ name: String) -> Bool {
        names.contains(name)
    }
}

/// The objects of the manifest, for the reader, the schema and the specification alike.
///
/// Options of kinds are not here: `StageKinds` has them.
// SPEC: manifest.md
package enum Grammar {
    package static let root = ObjectShape([
        .required("version", "1", Schema.constant(.integer(Manifest.version)), "version of this grammar"),
        .required("name", "name", Schema.string(pattern: NameRule.workspace.pattern), "name of the workspace and of its archives"),
        .optional("parameters", "object", Schema.map(names: .parameter, Schema.parameterValue), "values that stages take as `${name}`"),
        .optional("data", "object", Schema.map(names: .data, Schema.definition("data")), "what comes from outside, by name"),
        .optional("environment", "object", Schema.definition("environment"), "what commands find beside their inputs"),
        .optional(
            "environments", "object", Schema.map(names: .environment, Schema.definition("environment")),
            "further ones, by name, for stages that ask for them"),
        .optional("stages", "object", Schema.stages, "the work, by name"),
        .optional("model", "object", Schema.definition("model"), "what `package` ships"),
        .optional("deployment", "object", Schema.definition("deployment"), "how the model is run where it is used"),
    ])

    package static let data = ObjectShape([
        .optional("path", "path", Schema.path, "file or folder of the workspace"),
        .optional("url", "URL", Schema.url, "place outside: `https://`, `s3://` or `file://`; no user name or password in it"),
        .optional(
            "unpack", "boolean", Schema.boolean,
            "whether what is in the archive or packed file behind `url` takes its place; default false"),
        .optional("format", "word", Schema.choice(TableFormat.self), "format of the table, where the extension does not say it"),
        .optional(
            "delimiter", "text", Schema.choice(TableForm.Delimiter.self),
            "what separates the fields of a `csv`: `,`, `;`, `\\|` or `tab`; default `,`"
        ),
        .optional(
            "keep", "word", Schema.choice(DataEntry.Keeping.self),
            "`copy`: the store keeps the bytes of `path`; `reference`: only their digests"),
        .optional(
            "ignore", "list of texts", Schema.list(Schema.string(pattern: IgnorePattern.pattern), most: IgnorePattern.most, unique: true),
            "names in the folder that are no part of the data, such as `.DS_Store`, `*.tmp` or `cache/`"),
    ])

    package static let environment = ObjectShape([
        .optional("python", "object", Schema.definition("python"), "interpreter and packages"),
        .optional(
            "tools", "list of names", Schema.list(Schema.string(pattern: ToolName.pattern), unique: true),
            "programs that commands call"),
        .optional("variables", "object", Schema.variables, "environment variables of its commands"),
    ])

    package static let python = ObjectShape([
        .required("version", "text", Schema.string(pattern: PythonVersion.pattern), "version, such as `3.11` or `3.11.4`"),
        .optional("requirements", "list of texts", Schema.list(Schema.text), "packages as pip names them"),
        .optional("requirementsFile", "path", Schema.filePath, "file of requirements instead: one that pip reads, or a `pylock.toml`"),
    ])

    package static let kindStage = ObjectShape([
        .required("uses", "word", Schema.choice(StageKind.self), "kind of the stage"),
        .optional("inputs", "object", Schema.object, "what each port of the kind takes"),
        .optional("with", "object", Schema.object, "options of the kind"),
    ])

    package static let commandStage = ObjectShape([
        .required("run", "list of texts, or text", Schema.run, "argument vector, or a line for `/bin/sh -euc`"),
        .optional("inputs", "object", Schema.map(names: .input, Schema.reference), "what the command reads, by names of your choice"),
        .required("outputs", "object", Schema.outputs, "path of each output, by names of your choice; a trailing `/` declares a folder"),
        .optional(
            "timeout", "duration", Schema.string(pattern: DurationText.pattern),
            "time after which the command is ended, such as `90s` or `1h30m`"),
        .optional("threads", "1 to \(maxThreads)", Schema.integer(1, maxThreads), "number of threads that the command may use; default 1"),
        .optional("variables", "object", Schema.variables, "environment variables of this command"),
        .optional(
            "entropy", "word", Schema.choice(Command.Entropy.self),
            "`derived`: random bytes follow from the key; `host`: they do not"),
        .optional(
            "environment", "name", Schema.string(pattern: NameRule.stage.pattern),
            "one of `environments`, `base` or `default`; without it `default` where `environment` is declared, else `base`"),
        .optional("resources", "object", Schema.definition("resources"), "bounds that the command may not pass"),
        .optional(
            "addresses", "word", Schema.choice(Command.Addresses.self),
            "`fixed`: the parts of a process lie at the same places in every run; `random`: they do not"),
    ])

    package static let resources = ObjectShape([
        .optional("memory", "size", Schema.size, "memory of each process, as `512MiB` or a number of bytes"),
        .optional("processes", "1 to \(maxProcesses)", Schema.integer(1, maxProcesses), "processes and threads at a time"),
        .optional("fileSize", "size", Schema.size, "size of each file that it writes"),
        .optional("outputSize", "size", Schema.size, "size of all its outputs together"),
    ])

    package static let model = ObjectShape([
        .required("from", "reference", Schema.reference, "the model"),
        .required("version", "text", Schema.string(pattern: SemanticVersion.pattern), "semantic version, such as `1.0.0`"),
        .optional("metrics", "reference", Schema.reference, "the metrics that the archive states"),
        .optional("samples", "object", Schema.definition("samples"), "rows that the archive holds with their predictions"),
        .optional("gates", "object", Schema.gates, "bounds that metrics and the level of proof must keep, by name"),
    ])

    package static let samples = ObjectShape([
        .required("from", "reference", Schema.reference, "the table"),
        .required("rows", "1 to \(maxSamples)", Schema.integer(1, maxSamples), "how many of its first rows"),
    ])

    package static let gate = ObjectShape([
        .optional("min", "number", Schema.number, "least value that is met"),
        .optional("max", "number", Schema.number, "greatest value that is met"),
    ])

    package static let levelGate = ObjectShape([
        .required(
            "min", "\(levels.lowerBound) to \(levels.upperBound)", Schema.integer(levels.lowerBound, levels.upperBound),
            "least level that is met: 0 for R0 up to 3 for R3")
    ])

    package static let deployment = ObjectShape([
        .optional("serve", "object", Schema.definition("serve"), "the HTTP server")
    ])

    package static let serve = ObjectShape([
        .optional("port", "1 to 65535", Schema.integer(1, 65_535), "TCP port")
    ])

    static let maxThreads = 1024
    /// The most processes that a machine of 64 bits numbers.
    static let maxProcesses = 4_194_304
    /// The levels of proof, R0 to R3.
    static let levels = 0...3
    static let maxSamples = 1000
    static let maxStages = 100_000
}
