/// A number that `evaluate` gives, under the name that people know.
package enum Metric: String, CaseIterable, Sendable {
    case accuracy
    case logLoss = "log_loss"
    case rocAUC = "roc_auc"
    case averagePrecision = "average_precision"
    case precision
    case recall
    case f1
    case macroF1 = "macro_f1"
    case rmse
    case mae
    case r2
    case inertia
    case silhouette
    case explainedVariance = "explained_variance"
}

extension Metric {
    /// The task whose models have the metric.
    package var task: LearningTask {
        switch self {
        case .accuracy, .logLoss, .rocAUC, .averagePrecision, .precision, .recall, .f1, .macroF1: .classification
        case .rmse, .mae, .r2: .regression
        case .inertia, .silhouette: .clustering
        case .explainedVariance: .projection
        }
    }

    /// The values that the metric can take.
    package var range: NumberRange {
        switch self {
        case .accuracy, .rocAUC, .averagePrecision, .precision, .recall, .f1, .macroF1: NumberRange(min: 0, max: 1)
        case .logLoss, .rmse, .mae, .inertia: NumberRange(min: 0)
        case .r2, .explainedVariance: NumberRange(max: 1)
        case .silhouette: NumberRange(min: -1, max: 1)
        }
    }

    /// One sentence for people, without a full stop.
    package var summary: String {
        switch self {
        case .accuracy: "share of rows whose class is right"
        case .logLoss: "mean negative logarithm of the probability given to the right class"
        case .rocAUC: "area under the curve of true against false positives"
        case .averagePrecision: "mean precision over the recalls at which it changes"
        case .precision: "share of the rows found that are of the positive class"
        case .recall: "share of the rows of the positive class that are found"
        case .f1: "harmonic mean of precision and recall"
        case .macroF1: "mean over all classes of each one's F1"
        case .rmse: "root of the mean squared error"
        case .mae: "mean absolute error"
        case .r2: "share of the target's variance that is explained"
        case .inertia: "sum of the squared distances of the rows from their clusters' centres"
        case .silhouette: "mean over rows of how much nearer the own cluster is than the next one"
        case .explainedVariance: "share of the features' variance that the components hold"
        }
    }
}
