/// How the rows are dealt into parts that judge a learner.
struct CrossValidationOptions: Hashable, Sendable {
    let folds: Int
    /// Column whose equal values stay together in one part.
    let group: String?

    init(folds: Int, group: String? = nil) {
        self.folds = folds
        self.group = group
    }

    init?(_ values: OptionValues) throws(LearningError) {
        let group = try values.optionalText("cross-validation-group")
        guard let folds = try values.optionalInteger("cross-validation") else {
            if group != nil { throw .problem("bad-option", "option 'cross-validation-group' needs 'cross-validation'") }
            return nil
        }
        self.init(folds: folds, group: group)
    }
}
