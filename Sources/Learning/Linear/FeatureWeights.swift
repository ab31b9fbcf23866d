/// What a linear model's weights say of one feature.
package enum FeatureWeights: Sendable {
    /// The value's distance from `mean`, in deviations, times the weight of each output; a missing value counts as the mean.
    case number(mean: Double, deviation: Double, weights: [Double])
    /// What each code adds, (codes, outputs); the codes are those of the feature's ``CategoryProfile``.
    case category([Double])
    /// What each column of a text's matrix adds, times its element, (columns, outputs).
    case text([Double])
    /// The feature never varied in training and adds nothing.
    case none
}

extension LinearWeights {
    /// The weights by feature, in the pipeline's order, and the intercept of each output.
    package func byFeature(_ pipeline: FeaturePipeline) -> (features: [FeatureWeights], intercepts: [Double]) {
        var features = pipeline.features.map { _ in FeatureWeights.none }
        let layout = DesignLayout(pipeline)
        let columns = layout.columns
        for (place, column) in columns.enumerated() {
            let own = Array(elements[place * outputCount..<(place + 1) * outputCount])
            switch column {
            case .standardised(let feature, let mean, let deviation):
                features[feature] = .number(mean: mean, deviation: deviation, weights: own)
            case .indicator(let feature, let code):
                guard case .category(let profile) = pipeline.features[feature].kind else {
                    preconditionFailure("an indicator belongs to a category")
                }
                var table = [Double](repeating: 0, count: profile.codeCount * outputCount)
                if case .category(let before) = features[feature] { table = before }
                for output in 0..<outputCount { table[Int(code) * outputCount + output] = own[output] }
                features[feature] = .category(table)
            }
        }
        for part in layout.sparse {
            let first = (columns.count + part.first) * outputCount
            let own = Array(elements[first..<first + part.width * outputCount])
            switch part.content {
            case .terms: features[part.feature] = .text(own.map { $0 * DesignLayout.textLength })
            case .indicators(let places):
                features[part.feature] = .category(
                    places.flatMap { place in
                        (0..<outputCount).map { place < 0 ? 0 : own[Int(place) * outputCount + $0] }
                    })
            }
        }
        return (features, Array(elements.suffix(outputCount)))
    }
}
