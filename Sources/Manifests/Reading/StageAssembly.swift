import Canonical
import Diagnostics
import StageKinds

/// Makes stages of drafts that have no errors: finds the forms of tables through the stages, and names the outputs of kinds.
enum StageAssembly {
    /// The stages in the drafts' order; `order` has each after those that it takes from.
    static func stages(
        _ drafts: [StageDraft], _ connections: [[InputReading.Connection]], _ references: ReferenceReading, order: [Int]
    ) -> [Stage] {
        precondition(order.count == drafts.count, "a manifest without errors has no cycle")
        var stages = [Stage?](repeating: nil, count: drafts.count)
        for index in order {
            let forms = connections[index].map { connection in
                switch connection.input.reference {
                case .data, .file: connection.target.form
                case .output(let stage, let name):
                    references.index(ofStage: stage).flatMap { other in
                        references.index(ofOutput: name, ofStage: other).flatMap { stages[other]?.outputs[$0].form }
                    }
                }
            }
            stages[index] = stage(drafts[index], connections[index].map(\.input), forms)
        }
        return stages.compactMap { $0 }
    }

    private static func stage(_ draft: StageDraft, _ inputs: [StageInput], _ forms: [TableForm?]) -> Stage {
        let outputs = draft.outputs.map { output in
            if let kind = output.kind {
                let form = kind.formatFollows.flatMap { port in inputs.firstIndex { $0.name == port }.flatMap { forms[$0] } }
                return self.output(kind, of: draft.name, form)
            }
            guard let path = output.path else { preconditionFailure("an output without errors has a path") }
            let form = output.type == .table ? TableForm(at: path) : nil
            return StageOutput(
                name: output.name, path: path, type: output.type, isTree: output.type.isTree, form: form, span: output.span)
        }
        return Stage(
            name: draft.name, span: draft.span, work: work(draft), inputs: inputs, outputs: outputs, parameters: draft.parameters)
    }

    private static func output(_ kind: OutputDescription, of stage: String, _ followed: TableForm?) -> StageOutput {
        let ending = followed.map { $0.isFolder ? "" : ".\($0.format.rawValue)" } ?? ""
        guard let path = RelativePath("build/\(stage)/\(kind.fileName)\(ending)") else {
            preconditionFailure("names of stages and of outputs make a path")
        }
        let isTable = kind.type == .table || kind.type == .predictions
        return StageOutput(
            name: kind.name, path: path, type: kind.type, isTree: followed?.isFolder ?? kind.type.isTree,
            form: followed ?? (isTable ? TableForm(at: path) : nil), span: nil)
    }

    private static func work(_ draft: StageDraft) -> Stage.Work {
        switch draft.work {
        case .kind(let description, let options?, let span):
            return .kind(KindUse(kind: description.kind, options: options, optionsSpan: span))
        case .command(let command?):
            return .command(command)
        case .kind, .command, .unknown:
            preconditionFailure("a stage without errors has work")
        }
    }
}
