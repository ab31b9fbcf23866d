internal import Diagnostics

/// Why a command could not do its work: the status it ends with, what to say, and the way out.
struct CommandFailure: Error, Sendable {
    let status: ExitStatus
    let message: String?
    let hint: String?
    let diagnostics: [Diagnostic]
    let sources: [SourceText]

    init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
        diagnostics = []
        sources = []
    }

    /// A word of the command line that is none of the few that there are: names the nearest, and all of them.
    init(_ message: String, for word: String, of known: [String], separator: String = ", ") {
        let near = Suggestion.closest(to: word, among: known).map { "did you mean '\($0)'? " } ?? ""
        self.init(.usage, message, hint: near + "there are: " + known.joined(separator: separator))
    }

    /// The user, or the system, stopped the command; there is nothing to explain.
    init(stoppedBy signal: Int32) {
        status = ExitStatus(signal: signal)
        message = nil
        hint = nil
        diagnostics = []
        sources = []
    }

    /// Problems of a text; their own messages say all.
    init(_ diagnostics: [Diagnostic], in sources: [SourceText], status: ExitStatus = .problem) {
        self.status = status
        message = nil
        hint = nil
        self.diagnostics = diagnostics
        self.sources = sources
    }
}
