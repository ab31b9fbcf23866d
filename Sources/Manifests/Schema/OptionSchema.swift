import Canonical
import StageKinds

/// The JSON Schema of options: each value is of its type, or takes a parameter.
enum OptionSchema {
    static func object(_ options: [OptionDescription], tag: JSONMember? = nil) -> JSONValue {
        var properties = tag.map { [$0] } ?? []
        for option in options {
            var schema = Schema.described(value(option.type), option.summary)
            if let standing = option.defaultValue, case .object(let members) = schema {
                schema = .object(members + [JSONMember("default", standing)])
            }
            properties.append(JSONMember(option.name, schema))
        }
        let required = (tag.map { [$0.name] } ?? []) + options.filter(\.isRequired).map(\.name)
        var members = [JSONMember("type", "object"), JSONMember("properties", .object(properties))]
        if !required.isEmpty { members.append(JSONMember("required", .array(required.map(JSONValue.string)))) }
        members.append(JSONMember("additionalProperties", false))
        return .object(members)
    }

    /// A value of `type`, or a string that is exactly one `${...}`.
    static func value(_ type: OptionType) -> JSONValue {
        ["anyOf": .array(alternatives(type) + [Schema.definition("parameter")])]
    }

    private static func alternatives(_ type: OptionType) -> [JSONValue] {
        switch type {
        case .boolean: [Schema.boolean]
        case .integer(let min, let max): [Schema.integer(min, max)]
        case .number(let range): [number(range)]
        case .string: [Schema.definition("template")]
        case .column: [["$ref": "#/$defs/template", "minLength": 1]]
        // A choice may be put together of literal text and parameters.
        case .choice(let words): [Schema.choice(words), Schema.definition("parameterText")]
        case .list(let item, let least): [list(item, least)]
        case .object(let options): [object(options)]
        case .columnMap(let item):
            [["type": "object", "propertyNames": ["minLength": 1], "additionalProperties": value(item)]]
        case .classMap(let word, let item):
            [
                Schema.choice([word]), Schema.definition("parameterText"),
                ["type": "object", "propertyNames": ["minLength": 1], "additionalProperties": value(item)],
            ]
        case .variants(let tag, let variants):
            variants.map { variant in
                let name: JSONValue = ["anyOf": [["const": .string(variant.name)], Schema.definition("parameterText")]]
                return Schema.described(object(variant.options, tag: JSONMember(tag, name)), variant.summary)
            }
        }
    }

    private static func list(_ item: OptionType, _ least: Int) -> JSONValue {
        if case .column = item { return Schema.list(value(item), least: least, unique: true) }
        return Schema.list(value(item), least: least)
    }

    private static func number(_ range: NumberRange) -> JSONValue {
        var members = [JSONMember("type", "number")]
        if let min = range.min { members.append(JSONMember(range.excludesMin ? "exclusiveMinimum" : "minimum", bound(min))) }
        if let max = range.max { members.append(JSONMember(range.excludesMax ? "exclusiveMaximum" : "maximum", bound(max))) }
        return .object(members)
    }

    private static func bound(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .integer($0) } ?? .number(value)
    }
}
