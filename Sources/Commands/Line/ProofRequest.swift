internal import Diagnostics
internal import Running

/// What `build --check` and `build --vary` are to show, once everything is built.
struct ProofRequest {
    /// Not empty; ``Variation/again`` is the first.
    let variations: [Variation]

    /// What can be varied: everything but doing it once more.
    private static let varied = Variation.allCases.filter { $0 != .again }

    /// The words for `--vary`.
    static let names = varied.map(\.rawValue)

    /// Nil when no proof is asked for.
    init?(_ arguments: Arguments) throws(CommandFailure) {
        var chosen: Set<Variation> = []
        for list in arguments.values("vary") {
            for name in list.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
                guard let variation = Self.varied.first(where: { $0.rawValue == name }) else { throw Self.unknown(name) }
                chosen.insert(variation)
            }
        }
        let variesAll = arguments.has("vary") && chosen.isEmpty
        guard arguments.has("check") || variesAll || !chosen.isEmpty else { return nil }
        variations = [.again] + Self.varied.filter { variesAll || chosen.contains($0) }
    }

    private static func unknown(_ name: String) -> CommandFailure {
        let near = Suggestion.closest(to: name, among: names)
        return CommandFailure(
            .usage, "there is no variation '\(name)'",
            hint: near.map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))")
    }
}
