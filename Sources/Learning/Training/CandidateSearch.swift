import Canonical
import Diagnostics
import Numerics
import StageKinds
import Synchronization
import Tables

/// Chooses a learner and its settings by cross-validation, and fits it to all rows.
struct CandidateSearch {
    let fitting: ModelFitting
    let options: TrainingOptions
    let search: SearchOptions
    /// The fits that the search is a part of.
    let part: TrainingPart
    let observer: TrainingObserver

    private static let purpose = "train/candidates"

    /// A candidate with what is known of it.
    private struct Entry: Sendable {
        /// Its place among the candidates, simpler ones first.
        let place: Int
        let written: JSONValue
        let options: TrainingOptions
        /// For each part of the last rung the loss; empty before the first one.
        var losses: [Double] = []

        var mean: Double { Reduction.mean(losses) }
        var standardError: Double { CrossValidation.deviation(losses) / Double(losses.count).squareRoot() }
    }

    /// - Throws: ``LearningError/diagnostics(_:)`` when there is no candidate for the task, or none can be fitted.
    func fit(_ table: Table) throws(LearningError) -> TrainedModel {
        let target = try TargetColumn(training: table, options: options)
        var entries = try candidates(target.task)
        let count = entries.count
        let plan = SearchPlan(table.rowCount, candidates: count, folds: search.folds)
        let dealing = RowDealing(target, rowCount: table.rowCount, seed: options.seed, purpose: Self.purpose)
        var part = part
        var refusal: LearningError?
        for (index, rung) in plan.rungs.enumerated() {
            // Candidates that were left out are none of the worse half.
            if index > 0 { entries = Self.best(entries, (entries.count + 1) / 2) }
            let rows = rung.rows < table.rowCount ? table.selecting(dealing.sample(rung.rows)) : table
            let answers = try TargetColumn(training: rows, options: options.pinned(rows, target))
            let folds = try Folds(
                rows, answers, CrossValidationOptions(folds: search.folds), seed: options.seed, purpose: Self.purpose + "/parts")
            var kept: [Entry] = []
            for var entry in entries {
                part.candidate = TrainingPart.Place(number: entry.place + 1, count: count)
                part.kind = entry.options.learner.kind.rawValue
                do {
                    let pinned = try entry.options.pinned(rows, target)
                    entry.losses = try losses(pinned, folds, target.task, part)
                    kept.append(entry)
                    part.done += folds.count
                    observer.note(note(entry, rung.rows, part, target.task))
                } catch {
                    if case .cancelled = error { throw error }
                    refusal = refusal ?? error
                    part.done += folds.count
                    observer.note(Self.refused(entry, error, part))
                }
            }
            if kept.isEmpty, let refusal { throw refusal }
            entries = kept
            if entries.count < 2 { break }
        }
        let chosen = Self.choice(entries)
        part.candidate = nil
        part.kind = "\(chosen.options.learner.kind.rawValue), the best of \(count)"
        part.done = self.part.done + plan.fits - 1
        let model = try fitting.fit(table, chosen.options.pinned(table, target), part, observer)
        part.done += 1
        observer.note(verdict(chosen, count, part, target.task))
        return model
    }

    private func candidates(_ task: LearningTask) throws(LearningError) -> [Entry] {
        var entries: [Entry] = []
        for written in search.list(task, isWeighted: options.classWeights != nil) {
            var options = options
            options.learner = try LearnerOptions(written)
            entries.append(Entry(place: entries.count, written: written, options: options))
        }
        guard !entries.isEmpty else {
            throw .problem("task-mismatch", "none of the 'candidates' does \(task.rawValue), which the target asks for")
        }
        return entries
    }

    /// The candidates with the least losses, still simpler ones first.
    private static func best(_ entries: [Entry], _ count: Int) -> [Entry] {
        if entries.count <= count { return entries }
        let means = entries.map(\.mean)
        let order = entries.indices.sorted { (means[$0], $0) < (means[$1], $1) }
        return order.prefix(count).sorted().map { entries[$0] }
    }

