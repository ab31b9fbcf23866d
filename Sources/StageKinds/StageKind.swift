/// A built-in kind of stage: what a stage's `uses` may say.
///
/// Code that treats kinds differently switches over them without `default`, so that a new kind does not compile until every
/// phase handles it.
package enum StageKind: String, CaseIterable, Sendable {
    case split
    case train
    case evaluate
    case predict
    case explain
    case export
}

extension StageKind {
    /// The kind's inputs, options and outputs.
    package var description: KindDescription {
        switch self {
        case .split: SplitKind.description
        case .train: TrainKind.description
        case .evaluate: EvaluateKind.description
        case .predict: PredictKind.description
        case .explain: ExplainKind.description
        case .export: ExportKind.description
        }
    }
}
