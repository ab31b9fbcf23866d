import Canonical
import Comparing
import Diagnostics
import Manifests
import Planning

// What a proof has to say: one place for the codes `prove/...`.
extension StageFailure {
    /// There is no recorded result of what the stage is now.
    static func nothingToProve(stage: String, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(
            .problem, code: "prove/not-built", "stage '\(stage)' has no recorded result that could be made again", at: location,
            wayOut: "'mlbuild build \(stage)' makes it first")
    }

    /// What a verdict has to be told for; nothing for one that is as it should be.
    static func proof(of stage: ProvableStage, _ variation: Variation, _ verdict: Verdict, at location: Diagnostic.Location)
        -> [StageFailure]
    {
        switch verdict {
        case .same, .notApplicable: []
        case .failed(let failure): [failed(stage.action.stage, variation, failure, at: location)]
        case .differs(let differences):
            differences.map { difference in
                let path = stage.action.outputs.first { $0.name.utf8.elementsEqual(difference.output.utf8) }?.path.text
                return differs(stage.action.stage, variation, difference, path: path ?? difference.output, at: location)
            }
        }
    }

    private static func failed(
        _ stage: String, _ variation: Variation, _ failure: StageFailure, at location: Diagnostic.Location
    ) -> StageFailure {
        var notes: [Diagnostic.Note] = []
        for diagnostic in failure.diagnostics {
            notes.append(Diagnostic.Note(diagnostic.message, at: diagnostic.location == location ? nil : diagnostic.location))
            notes += diagnostic.notes
        }
        let message = "stage '\(stage)' was built, and fails when it is run \(variation.phrase)"
        return StageFailure(
            failure.status, [Diagnostic(code: "prove/failed", message, at: location, notes: notes)], sources: failure.sources)
    }

    private static func differs(
        _ stage: String, _ variation: Variation, _ difference: OutputDifference, path: String, at location: Diagnostic.Location
    ) -> StageFailure {
        let file = difference.path.isEmpty ? path : "\(path)/\(difference.path)"
        var message = "stage '\(stage)' is not reproducible: run \(variation.phrase), output '\(difference.output)' differs"
        var notes: [String] = []
        if let comparison = difference.comparison {
            message += " from byte \(comparison.offset) of '\(file)' on"
            if let place = comparison.place, place != "byte \(comparison.offset)" { notes.append("at \(place)") }
            notes.append("recorded \(comparison.first)")
            notes.append("now      \(comparison.second)")
            if let cause = comparison.cause { notes.append("this is likely to be \(cause)") }
            if let remedy = comparison.remedy { notes.append(remedy) }
        } else {
            message += " in '\(file)'"
            notes.append("recorded \(difference.before?.description ?? "nothing")")
            notes.append("now      \(difference.after?.description ?? "nothing")")
        }
        if difference.others > 0 {
            notes.append(
                "\(difference.others) more \(difference.others == 1 ? "file" : "files") of '\(path)' \(difference.others == 1 ? "differs" : "differ")"
            )
        }
        return StageFailure(
            .notReproducible,
            [Diagnostic(code: "prove/differs", message, at: location, notes: notes.map { Diagnostic.Note($0) })])
    }
}
