import Numerics

/// The sums of a model that adds up what it makes of each feature: a constant, and a part for each feature.
package struct AdditiveParts: Sendable {
    /// One for each output.
    package let constants: [Double]
    /// (rows, features, outputs)
    package let elements: [Double]
}

extension TrainedModel {
    /// What the model's sums are made of, or nil when they are no plain sums over features.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when the rows are too many for memory.
    package func additiveParts(_ features: FeatureTable, threads: Int) throws(LearningError) -> AdditiveParts? {
        switch learner {
        case .linear(let model): try model.weights.parts(features, pipeline, threads: threads)
        case .logistic(let model): try model.weights.parts(features, pipeline, threads: threads)
        case .boostedTrees, .randomForest, .decisionTree, .naiveBayes, .nearestNeighbours, .multilayerPerceptron, .convolutionalNetwork,
            .kMeans, .pca:
            nil
        }
    }
}

extension LinearWeights {
    /// The weighted columns of each feature, summed in their order.
    fileprivate func parts(_ table: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> AdditiveParts {
        let layout = DesignLayout(pipeline)
        let design = try DesignMatrix(table, layout, threads: threads)
        let places = layout.columns.map { column in
            switch column {
            case .standardised(let feature, _, _), .indicator(let feature, _): feature
            }
        }
        let sparsePlaces = layout.sparse.flatMap { [Int](repeating: $0.feature, count: $0.width) }
        let (outputs, count) = (outputCount, pipeline.features.count)
        var parts = [Double](repeating: 0, count: table.rowCount * count * outputs)
        parts.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let parts = buffer
            let blocks = (table.rowCount + Dense.blockRows - 1) / Dense.blockRows
            ParallelLoop.run(count: blocks, threads: threads) { block in
                for row in block * Dense.blockRows..<min(table.rowCount, (block + 1) * Dense.blockRows) {
                    for (column, feature) in places.enumerated() {
                        let element = design.elements[row * design.width + column]
                        if element == 0 { continue }
                        for output in 0..<outputs {
                            parts[(row * count + feature) * outputs + output] += element * elements[column * outputs + output]
                        }
                    }
                    guard let sparse = design.sparse else { continue }
                    for entry in sparse.starts[row]..<sparse.starts[row + 1] {
                        let column = Int(sparse.indices[entry])
                        let feature = sparsePlaces[column]
                        for output in 0..<outputs {
                            let weight = elements[(places.count + column) * outputs + output]
                            parts[(row * count + feature) * outputs + output] += sparse.values[entry] * weight
                        }
                    }
                }
            }
        }
        return AdditiveParts(constants: Array(elements.suffix(outputs)), elements: parts)
    }
}
