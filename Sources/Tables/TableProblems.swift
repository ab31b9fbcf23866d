import Diagnostics

/// Collects what is wrong with a table's text, up to a limit.
struct TableProblems {
    /// Past this many problems reading stops: a wrong delimiter would give one per row.
    static let limit = 20

    let source: SourceText
    private(set) var diagnostics: [Diagnostic] = []
    /// Whether what follows is no text, so that nothing more can be said of it.
    private var isStopped = false

    var count: Int { diagnostics.count }
    var isEmpty: Bool { diagnostics.isEmpty }
    /// Whether no more problems are taken.
    var isFull: Bool { isStopped || diagnostics.count >= Self.limit }

    init(source: SourceText) {
        self.source = source
    }

    mutating func add(_ code: String, _ message: String, from lower: Int, to upper: Int, notes: [Diagnostic.Note] = []) {
        guard !isFull else { return }
        let location = Diagnostic.Location(source: source.name, span: SourceSpan(lower, max(lower, upper)))
        diagnostics.append(Diagnostic(.error, code: "data/" + code, message, at: location, notes: notes))
    }

    /// Takes no more problems: those that follow would only say the same again.
    mutating func stop() {
        isStopped = true
    }

    /// All problems, with a last word if there may be more; it stands behind them all.
    func finished() -> [Diagnostic] {
        guard diagnostics.count >= Self.limit else { return diagnostics }
        let end = diagnostics.reduce(0) { max($0, $1.location?.span?.upper ?? 0) }
        let location = Diagnostic.Location(source: source.name, span: SourceSpan(end, end))
        let message = "reading stopped after \(Self.limit) problems; there may be more"
        return diagnostics + [Diagnostic(.error, code: "data/more-problems", message, at: location)]
    }
}
