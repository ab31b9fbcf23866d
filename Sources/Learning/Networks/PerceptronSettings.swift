import Canonical
import StageKinds

/// The settings of `multilayer-perceptron`.
struct PerceptronSettings: LearnerSettings {
    let layers: [NetworkLayer]
    let training: NetworkSettings

    init(_ values: OptionValues) throws(LearningError) {
        training = try NetworkSettings(values)
        let dropout = try values.number("dropout")
        let hasNorm = try values.boolean("batch-norm")
        var layers: [NetworkLayer] = []
        for units in try values.optionalIntegers("layers") ?? [] {
            guard 1...65_536 ~= units else {
                throw .problem("bad-option", "option 'layers' must be a list of whole numbers from 1 to 65536")
            }
            layers.append(.dense(units: units))
            if hasNorm { layers.append(.batchNorm) }
            if dropout > 0 { layers.append(.dropout(share: dropout)) }
        }
        self.layers = layers
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        let input = NetworkInput.columns(DesignLayout(problem.pipeline))
        return .multilayerPerceptron(try NetworkTrainer(problem, training, input, layers: layers).fit())
    }
}
