/// How many candidates are judged on how many rows: all of them on few rows, and the better half of them on four times as many.
///
/// The budget is a number of fits, known beforehand; time has no say in it.
struct SearchPlan: Hashable, Sendable {
    struct Rung: Hashable, Sendable {
        let rows: Int
        let candidates: Int
    }

    static let firstRows = 4_000
    /// Candidates are never judged on more rows.
    static let mostRows = 64_000
    private static let growth = 4

    let rungs: [Rung]
    /// All fits: one for each candidate and part of a rung, and that of the one chosen.
    let fits: Int

    init(_ rowCount: Int, candidates: Int, folds: Int) {
        var rungs: [Rung] = []
        var rows = min(rowCount, Self.firstRows)
        var left = candidates
        while true {
            rungs.append(Rung(rows: rows, candidates: left))
            let next = min(rowCount, rows * Self.growth, Self.mostRows)
            if next <= rows || left < 2 { break }
            rows = next
            left = (left + 1) / 2
        }
        self.rungs = rungs
        fits = rungs.reduce(1) { $0 + $1.candidates * folds }
    }
}
