/// The type of an option's value, with the values it allows.
package indirect enum OptionType: Sendable {
    case boolean
    /// A whole number; the bounds belong to the range, and an absent bound is the one of JSON (±2^53).
    case integer(min: Int?, max: Int?)
    case number(NumberRange)
    case string
    /// The name of a column of the stage's table; any text but the empty one.
    case column
    /// One of the words, in the order in which they are best read.
    case choice([String])
    case list(of: OptionType, minCount: Int)
    /// An object with these keys and no others.
    case object([OptionDescription])
    /// An object whose keys are column names.
    case columnMap(of: OptionType)
    /// The word, or an object whose keys are classes.
    case classMap(word: String, of: OptionType)
    /// An object whose key `tag` says which of the variants' options its other keys are.
    case variants(tag: String, [VariantDescription])
}

/// The numbers that an option allows; an absent bound is none.
package struct NumberRange: Hashable, Sendable {
    package let min: Double?
    package let max: Double?
    /// Whether `min` itself is outside the range.
    package let excludesMin: Bool
    /// Whether `max` itself is outside the range.
    package let excludesMax: Bool

    package init(min: Double? = nil, max: Double? = nil, excludesMin: Bool = false, excludesMax: Bool = false) {
        self.min = min
        self.max = max
        self.excludesMin = excludesMin
        self.excludesMax = excludesMax
    }

    package func contains(_ value: Double) -> Bool {
        guard value.isFinite else { return false }
        if let min, excludesMin ? value <= min : value < min { return false }
        if let max, excludesMax ? value >= max : value > max { return false }
        return true
    }
}

/// One alternative of ``OptionType/variants(tag:_:)``: a name and the options that go with it.
package struct VariantDescription: Sendable {
    package let name: String
    /// One sentence for people, without a full stop.
    package let summary: String
    /// The options beside the tag.
    package let options: [OptionDescription]

    package init(_ name: String, summary: String, options: [OptionDescription]) {
        self.name = name
        self.summary = summary
        self.options = options
    }
}
