import Canonical

/// `train`: fits a feature pipeline and a learner to a table.
package enum TrainKind {
    package static let description = KindDescription(
        kind: .train,
        summary: "fits a feature pipeline and a learner to a table, both in one model",
        semanticVersion: 3,
        inputs: [
            .table("table", "the rows to learn from"),
            .table("validation", isRequired: false, "rows that training watches but does not learn from"),
        ],
        options: [
            .optional(
                "target", .column, absent: "needed, but for `k-means` and `pca`, which learn without answers", "column to predict"),
            .defaulted(
                "task", .choice(["auto", "classification", "regression"]), .string("auto"),
                "what is predicted; `auto` takes a column of text or of few whole numbers as classes"),
            .defaulted("features", .object(features), .object([]), "which columns the model sees, and as what"),
            .defaulted(
                "learner", .variants(tag: "kind", LearnerKind.allCases.map(\.description)),
                .object([JSONMember(name: "kind", value: .string(LearnerKind.boostedTrees.rawValue))]), "what is fitted"),
            .defaulted("seed", .seed, .integer(0), "number that all chance in training depends on"),
            .optional(
                "class-weights", .classMap(word: "balanced", of: .number(NumberRange(min: 1e-6, max: 1e6))), absent: "every row counts 1",
                "how much rows count by their class, 1 where it is not named; `balanced`: classes count the same in all"),
            .defaulted(
                "validation-share", .number(NumberRange(min: 0, max: 1, excludesMax: true)), .integer(0),
                "share of the rows that is watched and not learned from, in the place of the input `validation`"),
            .optional(
                "cross-validation", .integer(min: 2, max: 20), absent: "none",
                "parts that the rows are dealt into; each is judged by a model that learned from the others"),
            .optional(
                "cross-validation-group", .column, absent: "none", "column whose equal values stay together in one part"),
        ],
        outputs: [
            OutputDescription("model", fileName: "model", type: .model, "the pipeline as JSON and the weights as safetensors"),
            OutputDescription("log", fileName: "log.jsonl", type: .log, "one line for each step of training"),
            OutputDescription(
                "scores", fileName: "scores.json", type: .metrics, condition: .whenPositive(option: "cross-validation"),
                "the mean of each metric over the parts, by name, its deviation, and the parts' own"),
        ])

    private static let features: [OptionDescription] = [
        .optional(
            "include", .list(of: .column, minCount: 1), absent: "all but the target", "the only columns that the model sees"),
        .optional("exclude", .list(of: .column, minCount: 0), absent: "none", "columns that the model does not see"),
        .optional(
            "types", .columnMap(of: .choice(["number", "category", "text", "date"])), absent: "inferred",
            "types of columns that inference gets wrong"),
        .defaulted("text", .object(TextFeatures.options), .object([]), "how texts become columns"),
        .defaulted("images", .object(ImageFeatures.options), .object([]), "what images are made before the model sees them"),
    ]
}
