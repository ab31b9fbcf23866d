package import Canonical
package import Learning
package import StageKinds

/// The options of an `explain` stage.
package struct ExplanationOptions: Hashable, Sendable {
    package let method: ExplanationMethod
    /// How many rows, from the first, are parted into contributions.
    package let rows: Int
    package let repeats: Int
    package let seed: Int

    /// Reads the `with` of an `explain` stage, parameters substituted, defaults not filled in.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` where a value is of the wrong type or range.
    package init(_ written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: ExplainKind.description.options)
        guard let method = try values.optionalText("method").flatMap(ExplanationMethod.init(rawValue:)) else {
            throw .explaining(
                "learning/bad-option",
                "option 'method' must be one of \(ExplanationMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.method = method
        rows = try values.integer("rows")
        repeats = try values.integer("repeats")
        seed = try values.integer("seed")
    }
}
