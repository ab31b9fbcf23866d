import Diagnostics
import Numerics
import StageKinds
import Tables

extension FeatureColumn {
    /// Refuses a target of numbers with a few odd words: as classes, each number would be one.
    func refuseNearlyNumericTarget() throws(LearningError) {
        guard let found = NearlyNumeric(table, column: index) else { return }
        throw nearlyNumeric(
            found, "in the target column",
            "mend it or remove the row; if the values are names of classes, say \"task\": \"classification\"")
    }

    /// Refuses a feature of numbers with a few odd words: as categories, most of what it says would be lost.
    func refuseNearlyNumericFeature() throws(LearningError) {
        guard let found = NearlyNumeric(table, column: index) else { return }
        throw nearlyNumeric(
            found, "in column",
            "mend it (missing is \(NearlyNumeric.missingWords)), or "
                + "state the type: \"features\": { \"types\": { \"\(name)\": \"category\" } }")
    }

    private func nearlyNumeric(_ found: NearlyNumeric, _ place: String, _ wayOut: String) -> LearningError {
        let share = "\(found.numberCount) of its \(found.valueCount) values are numbers"
        return .diagnostics([
            Diagnostic(
                code: "learning/nearly-numeric", "'\(found.word)' is no number, \(place) '\(name)', where \(share)", at: found.location,
                notes: [Diagnostic.Note(wayOut)])
        ])
    }

    /// The first field that is no number, for a learner that predicts nothing else; nil when all are.
    func firstWord(for learner: LearnerKind) -> Diagnostic? {
        guard case .categories(let codes, let levels) = table.columns[index].values else { return nil }
        let isWord = levels.map { DecimalText.parse($0) == nil }
        guard let row = codes.firstIndex(where: { $0 >= 0 && isWord[Int($0)] }) else { return nil }
        let others = LearnerKind.allCases.filter { $0.tasks.contains(.classification) }.map { "'\($0.rawValue)'" }
        return problem(
            "task-mismatch",
            "'\(levels[Int(codes[row])])' is no number, and the learner '\(learner.rawValue)' predicts only numbers, here column '\(name)'",
            row, notes: [Diagnostic.Note("for classes use \(others.joined(separator: " or "))")])
    }
}
