internal import Exporting
internal import Learning
internal import Running

/// `export`: a model in the format of other programs.
enum ExportAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let model = try work.model("model")
        do throws(ExportError) {
            return ["file": .file(try ONNXExporter.bytes(of: model))]
        } catch {
            switch error {
            case .notExpressible(let reason): throw .message("the model cannot be written as ONNX: \(reason)")
            }
        }
    }
}
