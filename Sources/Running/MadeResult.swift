import Canonical
import Planning
import Storage

/// What a stage has just made: in the store, but neither recorded nor durable.
struct MadeResult: Sendable {
    let action: Action
    let key: ActionKey
    /// Of a stage that ran.
    let report: StageReport
    /// What is worth knowing of the run and no part of its result.
    let facts: [JSONMember]

    var outputs: [NamedObject] { report.outputs }

    var record: ActionRecord {
        ActionRecord(
            key: key.digest, document: key.document, outputs: outputs.map { ($0.name, $0.object) }, facts: .object(facts))
    }

    /// The end of a stage whose result could not be kept.
    func failed(_ failure: StageFailure) -> StageRun.Result {
        StageRun.Result(report: StageReport(action.stage, .failed(failure), key))
    }
}
