import Diagnostics
import StageKinds
import Tables

extension LearnerKind {
    /// The learners that see texts.
    static let readersOfTexts: Set<LearnerKind> = [.linear, .logistic]
    /// The learners that see images.
    static let readersOfImages: Set<LearnerKind> = [.convolutionalNetwork]
    /// The learners that tell apart more than ``CategoryProfile/mostLevels`` levels.
    static let readersOfManyLevels: Set<LearnerKind> = [.linear, .logistic]

    /// Most levels of a category that a model of this kind tells apart.
    var mostLevels: Int {
        Self.readersOfManyLevels.contains(self) ? CategoryProfile.mostSparseLevels : CategoryProfile.mostLevels
    }

    /// Whether a model of this kind can have the feature.
    func sees(_ feature: Feature) -> Bool {
        switch feature.kind {
        case .number: true
        case .category(let profile): profile.levels.count <= mostLevels
        case .text: Self.readersOfTexts.contains(self)
        case .images: Self.readersOfImages.contains(self)
        }
    }
}

extension FeatureColumn {
    /// Refuses a column that the learner cannot see.
    func require(_ readers: Set<LearnerKind>, _ content: String, _ learner: LearnerKind) throws(LearningError) {
        if readers.contains(learner) { return }
        let names = LearnerKind.allCases.filter(readers.contains).map { "'\($0.rawValue)'" }
        let others = names.isEmpty ? "" : ", or use the learner \(names.joined(separator: " or "))"
        throw .diagnostics([
            Diagnostic(
                code: "learning/unfit-column", "the learner '\(learner.rawValue)' cannot see \(content), which column '\(name)' holds",
                at: Diagnostic.Location(source: table.source.name, span: nil),
                notes: [Diagnostic.Note("leave the column out with \"features\": { \"exclude\": [\"\(name)\"] }\(others)")])
        ])
    }
}
