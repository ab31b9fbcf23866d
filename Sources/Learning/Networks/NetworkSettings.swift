import Numerics
import StageKinds

/// How a network is fitted: the options that all networks have.
struct NetworkSettings: Hashable, Sendable {
    let activation: NetworkActivation
    let epochs: Int
    /// Nil for what suits the number of rows.
    let batchSize: Int?
    let optimiser: NetworkOptimiser
    let learningRate: Double
    let momentum: Double
    let weightDecay: Double
    let schedule: NetworkSchedule
    let earlyStoppingEpochs: Int?

    init(_ values: OptionValues) throws(LearningError) {
        activation = try values.word("activation")
        epochs = try values.integer("epochs")
        batchSize = try values.optionalInteger("batch-size")
        optimiser = try values.word("optimiser")
        learningRate = try values.number("learning-rate")
        momentum = try values.number("momentum")
        weightDecay = try values.number("weight-decay")
        schedule = try values.word("schedule")
        earlyStoppingEpochs = try values.optionalInteger("early-stopping-epochs")
    }

    /// The most rows of a batch.
    func batchRows(_ rows: Int) -> Int {
        min(rows, batchSize ?? min(max(rows / 100, 32), 128))
    }

    /// The learning rate in an epoch, counted from 1.
    func rate(_ epoch: Int) -> Double {
        let done = Double(epoch - 1) / Double(epochs)
        switch schedule {
        case .constant: return learningRate
        case .cosine: return learningRate * (0.5 * (1 + Elementary.cos(Double.pi * done)))
        case .step: return learningRate * (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01)
        }
    }
}

extension OptionValues {
    /// One of the words of an option.
    func word<Word: RawRepresentable & CaseIterable>(_ name: String) throws(LearningError) -> Word where Word.RawValue == String {
        guard let word = try optionalText(name).flatMap(Word.init(rawValue:)) else {
            throw .problem("bad-option", "option '\(name)' must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }
}
