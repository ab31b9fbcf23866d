internal import Diagnostics
internal import Locking
internal import Manifests

/// What `lock --update` names: data, and environments with the programs and packages in them.
struct UpdateNames {
    /// Names of data entries.
    let data: Set<String>
    /// Names of environments, programs and packages; packages as the index spells them.
    let environments: Set<String>

    /// Sorts `names` out by what the manifest declares and the lock pins; a name may be of both sorts.
    ///
    /// - Throws: what names nothing, each with what was probably meant.
    init(_ names: [String], _ manifest: Manifest, _ lockfile: Lockfile?) throws(CommandFailure) {
        let known = Self.known(manifest, lockfile)
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
            code: "lock/unknown-name", "'\(name)' names no data, environment, program or package that is pinned or asked for", at: nil,
            notes: note.map { [Diagnostic.Note($0)] } ?? [])
    }

    /// The environments that commands use, and what is in them: as asked for, and as pinned.
    private static func known(_ manifest: Manifest, _ lockfile: Lockfile?) -> Set<String> {
        let used = manifest.usedEnvironments
        var known = Set(used)
        for name in used {
            if let environment = manifest.environment(name) {
                known.formUnion(environment.tools)
                if let python = environment.python {
                    known.insert("python")
                    known.formUnion(python.requirements.map(project(ofRequirement:)))
                }
            }
            guard let lockfile, let pin = lockfile.pin(environment: name) else { continue }
            known.formUnion(pin.programs)
            known.formUnion(pin.wheels.map(project(ofWheel:)))
        }
        known.remove("")
        return known
    }

    /// `numpy[extra]>=2` is the project `numpy`.
    private static func project(ofRequirement text: String) -> String {
        normalised(String(text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }))
    }

    /// The first part of a wheel's file name.
    private static func project(ofWheel fileName: String) -> String {
        normalised(String(fileName.prefix { $0 != "-" }))
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
