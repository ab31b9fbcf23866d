/// `predict`: applies a model to rows.
package enum PredictKind {
    package static let description = KindDescription(
        kind: .predict,
        summary: "applies a model to rows",
        semanticVersion: 1,
        inputs: [
            .model("model", "the model to apply"),
            .table("table", "rows that hold the model's feature columns"),
        ],
        options: [
            .optional("columns", .list(of: .column, minCount: 0), absent: "none", "columns of the input to carry over into the output")
        ],
        outputs: [
            OutputDescription("predictions", fileName: "predictions.csv", type: .predictions, "what the model says of each row")
        ])
}
