import Diagnostics
import StageKinds
import Tables

/// The answers of a table's rows, as a learner wants them.
enum TargetColumn: Sendable {
    /// For each row the place of its class among `classes`, the texts of the column sorted by bytes.
    case classes([Int32], classes: [String])
    case numbers([Double])
    /// There are none: the learner does without.
    case none(LearningTask)

    /// Most classes that a model tells apart.
    static let mostClasses = 1000
    /// Most distinct whole numbers that count as classes when nobody says which task it is.
    static let mostWholeNumberClasses = 20

    /// Reads the target of a training table.
    ///
    /// With no task given: a learner that does only one task decides; else text is classes, and so are whole numbers when
    /// there are at most 20 distinct ones and each stands in two rows on average. All else is a number to predict.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for a missing answer, fewer than two classes, more than 1000 of them, a
    ///   task that the learner cannot do, or a column of numbers with a few odd words when no task is given.
    init(training table: Table, options: TrainingOptions) throws(LearningError) {
        if table.rowCount == 0 {
            throw .diagnostics([
                Diagnostic(
                    code: "learning/no-rows", "the table has no rows to learn from",
                    at: Diagnostic.Location(source: table.source.name, span: nil))
            ])
        }
        let kind = options.learner.kind
        guard let target = options.target else {
            guard let task = kind.tasks.first(where: { !$0.needsTarget }) else {
                throw .problem("bad-option", "option 'target' must name a column")
            }
            self = .none(task)
            return
        }
        let column = try FeatureColumn(target, in: table, .option("target"))
        try Self.requireAnswers(column)
        if options.task == nil { try column.refuseNearlyNumericTarget() }
        let task = options.task ?? Self.inferred(column, kind)
        guard kind.tasks.contains(task) else {
            if task == .classification, options.task == nil, let problem = column.firstWord(for: kind) {
                throw .diagnostics([problem])
            }
            let others = LearnerKind.allCases.filter { $0.tasks.contains(task) }.map { "'\($0.rawValue)'" }.joined(separator: " or ")
            throw .problem(
                "task-mismatch",
                "the learner '\(kind.rawValue)' cannot do \(task.rawValue), which the target '\(target)' asks for; use \(others)")
        }
        switch task {
        case .regression:
            self = .numbers(try column.numbers())
        case .clustering, .projection:
            throw .problem("bad-option", "learner '\(kind.rawValue)' learns without answers and takes no 'target'")
        case .classification:
            let (codes, texts) = column.texts()
            if texts.count < 2 {
                throw .problem(
                    "one-class", "the target '\(target)' is '\(texts[0])' in every row; a classifier needs two classes or more")
            }
            if texts.count > Self.mostClasses {
                throw .problem(
                    "too-many-classes",
                    "the target '\(target)' has \(texts.count) distinct values; at most \(Self.mostClasses) can be classes")
            }
            self = .classes(codes, classes: texts)
        }
    }

    private static func inferred(_ column: FeatureColumn, _ kind: LearnerKind) -> LearningTask {
        guard case .numbers(let values) = column.table.columns[column.index].values else { return .classification }
        let distinct = FeatureColumn.distinct(values)
        let areWhole = distinct.allSatisfy { $0 == $0.rounded(.towardZero) }
        if kind.tasks.count == 1, let only = kind.tasks.first {
            // Fractions are no classes; saying so helps more than a model with one class per row.
            return areWhole ? only : .regression
        }
        let areClasses = areWhole && distinct.count <= mostWholeNumberClasses && 2 * distinct.count <= values.count
        return areClasses ? .classification : .regression
    }

    /// Refuses a column with missing fields, naming the first of them.
    static func requireAnswers(_ column: FeatureColumn) throws(LearningError) {
        let rows: [Int]
        switch column.table.columns[column.index].values {
        case .numbers(let values): rows = values.indices.filter { values[$0].isNaN }
        case .categories(let codes, _): rows = codes.indices.filter { codes[$0] < 0 }
        case .images: throw column.holdsImages("a target is classes or numbers")
        }
        if rows.isEmpty { return }
        let wayOut = Diagnostic.Note("fill in the answer, or remove the row; 'predict' alone takes rows without answers")
        throw .diagnostics(
            rows.prefix(FeatureColumn.mostProblems).map { row in
                column.problem(
                    "missing-target", "the target '\(column.name)' is missing", row, notes: row == rows[0] ? [wayOut] : [])
            })
    }
}
