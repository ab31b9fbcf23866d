package import Canonical

/// All that a manifest, a schema and a key need to know of a built-in kind; what it computes is not here.
package struct KindDescription: Sendable {
    package let kind: StageKind
    /// One sentence for people, without a full stop.
    package let summary: String
    /// Part of every key; it grows when the kind's bytes change for the same inputs and options.
    package let semanticVersion: Int
    package let inputs: [PortDescription]
    package let options: [OptionDescription]
    package let outputs: [OutputDescription]

    package func input(_ name: String) -> PortDescription? {
        inputs.first { $0.name == name }
    }

    package func option(_ name: String) -> OptionDescription? {
        options.first { $0.name == name }
    }

    package func output(_ name: String) -> OutputDescription? {
        outputs.first { $0.name == name }
    }
}

/// A named place where a kind takes an artifact.
package struct PortDescription: Sendable {
    package let name: String
    package let accepts: Set<ArtifactType>
    package let isRequired: Bool
    /// What a message calls the artifact that belongs here: `a table`.
    package let expected: String
    /// One sentence for people, without a full stop.
    package let summary: String

    package static func table(_ name: String, isRequired: Bool = true, _ summary: String) -> PortDescription {
        // Predictions are rows under named columns as well, so that a stage can work on what another model says.
        PortDescription(name: name, accepts: [.table, .predictions], isRequired: isRequired, expected: "a table", summary: summary)
    }

    package static func model(_ name: String, _ summary: String) -> PortDescription {
        PortDescription(name: name, accepts: [.model], isRequired: true, expected: "a model", summary: summary)
    }
}

/// A named artifact that a kind makes, at `build/STAGE/` and its file name.
package struct OutputDescription: Sendable {
    /// When a stage of the kind has the output.
    package enum Condition: Hashable, Sendable {
        case always
        /// Only when the option of this name is a number above its default of 0.
        case whenPositive(option: String)
    }

    package let name: String
    /// The name under `build/STAGE/`; without its extension where ``formatFollows`` is set.
    package let fileName: String
    /// The input port whose table format, and with it extension, the output takes over.
    package let formatFollows: String?
    package let type: ArtifactType
    package let condition: Condition
    /// One sentence for people, without a full stop.
    package let summary: String

    package init(
        _ name: String, fileName: String, formatFollows: String? = nil, type: ArtifactType, condition: Condition = .always,
        _ summary: String
    ) {
        self.name = name
        self.fileName = fileName
        self.formatFollows = formatFollows
        self.type = type
        self.condition = condition
        self.summary = summary
    }

    /// Whether a stage with these options (an object, no defaults filled in) has the output.
    package func exists(under options: JSONValue) -> Bool {
        switch condition {
        case .always: true
        case .whenPositive(let option): (options[option]?.numberValue ?? 0) > 0
        }
    }
}