    /// The simplest candidate that is not worse than the best one by more than one standard error of their differences.
    private static func choice(_ entries: [Entry]) -> Entry {
        let best = best(entries, 1)[0]
        return entries.first { entry in
            let differences = zip(entry.losses, best.losses).map { $0 - $1 }
            let error = CrossValidation.deviation(differences) / Double(differences.count).squareRoot()
            return entry.place == best.place || Reduction.mean(differences) <= error
        } ?? best
    }

    /// What a candidate's models get wrong on each part; the parts share the threads.
    private func losses(
        _ options: TrainingOptions, _ folds: Folds, _ task: LearningTask, _ part: TrainingPart
    ) throws(LearningError) -> [Double] {
        let metric: Metric = task == .classification ? .logLoss : .rmse
        let threads = max(1, fitting.threads / folds.count)
        let validation = fitting.validation
        let lock = Mutex<Void>(())
        nonisolated(unsafe) let observer = observer
        let results = ParallelLoop.map(count: folds.count, threads: fitting.threads) {
            index -> Result<(Double, TrainingStep?), LearningError> in
            var part = part
            part.candidateFold = TrainingPart.Place(number: index + 1, count: folds.count)
            part.done += index
            var last: TrainingStep?
            let watching = TrainingObserver(
                progress: { last = $0 },
                isCancelled: { lock.withLock { _ in observer.isCancelled() } })
            do throws(LearningError) {
                let fold = folds.list[index]
                let model = try ModelFitting(validation: validation, threads: threads).fit(fold.rest, options, part, watching)
                let metrics = try Evaluator.metrics(model, on: fold.held, threads: threads)
                guard let loss = metrics.values.first(where: { $0.metric == metric })?.value else {
                    throw .problem("too-large", "the numbers are too large for a candidate")
                }
                return .success((loss, last))
            } catch {
                return .failure(error)
            }
        }
        var losses: [Double] = []
        for result in results {
            let (loss, step) = try result.get()
            losses.append(loss)
            if let step { observer.progress(step) }
        }
        return losses
    }

    /// A metric's name and value in words.
    private func words(_ entry: Entry, _ task: LearningTask) -> String {
        let name = task == .classification ? "log loss" : "rmse"
        return "\(name) \(DecimalText.rounded(entry.mean)) ± \(DecimalText.rounded(entry.standardError))"
    }

    private func settings(_ entry: Entry) -> String {
        let members = entry.written.objectValue ?? []
        return members.map { member in
            member.name == "kind" ? member.value.stringValue ?? "" : "\(member.name) \(JSONText.line(member.value))"
        }.joined(separator: ", ")
    }

    private func members(_ entry: Entry, _ task: LearningTask) -> [JSONMember] {
        [
            JSONMember("learner", entry.written),
            JSONMember(task == .classification ? "log_loss" : "rmse", .finite(entry.mean)),
            JSONMember("standardError", .finite(entry.standardError)),
        ]
    }

    private func note(_ entry: Entry, _ rows: Int, _ part: TrainingPart, _ task: LearningTask) -> TrainingNote {
        TrainingNote(
            record: .object(part.members + members(entry, task) + [JSONMember("rows", .integer(rows))]),
            phrase: "candidate \(entry.place + 1): \(settings(entry)): \(words(entry, task))", share: Self.share(part))
    }

    private static func refused(_ entry: Entry, _ error: LearningError, _ part: TrainingPart) -> TrainingNote {
        let reason = error.diagnostics.first?.message ?? "it cannot be fitted"
        return TrainingNote(
            record: .object(part.members + [JSONMember("learner", entry.written), JSONMember("refused", .string(reason))]),
            phrase: "candidate \(entry.place + 1) is left out: \(reason)", share: share(part))
    }

    private func verdict(_ entry: Entry, _ count: Int, _ part: TrainingPart, _ task: LearningTask) -> TrainingNote {
        TrainingNote(
            record: .object(part.members + [JSONMember("chosen", .integer(entry.place + 1))] + members(entry, task)),
            phrase: "auto: \(settings(entry)): \(words(entry, task)) (of \(count) tried)", share: Self.share(part))
    }

    private static func share(_ part: TrainingPart) -> Double {
        Double(min(part.done, part.total)) / Double(max(part.total, 1))
    }
}
