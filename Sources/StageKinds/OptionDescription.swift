package import Canonical

/// One key of a stage's `with`, or of an object inside it.
package struct OptionDescription: Sendable {
    /// The key in the manifest, in kebab-case.
    package let name: String
    package let type: OptionType
    package let isRequired: Bool
    /// The value that stands when the key is absent; nil when absence means something of its own.
    package let defaultValue: JSONValue?
    /// What absence means where it is no value of the type, such as `no limit`.
    package let absence: String?
    /// The input port without which this option has no meaning.
    package let needsInput: String?
    /// The option of the stage that takes the place of ``needsInput`` where it is a number above 0.
    package let orOption: String?
    /// One sentence for people, without a full stop.
    package let summary: String

    private init(
        _ name: String, _ type: OptionType, isRequired: Bool, defaultValue: JSONValue?, absence: String?,
        needsInput: String? = nil, orOption: String? = nil, summary: String
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.defaultValue = defaultValue
        self.absence = absence
        self.needsInput = needsInput
        self.orOption = orOption
        self.summary = summary
    }

    /// An option that has to be there.
    package static func required(_ name: String, _ type: OptionType, _ summary: String) -> OptionDescription {
        OptionDescription(name, type, isRequired: true, defaultValue: nil, absence: nil, summary: summary)
    }

    /// An option that stands at `defaultValue` when it is absent.
    package static func defaulted(_ name: String, _ type: OptionType, _ defaultValue: JSONValue, _ summary: String) -> OptionDescription {
        OptionDescription(name, type, isRequired: false, defaultValue: defaultValue, absence: nil, summary: summary)
    }

    /// An option whose absence means something that is no value of its type.
    package static func optional(
        _ name: String, _ type: OptionType, absent: String, needsInput: String? = nil, orOption: String? = nil,
        _ summary: String
    ) -> OptionDescription {
        OptionDescription(
            name, type, isRequired: false, defaultValue: nil, absence: absent, needsInput: needsInput, orOption: orOption, summary: summary)
    }

    /// What stands when the key is absent, as text for people.
    package var defaultText: String {
        if isRequired { return "required" }
        if let absence { return absence }
        return defaultValue.map(JSONText.line) ?? ""
    }
}
