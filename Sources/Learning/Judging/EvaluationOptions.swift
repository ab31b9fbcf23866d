package import Canonical
import StageKinds

/// The options of an `evaluate` stage.
package struct EvaluationOptions: Hashable, Sendable {
    /// The class that counts as found; nil for the one that sorts last of two, and for none of more.
    package let positive: String?
    /// Columns by whose values the metrics are given as well.
    package let slices: [String]

    /// Reads the `with` of an `evaluate` stage, parameters substituted, defaults not filled in.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` where a value is of the wrong type.
    package init(_ written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: EvaluateKind.description.options)
        positive = try values.optionalText("positive")
        slices = try values.optionalTexts("slices") ?? []
    }
}
