package import Canonical
import StageKinds

/// The options of a `split` stage.
package struct SplitOptions: Hashable, Sendable {
    /// Share of the rows that goes to the test part, between 0 and 1.
    package let test: Double
    package let validation: Double
    /// Column whose values are spread evenly over the parts.
    package let stratify: String?
    /// Column whose equal values stay together.
    package let group: String?
    package let seed: Int

    /// Reads the `with` of a `split` stage, parameters substituted, defaults not filled in.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` where a value is of the wrong type or out of its range.
    package init(_ written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: SplitKind.description.options)
        test = try values.number("test")
        validation = try values.number("validation")
        stratify = try values.optionalText("stratify")
        group = try values.optionalText("group")
        seed = try values.integer("seed")
        guard test + validation < 1 else { throw .problem("bad-option", "'test' and 'validation' must leave rows to train on") }
        if stratify != nil, group != nil {
            throw .problem(
                "bad-option",
                "a split cannot both 'stratify' and 'group', choose one: groups stay whole, so their values cannot be spread evenly")
        }
    }
}
