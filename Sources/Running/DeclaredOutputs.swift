import Diagnostics
import Manifests
import Planning
import Storage

/// Holds what a performer gave to what its action declares: exactly those outputs, each of its kind.
enum DeclaredOutputs {
    static func check(_ made: [String: ActionOutput], _ action: Action, at location: Diagnostic.Location) throws(StageFailure) {
        func refuse(_ what: String) throws(StageFailure) -> Never {
            throw .wrongOutputs(stage: action.stage, what, at: location)
        }
        for name in made.keys.sorted() where !action.outputs.contains(where: { $0.name == name }) {
            try refuse("it made '\(name)', which it does not declare")
        }
        for output in action.outputs {
            switch made[output.name] {
            case nil: try refuse("it did not make '\(output.name)'")
            case .file: if output.isTree { try refuse("it made '\(output.name)' as a file, and a folder is declared") }
            case .tree: if !output.isTree { try refuse("it made '\(output.name)' as a folder, and a file is declared") }
            case .stored(let object):
                if output.isTree != (object.kind == .tree) { try refuse("it made '\(output.name)' as a \(object.kind.rawValue)") }
            }
        }
    }
}

extension ActionFailure {
    /// The failure of the stage; nil when it was cancelled.
    func stageFailure(of stage: String, at location: Diagnostic.Location) -> StageFailure? {
        switch self {
        case .cancelled: return nil
        case .failed(let diagnostics): return StageFailure(.stageFailed, diagnostics.map { Self.placed($0, location) })
        case .refused(let diagnostics): return StageFailure(.refused, diagnostics.map { Self.placed($0, location) })
        case .message(let message): return .stageFailed(stage, message, at: location)
        case .store(let error): return .store(error)
        case .diagnostics(let diagnostics, let sources):
            guard diagnostics.contains(where: { $0.severity == .error }) else {
                return .stageFailed(stage, "it gave no reason", at: location)
            }
            return StageFailure(.problem, diagnostics, sources: sources)
        }
    }

    /// What is said of a command as such stands where its stage does.
    private static func placed(_ diagnostic: Diagnostic, _ location: Diagnostic.Location) -> Diagnostic {
        guard diagnostic.location?.span == nil else { return diagnostic }
        return Diagnostic(
            diagnostic.severity, code: diagnostic.code, diagnostic.message, at: location, notes: diagnostic.notes, fixIt: diagnostic.fixIt)
    }
}
