import Canonical

/// Pieces of JSON Schema, draft 2020-12.
enum Schema {
    static let boolean: JSONValue = ["type": "boolean"]
    static let number: JSONValue = ["type": "number"]
    static let object: JSONValue = ["type": "object"]

    /// A string without `${`, which is read in `with` and `run` only.
    static let text: JSONValue = ["type": "string", "not": ["pattern": "\\$\\{"]]

    static func definition(_ name: String) -> JSONValue {
        ["$ref": .string("#/$defs/\(name)")]
    }

    static let reference = definition("reference")
    static let path = definition("path")
    static let filePath: JSONValue = ["$ref": "#/$defs/path", "pattern": "[^/]$"]
    static let url = definition("url")
    static let parameterValue = definition("parameterValue")
    static let stages = map(names: .stage, definition("stage"), most: Grammar.maxStages)

    static func constant(_ value: JSONValue) -> JSONValue {
        ["const": value]
    }

    static func string(pattern: String) -> JSONValue {
        ["type": "string", "pattern": .string(pattern)]
    }

    static func integer(_ min: Int?, _ max: Int?) -> JSONValue {
        var members = [JSONMember("type", "integer")]
        if let min { members.append(JSONMember("minimum", .integer(min))) }
        if let max { members.append(JSONMember("maximum", .integer(max))) }
        return .object(members)
    }

    static func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) -> JSONValue where Choice.RawValue == String {
        choice(Choice.allCases.map(\.rawValue))
    }

    static func choice(_ words: [String]) -> JSONValue {
        ["enum": .array(words.map(JSONValue.string))]
    }

    static func list(_ item: JSONValue, least: Int = 0, most: Int? = nil, unique: Bool = false) -> JSONValue {
        var members = [JSONMember("type", "array"), JSONMember("items", item)]
        if least > 0 { members.append(JSONMember("minItems", .integer(least))) }
        if let most { members.append(JSONMember("maxItems", .integer(most))) }
        if unique { members.append(JSONMember("uniqueItems", true)) }
        return .object(members)
    }

    /// An object with names of one rule as keys.
    static func map(names rule: NameRule, _ value: JSONValue, least: Int = 0, most: Int? = nil) -> JSONValue {
        map(pattern: rule.pattern, value, least: least, most: most)
    }

    static func map(pattern: String, _ value: JSONValue, least: Int = 0, most: Int? = nil) -> JSONValue {
        var members = [
            JSONMember("type", "object"), JSONMember("propertyNames", ["pattern": .string(pattern)]),
            JSONMember("additionalProperties", value),
        ]
        if least > 0 { members.append(JSONMember("minProperties", .integer(least))) }
        if let most { members.append(JSONMember("maxProperties", .integer(most))) }
        return .object(members)
    }

    static let variables = map(pattern: VariableName.pattern, ["type": "string", "not": ["pattern": "\\$\\{|\\u0000"]])

    /// Bytes, as a number or as a text with a unit.
    static let size: JSONValue = ["anyOf": [integer(1, ByteSizeText.most), string(pattern: ByteSizeText.pattern)]]

    static let outputs = map(names: .output, definition("path"), least: 1)

    private static let argument: JSONValue = ["$ref": "#/$defs/template", "pattern": "^[^\\u0000]*$"]
    private static let program: JSONValue = ["type": "string", "minLength": 1]

    static let run: JSONValue = [
        "anyOf": [
            ["type": "array", "items": argument, "minItems": 1, "prefixItems": [program]],
            ["$ref": "#/$defs/template", "pattern": "^[^\\u0000]*[^\\u0000 \\t\\r\\n][^\\u0000]*$"],
        ]
    ]

    static var gates: JSONValue {
        [
            "type": "object",
            "properties": .object([JSONMember(Model.Gate.reproducibility, definition("levelGate"))]),
            "additionalProperties": definition("gate"),
        ]
    }

    /// An object with exactly the keys of a shape.
    static func object(_ shape: ObjectShape, adding extra: [JSONMember] = []) -> JSONValue {
        let required = shape.keys.filter(\.isRequired).map { JSONValue.string($0.name) }
        var members = [JSONMember("type", "object")]
        members.append(JSONMember("properties", .object(shape.keys.map { JSONMember($0.name, described($0.schema, $0.summary)) })))
        if !required.isEmpty { members.append(JSONMember("required", .array(required))) }
        members.append(JSONMember("additionalProperties", false))
        return .object(members + extra)
    }

    /// A schema with a sentence that editors show.
    static func described(_ schema: JSONValue, _ summary: String) -> JSONValue {
        guard case .object(let members) = schema else { return schema }
        return .object([JSONMember("description", .string(summary))] + members)
    }
}
