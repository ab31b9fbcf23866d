package import Diagnostics

/// Why a stage, or a build before its first stage, could not go on: what to say, and the status it stands for.
package struct StageFailure: Error, Hashable, Sendable {
    package let status: BuildStatus
    /// At least one error; codes `build/...`, or those of the text that the stage read.
    package let diagnostics: [Diagnostic]
    /// Texts that the diagnostics point into, apart from the manifest and the lock.
    package let sources: [SourceText]

    package init(_ status: BuildStatus, _ diagnostics: [Diagnostic], sources: [SourceText] = []) {
        precondition(!diagnostics.isEmpty, "a failure says what went wrong")
        self.status = status
        self.diagnostics = diagnostics
        self.sources = sources
    }

    /// One error about one place; `wayOut` becomes its note.
    package init(_ status: BuildStatus, code: String, _ message: String, at location: Diagnostic.Location?, wayOut: String? = nil) {
        let notes = wayOut.map { [Diagnostic.Note($0)] } ?? []
        self.init(status, [Diagnostic(code: code, message, at: location, notes: notes)])
    }

    /// Whether nothing went wrong but that a signal asked the build to stop: the report says so by itself.
    var isInterruption: Bool { status > .notReproducible }

    package var code: String { diagnostics[0].code }
    package var message: String { diagnostics[0].message }

    package static func == (first: StageFailure, second: StageFailure) -> Bool {
        first.status == second.status && first.diagnostics == second.diagnostics
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(diagnostics)
    }
}
