import Canonical

/// `explain`: says which columns a model goes by, over all rows and for each of some rows.
package enum ExplainKind {
    package static let description = KindDescription(
        kind: .explain,
        summary: "says which columns a model goes by, over all rows and for single rows",
        semanticVersion: 1,
        inputs: [
            .model("model", "the model to explain"),
            .table("table", "rows that hold the model's columns, for `permutation` with the target"),
            .table("background", isRequired: false, "rows to which rows are compared; without it those of `table`"),
        ],
        options: [
            .defaulted(
                "method", .choice(ExplanationMethod.allCases.map(\.rawValue)), .string(ExplanationMethod.auto.rawValue),
                "`permutation` shuffles columns, `shap` parts sums into contributions; `auto` does both where the learner allows"),
            .defaulted(
                "rows", .integer(min: 0, max: 1_000_000), .integer(100), "how many rows, from the first, are parted into contributions"),
            .defaulted("repeats", .integer(min: 1, max: 1000), .integer(5), "how often each column is shuffled"),
            .defaulted("seed", .seed, .integer(0), "number that the shuffling depends on"),
        ],
        outputs: [
            OutputDescription(
                "explanations", fileName: "explanations", type: .tree,
                "`importances.csv`, a row for each column, and `contributions.csv`, a row for each row explained and output")
        ])
}

/// How `explain` finds out what a model goes by.
package enum ExplanationMethod: String, CaseIterable, Sendable {
    case auto
    case permutation
    case shap
}
