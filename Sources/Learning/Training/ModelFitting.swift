import Numerics
import StageKinds
import Tables

/// Fits models to tables that are a whole or parts of one; what they have in common is here.
struct ModelFitting {
    let validation: Table?
    let threads: Int
    /// Told what the columns were taken for, but for fits that only judge.
    var onFeatures: (FeaturePipeline) -> Void = { _ in }

    /// Fits the pipeline and the learner, or searches for a learner and fits that.
    ///
    /// - Parameters:
    ///   - part: Which fit of several it is.
    ///   - answers: The table's target, where it has been read with these options already.
    func fit(
        _ table: Table, _ options: TrainingOptions, _ part: TrainingPart, _ observer: TrainingObserver, answers: TargetColumn? = nil
    ) throws(LearningError) -> TrainedModel {
        switch options.learner.work {
        case .search(let search):
            return try CandidateSearch(fitting: self, options: options, search: search, part: part, observer: observer).fit(table)
        case .fit(let settings):
            let (rows, watchedRows) = try parted(table, options)
            let target: TargetColumn
            if let answers, rows.rowCount == table.rowCount {
                target = answers
            } else {
                target = try TargetColumn(training: rows, options: options)
            }
            let pipeline = try FeaturePipeline(fitting: rows, options: options, threads: threads)
            if part.fold == nil, part.candidate == nil { onFeatures(pipeline) }
            let features = try pipeline.apply(to: rows, isFitted: true, threads: threads)
            try observer.check()
            let problem = TrainingProblem(
                features: features, pipeline: pipeline, target: target, rowWeights: options.classWeights?.rowWeights(target),
                watched: try watched(watchedRows, target, pipeline, options), seed: options.seed, threads: threads,
                observer: observer.inside(part))
            return TrainedModel(
                task: target.task, target: options.target, classes: target.classes, pipeline: pipeline,
                learner: try settings.fit(problem), trainingRows: rows.rowCount)
        }
    }

    /// How many fits it takes to fit a table of so many rows.
    func fits(_ rowCount: Int, _ options: TrainingOptions, _ task: LearningTask) -> Int {
        guard case .search(let search) = options.learner.work else { return 1 }
        return SearchPlan(rowCount, candidates: search.list(task, isWeighted: options.classWeights != nil).count, folds: search.folds).fits
    }

    /// The rows to learn from and those to watch.
    private func parted(_ table: Table, _ options: TrainingOptions) throws(LearningError) -> (Table, Table?) {
        guard validation == nil, options.validationShare > 0 else { return (table, validation) }
        let target = try TargetColumn(training: table, options: options)
        let size = Int((Double(table.rowCount) * options.validationShare + 0.5).rounded(.down))
        let dealing = RowDealing(target, rowCount: table.rowCount, seed: options.seed, purpose: "train/validation-share")
        let chosen = dealing.sample(size, leavesSome: true)
        guard !chosen.isEmpty else {
            throw .problem(
                "too-few-rows",
                "\(table.rowCount) rows are too few for a 'validation-share' of \(DecimalText.text(options.validationShare))")
        }
        var isWatched = [Bool](repeating: false, count: table.rowCount)
        for row in chosen { isWatched[row] = true }
        return (table.selecting(isWatched.indices.filter { !isWatched[$0] }), table.selecting(chosen))
    }

    /// The validation rows as the model sees them; nil when there are none.
    private func watched(
        _ validation: Table?, _ target: TargetColumn, _ pipeline: FeaturePipeline, _ options: TrainingOptions
    ) throws(LearningError) -> TrainingProblem.Watched? {
        guard let validation, validation.rowCount > 0, let name = options.target else { return nil }
        let column = try FeatureColumn(name, in: validation, .option("target"))
        try TargetColumn.requireAnswers(column)
        let answers: TargetColumn
        switch target {
        case .none: return nil
        case .numbers: answers = .numbers(try column.numbers())
        case .classes(_, let classes):
            let codes = column.codes(among: classes)
            if let row = codes.firstIndex(of: Int32(classes.count)) {
                throw .diagnostics([column.problem("unknown-class", "the training table has no row of this class", row)])
            }
            answers = .classes(codes, classes: classes)
        }
        return TrainingProblem.Watched(features: try pipeline.apply(to: validation, threads: threads), target: answers)
    }
}

extension TrainingOptions {
    /// The same for parts of the table: what the whole table decided is said.
    func pinned(_ table: Table, _ target: TargetColumn) throws(LearningError) -> TrainingOptions {
        var pinned = self
        pinned.task = target.task.needsTarget ? target.task : nil
        pinned.crossValidation = nil
        if case .search = learner.work { return pinned }
        for feature in try FeaturePipeline(fitting: table, options: self).features {
            guard feature.part == nil, case .categories? = table.column(feature.name)?.values,
                !types.contains(where: { $0.column.utf8.elementsEqual(feature.name.utf8) })
            else { continue }
            switch feature.kind {
            case .category: pinned.types.append((feature.name, .category))
            case .text: pinned.types.append((feature.name, .text))
            case .number, .images: break
            }
        }
        return pinned
    }
}
