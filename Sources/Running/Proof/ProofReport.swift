package import Canonical
package import Comparing
package import Diagnostics

/// What a rebuild of one stage under one variation gave.
package enum Verdict: Sendable {
    /// Every output, byte for byte.
    case same
    /// Other bytes; one entry for each output that differs, in the order they are declared.
    case differs([OutputDifference])
    /// Other bytes, but of what the sandbox holds in every run.
    case held([OutputDifference])
    /// No outputs: the stage failed, though the recorded run did not.
    case failed(StageFailure)
    /// Trying it would show nothing, for this reason.
    case notApplicable(String)

    package var isSame: Bool { if case .same = self { true } else { false } }
    var isHeld: Bool { if case .held = self { true } else { false } }
}

/// An output that a rebuild made otherwise.
package struct OutputDifference: Sendable {
    package let output: String
    /// The first file that differs, in a tree; empty for an output that is a file.
    package let path: String
    /// How many further files of the tree differ.
    package let others: Int
    /// What tells the files apart; nil where one of them is missing, is something else, or is too large to be taken apart.
    package let comparison: Comparison?
    /// The recorded content and the new one; nil where there is no such file.
    package let before: Digest?
    package let after: Digest?
}

/// What is shown of one stage.
package struct StageProof: Sendable {
    package let stage: String
    package let key: Digest
    /// What all trials up to now show of the recorded result.
    package let level: ProofLevel
    /// Those of this time, in the order of ``Variation/allCases``.
    package let trials: [(variation: Variation, verdict: Verdict)]
}

/// What a proof showed.
package struct ProofReport: Sendable {
    /// Of every selected stage that has a result, in the order of the graph.
    package let stages: [StageProof]
    /// What differed or failed, and what kept stages from being tried.
    package let failures: [StageFailure]
    /// What stages lean on, and where other processors would give other bytes: worth knowing, and nothing wrong.
    package let remarks: [Diagnostic]
    /// The signal that ended it early.
    package let signal: Int32?

    package var status: BuildStatus {
        .worst(of: failures.map(\.status) + (signal.map { [.signalled($0)] } ?? []))
    }

    /// The lowest level of its stages.
    package var level: ProofLevel { stages.map(\.level).min() ?? .unproven }

    package subscript(stage: String) -> StageProof? {
        stages.first { $0.stage.utf8.elementsEqual(stage.utf8) }
    }
}
