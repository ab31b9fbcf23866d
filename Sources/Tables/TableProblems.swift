import Diagnostics

/// Collects what is wrong with a table's text, up to a limit.
struct TableProblems {
    /// Past this many problems reading stops: a wrong delimiter would give one per row.
    static let limit = 20

    let source: SourceText
    private(set) var diagnostics: [Diagnostic] = []

    var count: Int { diagnostics.count }
    var isEmpty: Bool { diagnostics.isEmpty }
    var isFull: Bool { diagnostics.count >= Self.limit }

    init(source: SourceText) {
        self.source = source
    }

    mutating func add(_ code: String, _ message: String, from lower: Int, to upper: Int, notes: [Diagnostic.Note] = []) {
        guard !isFull else { return }
        let location = Diagnostic.Location(source: source.name, span: SourceSpan(lower, max(lower, upper)))
        diagnostics.append(Diagnostic(.error, code: "data/" + code, message, at: location, notes: notes))
    }

    /// All problems, with a last word if there may be more.
    func finished() -> [Diagnostic] {
        guard isFull else { return diagnostics }
        let location = Diagnostic.Location(source: source.name, span: nil)
        let message = "reading stopped after \(Self.limit) problems; there may be more"
        return diagnostics + [Diagnostic(.error, code: "data/more-problems", message, at: location)]
    }
}
