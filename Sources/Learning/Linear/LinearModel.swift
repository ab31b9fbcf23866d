package import Canonical

/// A number as a weighted sum of the design's columns: what `linear` fits.
package struct LinearModel: Predictor {
    package let weights: LinearWeights

    init(weights: LinearWeights) {
        self.weights = weights
    }

    package var members: [JSONMember] { [] }
    package var tensors: [Tensor] { weights.tensors }

    package init(reading source: ModelSource) throws(LearningError) {
        weights = try LinearWeights(reading: source)
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs {
        .sums(weights.sums(try DesignMatrix(rows, DesignLayout(pipeline), threads: threads), threads: threads))
    }
}

/// Log odds or scores of classes as weighted sums of the design's columns: what `logistic` fits.
package struct LogisticModel: Predictor {
    package let weights: LinearWeights
    /// Steps that the solver took.
    package let iterations: Int
    /// Whether the solver ended at the optimum.
    package let isConverged: Bool

    init(weights: LinearWeights, iterations: Int, isConverged: Bool) {
        self.weights = weights
        self.iterations = iterations
        self.isConverged = isConverged
    }

    package var members: [JSONMember] {
        [JSONMember("iterations", .integer(iterations)), JSONMember("isConverged", .boolean(isConverged))]
    }
    package var tensors: [Tensor] { weights.tensors }

    package init(reading source: ModelSource) throws(LearningError) {
        iterations = try source.count("iterations")
        guard let isConverged = source.entry["isConverged"]?.booleanValue else {
            throw .damagedModel("its learner does not say how it ended")
        }
        self.isConverged = isConverged
        weights = try LinearWeights(reading: source)
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs {
        .sums(weights.sums(try DesignMatrix(rows, DesignLayout(pipeline), threads: threads), threads: threads))
    }
}

extension LinearWeights {
    fileprivate var tensors: [Tensor] {
        [Tensor("weights", [elements.count / outputCount, outputCount], elements)]
    }

    fileprivate init(reading source: ModelSource) throws(LearningError) {
        try source.tensors.expect(count: 1)
        let width = DesignLayout(source.pipeline).width + 1
        let elements = try source.tensors.doubles("weights", [width, source.outputCount])
        guard elements.allSatisfy({ $0.magnitude <= Self.largest }) else { throw .damagedModel("a weight is out of range") }
        self.init(outputCount: source.outputCount, elements: elements)
    }
}
