import Canonical
import Diagnostics
import StageKinds

/// Rules between options of one stage, beyond the type of each.
enum OptionRules {
    /// Checks `options`, in which parameters are put in and types are right.
    static func check(
        _ options: JSONValue, _ description: KindDescription, _ fields: Fields, _ span: SourceSpan, _ problems: inout Problems
    ) {
        let place = Place(with: fields["with"], fallback: span, fields: fields)
        checkNeeds(options, description.options, place, [], of: options, &problems)
        switch description.kind {
        case .split:
            checkShares(options, place, &problems)
            checkDealing(options, place, &problems)
        case .train: checkTraining(options, place, &problems)
        case .evaluate, .predict, .explain, .export: break
        }
    }

    /// Finds where an option stands.
    private struct Place {
        let with: JSONNode?
        let fallback: SourceSpan
        let fields: Fields

        /// The value at a path of keys; the nearest value around it where a parameter gave the rest.
        func span(_ path: [String]) -> SourceSpan {
            var node = with
            for key in path {
                guard let inner = node?[key] else { break }
                node = inner
            }
            return node?.span ?? fallback
        }
    }

    /// Options that need an input which the stage does not have.
    private static func checkNeeds(
        _ value: JSONValue, _ options: [OptionDescription], _ place: Place, _ path: [String], of stage: JSONValue,
        _ problems: inout Problems
    ) {
        for option in options {
            guard let inner = value[option.name] else { continue }
            let at = path + [option.name]
            let isReplaced = option.orOption.map { (stage[$0]?.numberValue ?? 0) > 0 } ?? false
            if let input = option.needsInput, place.fields["inputs"]?[input] == nil, !isReplaced {
                let other = option.orOption.map { " or the option '\($0)'" } ?? ""
                problems.error(
                    "needs-input", "'\(option.name)' in \(place.fields.owner) needs the input '\(input)'\(other)", at: place.span(at))
            }
            switch option.type {
            case .object(let options): checkNeeds(inner, options, place, at, of: stage, &problems)
            case .variants(let tag, let variants):
                let word = inner[tag]?.stringValue
                if let variant = variants.first(where: { $0.name == word }) {
                    checkNeeds(inner, variant.options, place, at, of: stage, &problems)
                }
            case .boolean, .integer, .number, .string, .column, .choice, .list, .columnMap, .classMap: break
            }
        }
    }

    private static func checkShares(_ options: JSONValue, _ place: Place, _ problems: inout Problems) {
        let test = options["test"]?.numberValue ?? SplitKind.description.option("test")?.defaultValue?.numberValue ?? 0
        let validation = options["validation"]?.numberValue ?? 0
        guard test + validation >= 1 else { return }
        problems.error(
            "shares", "'test' and 'validation' in \(place.fields.owner) leave no rows to learn from; together they must be below 1",
            at: place.span([validation > 0 ? "validation" : "test"]))
    }

    private static func checkDealing(_ options: JSONValue, _ place: Place, _ problems: inout Problems) {
        guard options["stratify"] != nil, options["group"] != nil else { return }
        problems.error(
            "stratify-with-group", "'stratify' and 'group' in \(place.fields.owner) exclude each other; keep one of them",
            at: place.span(["group"]))
    }

    /// A target is there exactly when the learner learns from answers.
    private static func checkTarget(_ options: JSONValue, _ place: Place, _ problems: inout Problems) {
        let written = options["learner"]?["kind"]?.stringValue
        let learner = written.flatMap(LearnerKind.init(rawValue:))
        let isNeeded = learner?.needsTarget ?? true
        if options["target"] == nil, isNeeded {
            // A misspelt 'with' has been told already.
            if place.with == nil, place.fields.intends("with") { return }
            let (owner, summary) = (place.fields.owner, TrainKind.description.option("target")?.summary ?? "")
            let span = place.span([])
            if place.with == nil {
                problems.error("missing-target", "\(owner) needs the option 'target' in 'with': \(summary)", at: span)
            } else {
                problems.error(
                    "missing-target", "'with' of \(owner) needs the option 'target': \(summary)", at: SourceSpan(span.lower, span.lower + 1)
                )
            }
        } else if options["target"] != nil, let learner, !isNeeded {
            problems.error(
                "target-without-use",
                "learner '\(learner.rawValue)' in \(place.fields.owner) learns without answers and takes no 'target'",
                at: place.span(["target"]),
                notes: [Diagnostic.Note("to keep the column from the model, name it in 'features', 'exclude'")])
        }
    }

    private static func checkTraining(_ options: JSONValue, _ place: Place, _ problems: inout Problems) {
        let owner = place.fields.owner
        if let task = options["task"]?.stringValue.flatMap(LearningTask.init(rawValue:)),
            let learner = options["learner"]?["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)), !learner.tasks.contains(task)
        {
            let able = LearnerKind.allCases.filter { $0.tasks.contains(task) }.map(\.rawValue)
            problems.error(
                "learner-task", "learner '\(learner.rawValue)' in \(owner) does not do \(task.rawValue)",
                at: place.span(["learner", "kind"]),
                notes: [Diagnostic.Note("learners for it are \(quotedList(able))")])
        }
        checkTarget(options, place, &problems)
        guard let target = options["target"]?.stringValue, let features = options["features"] else { return }
        let include = features["include"]?.arrayValue ?? []
        if include.contains(.string(target)) {
            problems.error(
                "target-as-feature", "'\(target)' is the target of \(owner) and cannot be a feature too",
                at: place.span(["features", "include"]))
        }
        let excluded = Set(features["exclude"]?.arrayValue ?? [])
        for column in include where excluded.contains(column) {
            problems.error(
                "feature-twice", "'features' in \(owner) both includes and excludes \(JSONText.line(column))",
                at: place.span(["features", "exclude"]))
        }
    }
}
