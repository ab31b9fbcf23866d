import Diagnostics

/// Collects what is wrong with a table, up to a limit.
struct TableProblems {
    /// Past this many problems reading stops: a wrong delimiter would give one per row.
    static let limit = 20

    /// What people know the table by.
    let name: String
    private(set) var diagnostics: [Diagnostic] = []
    /// Whether what follows is no text, so that nothing more can be said of it.
    private var isStopped = false

    var count: Int { diagnostics.count }
    var isEmpty: Bool { diagnostics.isEmpty }
    /// Whether no more problems are taken.
    var isFull: Bool { isStopped || diagnostics.count >= Self.limit }

    init(name: String) {
        self.name = name
    }

    /// Adds a problem at bytes of the table's text.
    mutating func add(_ code: String, _ message: String, from lower: Int, to upper: Int, notes: [Diagnostic.Note] = []) {
        guard !isFull else { return }
        let location = Diagnostic.Location(source: name, span: SourceSpan(lower, max(lower, upper)))
        diagnostics.append(Diagnostic(.error, code: "data/" + code, message, at: location, notes: notes))
    }

    /// Adds a problem of a file, or of an element of an array, that is no text.
    mutating func add(_ code: String, _ message: String, in place: String, notes: [Diagnostic.Note] = []) {
        guard !isFull else { return }
        let location = Diagnostic.Location(source: place, span: nil)
        diagnostics.append(Diagnostic(.error, code: "data/" + code, message, at: location, notes: notes))
    }

    /// Takes no more problems: those that follow would only say the same again.
    mutating func stop() {
        isStopped = true
    }

    /// All problems, with a last word if there may be more; it stands behind them all.
    func finished() -> [Diagnostic] {
        guard diagnostics.count >= Self.limit else { return diagnostics }
        let end = diagnostics.compactMap { $0.location?.span?.upper }.max()
        let location = Diagnostic.Location(source: name, span: end.map { SourceSpan($0, $0) })
        let message = "reading stopped after \(Self.limit) problems; there may be more"
        return diagnostics + [Diagnostic(.error, code: "data/more-problems", message, at: location)]
    }
}
