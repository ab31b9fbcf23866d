internal import Diagnostics
internal import Environments
internal import Locking
internal import Manifests

/// What `lock --update` names: data, and environments with the programs and packages in them.
struct UpdateNames {
    /// Names of data entries.
    let data: Set<String>
    /// Names of environments, programs and packages; packages as the index spells them.
    let environments: Set<String>

    /// Sorts `names` out by what the manifest has and the lock pins; a name may be of both sorts.
    ///
    /// - Throws: what names nothing, each with what was probably meant.
    init(_ names: [String], _ manifest: Manifest, _ lockfile: Lockfile?) throws(CommandFailure) {
        let known = Set(EnvironmentResolver.updatable(manifest, lockfile ?? Lockfile()))
        var data: Set<String> = []
        var environments: Set<String> = []
        var unknown: [Diagnostic] = []
        for name in names {
            let isData = manifest.data(name) != nil
            if isData { data.insert(name) }
            let package = Self.normalised(name)
            // As written for environments and programs, as the index spells it for packages.
            if let meant = [name, package].first(where: known.contains) {
                environments.insert(meant)
            } else if !isData {
                unknown.append(Self.diagnostic(name, data: manifest.data.map(\.name), others: known))
            }
        }
        guard unknown.isEmpty else { throw CommandFailure(unknown, in: []) }
        self.data = data
        self.environments = environments
    }

    private static func diagnostic(_ name: String, data: [String], others: Set<String>) -> Diagnostic {
        let known = (data + others).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var note: String?
        if let meant = Suggestion.closest(to: name, among: known) {
            note = "did you mean '\(meant)'?"
        } else if known.isEmpty {
            note = "the manifest takes nothing from outside"
        } else if known.count <= 30 {
            note = "the names are " + known.map { "'\($0)'" }.joined(separator: ", ")
        }
        return Diagnostic(
            code: "lock/unknown-name", "'\(name)' names no data, and no environment, program or package that is pinned", at: nil,
            notes: note.map { [Diagnostic.Note($0)] } ?? [])
    }

    /// The spelling that an index uses: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503).
    private static func normalised(_ name: String) -> String {
        var result = ""
        for character in name.lowercased() {
            if "-_.".contains(character) {
                if result.last != "-" { result.append("-") }
            } else {
                result.append(character)
            }
        }
        return result
    }
}
