import Canonical
import StageKinds

/// The settings of `convolutional-network`.
struct ConvolutionalSettings: LearnerSettings {
    /// The image that the numeric features are the pixels of; nil where a column of images is read.
    let image: NetworkShape?
    let layers: [NetworkLayer]
    let training: NetworkSettings

    init(_ values: OptionValues) throws(LearningError) {
        training = try NetworkSettings(values)
        image = try values.written["image"].map { (written) throws(LearningError) in try NetworkShape(reading: written) }
        var layers: [NetworkLayer] = []
        for layer in try values.list("layers") { layers.append(try NetworkLayer(layer)) }
        self.layers = layers
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        let input: NetworkInput
        if let image {
            input = try NetworkInput(pixels: image, of: problem.pipeline)
        } else {
            input = try NetworkInput(imagesOf: problem.pipeline)
        }
        return .convolutionalNetwork(try NetworkTrainer(problem, training, input, layers: layers).fit())
    }
}

extension OptionValues {
    fileprivate func list(_ name: String) throws(LearningError) -> [JSONValue] {
        guard let value = value(name)?.arrayValue else { throw .problem("bad-option", "option '\(name)' must be a list") }
        return value
    }
}
