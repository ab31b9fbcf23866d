/// What a learner of weighted columns makes of one feature, for those who compute the same elsewhere.
package enum DesignPart: Hashable, Sendable {
    /// One column: the distance from the mean in deviations, 0 where the number is missing.
    case number(mean: Double, deviation: Double)
    /// Columns of 0 and 1: for each code of the category the place of its column among them, -1 where it has none.
    case category(places: [Int], width: Int)
    /// The feature never varied in training and has no column.
    case none
}

extension FeaturePipeline {
    /// The columns of numbers and categories by feature; those of a feature follow those of the one before it.
    ///
    /// - Precondition: There are no images.
    package var designParts: [DesignPart] {
        var parts = features.map { _ in DesignPart.none }
        for column in DesignLayout(self).columns {
            switch column {
            case .standardised(let feature, let mean, let deviation): parts[feature] = .number(mean: mean, deviation: deviation)
            case .indicator(let feature, let code):
                guard case .category(let profile) = features[feature].kind else {
                    preconditionFailure("an indicator belongs to a category")
                }
                var places = [Int](repeating: -1, count: profile.codeCount)
                var width = 0
                if case .category(let before, let count) = parts[feature] { (places, width) = (before, count) }
                places[Int(code)] = width
                parts[feature] = .category(places: places, width: width + 1)
            }
        }
        return parts
    }
}
