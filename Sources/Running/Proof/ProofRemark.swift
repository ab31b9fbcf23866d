import Diagnostics
import Manifests
import Planning

/// What a proof found that is worth knowing and breaks no promise: one warning for what a stage leans on, one for other processors.
enum ProofRemark {
    /// - Parameter verdicts: those that are held, and those that the key's class of processors covers.
    static func all(
        of stage: ProvableStage, _ verdicts: [(variation: Variation, verdict: Verdict)], at location: Diagnostic.Location
    ) -> [Diagnostic] {
        var remarks: [Diagnostic] = []
        let held = verdicts.filter(\.verdict.isHeld)
        if let first = held.first, case .held(let differences) = first.verdict, let difference = differences.first {
            let names = held.map(\.variation.rawValue).joined(separator: ", ")
            let told = text(difference, stage)
            let message =
                "stage '\(stage.action.stage)' leans on what its sandbox holds (\(names)): run \(first.variation.phrase), \(told.phrase)"
            remarks.append(Diagnostic(.warning, code: "prove/held", message, at: location, notes: told.notes))
        }
        for case (_, .differs(let differences)) in verdicts {
            guard let difference = differences.first else { continue }
            let told = text(difference, stage)
            let message =
                "stage '\(stage.action.stage)' may give other bytes on other processors: run \(Variation.kernels.phrase), \(told.phrase)"
            remarks.append(Diagnostic(.warning, code: "prove/kernels", message, at: location, notes: told.notes))
        }
        return remarks
    }

    private static func text(_ difference: OutputDifference, _ stage: ProvableStage) -> DifferenceText {
        let path = stage.action.outputs.first { $0.name.utf8.elementsEqual(difference.output.utf8) }?.path.text
        return DifferenceText(difference, path: path ?? difference.output)
    }
}
