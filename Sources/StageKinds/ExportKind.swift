import Canonical

/// `export`: writes a model in the format of other programs.
package enum ExportKind {
    package static let description = KindDescription(
        kind: .export,
        summary: "writes a model in a format that other programs read",
        semanticVersion: 1,
        inputs: [.model("model", "the model to write")],
        options: [
            .defaulted(
                "format", .choice(ExportFormat.allCases.map(\.rawValue)), .string(ExportFormat.onnx.rawValue),
                "`onnx` is what onnxruntime and many others read; not for `k-nearest-neighbours`, dates and texts")
        ],
        outputs: [OutputDescription("file", fileName: "model.onnx", type: .file, "the model, its feature pipeline among it")])
}

/// A format of other programs.
package enum ExportFormat: String, CaseIterable, Sendable {
    case onnx
}
