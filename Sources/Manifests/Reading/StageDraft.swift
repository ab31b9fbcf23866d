import Canonical
import Diagnostics
import StageKinds

/// A stage as far as it can be read without looking at others.
struct StageDraft {
    enum Work {
        /// The options are nil where they have errors.
        case kind(KindDescription, options: JSONValue?, optionsSpan: SourceSpan)
        case command(Command?)
        /// Neither or both of `uses` and `run`, or a kind that does not exist.
        case unknown
    }

    struct Input {
        let name: String
        let node: JSONNode
        let nameSpan: SourceSpan
        let expected: PortDescription?
    }

    struct Output {
        let name: String
        let type: ArtifactType
        /// Where a command's output lies; nil where the path has errors, and for a kind.
        var path: RelativePath?
        var span: SourceSpan?
        var kind: OutputDescription?
    }

    let name: String
    let span: SourceSpan
    var work: Work
    var inputs: [Input] = []
    var outputs: [Output] = []
    /// Outputs that the kind could have and this stage's options leave out.
    var absentOutputs: [OutputDescription] = []
    var parameters: [String] = []

    var knowsOutputs: Bool {
        if case .unknown = work { false } else { true }
    }
}
