package import Canonical
import StageKinds

/// The published JSON Schema of `mlops.json`, made from the tables that the reader goes by.
///
/// It refuses nothing that the reader takes. What it cannot say (references, cycles, clashes of paths, what parameters give) is listed
/// in `Specs/manifest.md`.
package enum ManifestSchema {
    package static func document() -> JSONValue {
        guard case .object(let root) = Schema.object(Grammar.root) else { preconditionFailure("the root is an object") }
        let head = [
            JSONMember("$schema", "https://json-schema.org/draft/2020-12/schema"),
            JSONMember("title", .string("mlops.json, version \(Manifest.version)")),
            JSONMember("description", "The manifest of an mlbuild workspace"),
        ]
        return .object(head + root + [JSONMember("$defs", .object(definitions))])
    }

    private static var definitions: [JSONMember] {
        [
            JSONMember("parameter", ["type": "string", "pattern": .string("^\(parameterPattern)$")]),
            JSONMember("parameterText", ["type": "string", "pattern": .string(parameterPattern)]),
            JSONMember("template", ["type": "string", "pattern": .string(templatePattern)]),
            JSONMember("parameterValue", parameterValue),
            JSONMember("reference", reference),
            JSONMember("path", path),
            JSONMember("url", url),
            JSONMember("data", data),
            JSONMember("environment", Schema.object(Grammar.environment)),
            JSONMember("python", python),
            JSONMember("resources", Schema.object(Grammar.resources)),
            JSONMember("stage", stage),
            JSONMember("model", model),
            JSONMember("samples", Schema.object(Grammar.samples)),
            JSONMember("gate", Schema.object(Grammar.gate, adding: [JSONMember("minProperties", 1)])),
            JSONMember("levelGate", Schema.object(Grammar.levelGate)),
            JSONMember("deployment", Schema.object(Grammar.deployment)),
            JSONMember("serve", Schema.object(Grammar.serve)),
        ]
    }

    private static let parameterPattern = "\\$\\{[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\}"

    /// Text in which each `${` begins a reference or is a literal `$${`.
    private static let templatePattern = "^([^$]|\\$(?!\\{)|\\$\\$\\{|\(parameterPattern))*$"

    private static let parameterValue: JSONValue = [
        "anyOf": [
            ["type": ["boolean", "number"]],
            Schema.text,
            ["type": "array", "items": ["$ref": "#/$defs/parameterValue"]],
            ["type": "object", "additionalProperties": ["$ref": "#/$defs/parameterValue"]],
        ]
    ]

    /// A relative path: no `${`, no `/` in front, no component that is empty, `.` or `..` or too long, no backslash or control character.
    private static let pathPattern =
        "(?!.*\\$\\{)(?!/)(?!(.*/)?\\.\\.?(/|$))(?!.*//)(?!.*[^/]{\(RelativePath.longestComponent + 1)})[^\\\\\\u0000-\\u001f\\u007f]+$"

    private static let reference: JSONValue = [
        "anyOf": [
            ["type": "string", "pattern": .string("^data\\.[a-z][a-z0-9_-]{0,\(NameRule.longest - 1)}$")],
            [
                "type": "string",
                "pattern": .string("^(?!data\\.)[a-z][a-z0-9-]{0,\(NameRule.longest - 1)}\\.[a-z][a-z0-9_-]{0,\(NameRule.longest - 1)}$"),
            ],
            ["type": "string", "maxLength": .integer(RelativePath.longest + 3), "pattern": .string("^\\./\(pathPattern)")],
        ]
    ]

    private static let path: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": .integer(RelativePath.longest + 1), "pattern": .string("^(?!~)\(pathPattern)"),
    ]

    private static let url: JSONValue = [
        "type": "string", "not": ["pattern": "\\$\\{"],
        "pattern": "^((https|s3)://[^/?#@:\\s\\\\][^/?#@\\s\\\\]*(/[^#\\s\\\\]*)?(\\?[^#\\s\\\\]*)?|file:///[^?#\\s\\\\][^#\\s\\\\]*)$",
    ]

    private static var data: JSONValue {
        Schema.object(
            Grammar.data,
            adding: [
                JSONMember(
                    "oneOf",
                    [
                        ["required": ["path"], "properties": ["unpack": false]],
                        ["required": ["url"], "properties": ["keep": false, "ignore": false]],
                    ])
            ])
    }

    private static var python: JSONValue {
        Schema.object(Grammar.python, adding: [JSONMember("not", ["required": ["requirements", "requirementsFile"]])])
    }

    private static var model: JSONValue {
        let needsNone: JSONValue = ["propertyNames": ["const": .string(Model.Gate.reproducibility)]]
        return Schema.object(
            Grammar.model, adding: [JSONMember("anyOf", [["required": ["metrics"]], ["properties": ["gates": needsNone]]])])
    }

    /// One alternative for each kind, and one for commands.
    private static var stage: JSONValue {
        let kinds = StageKind.allCases.map { kind($0.description) }
        return ["oneOf": .array(kinds + [Schema.described(Schema.object(Grammar.commandStage), "runs a command")])]
    }

    private static func kind(_ kind: KindDescription) -> JSONValue {
        let ports = ObjectShape(
            kind.inputs.map { port in
                port.isRequired
                    ? KeyShape.required(port.name, "reference", Schema.reference, port.summary)
                    : KeyShape.optional(port.name, "reference", Schema.reference, port.summary)
            })
        let needsInputs = kind.inputs.contains(where: \.isRequired)
        let needsOptions = kind.options.contains(where: \.isRequired)
        let inputs = Schema.object(ports)
        let options = OptionSchema.object(kind.options)
        let shape = ObjectShape([
            .required("uses", "word", Schema.constant(.string(kind.kind.rawValue)), "kind of the stage"),
            needsInputs
                ? .required("inputs", "object", inputs, "what each port takes")
                : .optional("inputs", "object", inputs, "what each port takes"),
            needsOptions
                ? .required("with", "object", options, "options of the kind")
                : .optional("with", "object", options, "options of the kind"),
        ])
        return Schema.described(Schema.object(shape), kind.summary)
    }
}
