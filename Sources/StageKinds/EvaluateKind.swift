/// `evaluate`: judges a model by rows whose answers are known.
package enum EvaluateKind {
    package static let description = KindDescription(
        kind: .evaluate,
        summary: "judges a model by rows whose answers are known",
        semanticVersion: 1,
        inputs: [
            .model("model", "the model to judge"),
            .table("table", "rows that hold the model's target column"),
        ],
        options: [
            .optional(
                "positive", .string, absent: "the last of two in the order of their bytes",
                "class that counts as found; of more than two classes, none does unless it is named"),
            .optional(
                "slices", .list(of: .column, minCount: 0), absent: "none", "columns by whose values the metrics are given as well"),
        ],
        outputs: [
            OutputDescription("metrics", fileName: "metrics.json", type: .metrics, "numbers by metric name"),
            OutputDescription(
                "predictions", fileName: "predictions.csv", type: .predictions, "what the model says of each row, beside the answer"),
            OutputDescription("curves", fileName: "curves.json", type: .curves, "points of the curves that go with the metrics"),
        ])
}
