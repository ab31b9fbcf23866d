import Canonical
package import Platform

/// Looks for interpreters where machines have them: on PATH, among the versions of pyenv and uv, and in the system's folders.
package struct InterpreterSearch {
    private let path: [String]
    private let versionFolders: [HostPath]

    /// - Parameter environment: variables that stand in for this process's own.
    package init(environment: (String) -> String? = Host.environment) {
        path = (environment("PATH") ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        let home = environment("HOME").flatMap { $0.hasPrefix("/") ? HostPath($0) : nil } ?? Host.homeDirectory
        func folder(_ variable: String, _ standard: String) -> HostPath? {
            if let text = environment(variable), text.hasPrefix("/") { return HostPath(text) }
            return home.map { $0.appending(standard) }
        }
        let data = folder("XDG_DATA_HOME", ".local/share")
        let uv = environment("UV_PYTHON_INSTALL_DIR").flatMap { $0.hasPrefix("/") ? HostPath($0) : nil } ?? data?.appending("uv/python")
        versionFolders = [folder("PYENV_ROOT", ".pyenv")?.appending("versions"), uv].compactMap { $0 }
    }

    /// The newest interpreter that answers `wanted`, `3.11` or `3.11.4`; of equal ones, the first on the way.
    ///
    /// - Parameter preferred: the version that is taken if it is there and answers, though a newer one may be.
    /// - Throws: `.noInterpreter`, which lists what was found instead.
    package func find(version wanted: String, preferring preferred: String? = nil) throws(InterpreterError) -> FoundInterpreter {
        let short = wanted.split(separator: ".").prefix(2).joined(separator: ".")
        // Names that cannot lead to that version are not asked: each question starts a program.
        let likely = candidates().filter { $0.mayBe(short) }
        if let found = best(ask(likely), wanted, preferred) { return found }
        let all = ask(candidates())
        if let found = best(all, wanted, preferred) { return found }
        throw .notFound(wanted: wanted, found: all.sorted { $1.isNewer(than: $0) })
    }

    /// Every interpreter of this machine, each once, in the order in which they are come upon.
    package func all() -> [FoundInterpreter] { ask(candidates()) }

    private func best(_ found: [FoundInterpreter], _ wanted: String, _ preferred: String?) -> FoundInterpreter? {
        let fitting = found.filter { $0.answers(wanted) }
        if let preferred, let same = fitting.first(where: { $0.version == preferred }) { return same }
        var best: FoundInterpreter?
        for candidate in fitting where best.map({ candidate.isNewer(than: $0) }) ?? true { best = candidate }
        return best
    }

    // MARK: Places

    private struct Candidate {
        let path: HostPath
        /// What the file's or folder's name says of the version; nil when nothing.
        let version: String?

        func mayBe(_ short: String) -> Bool {
            version.map { FoundInterpreter.version($0, answers: short) } ?? true
        }
    }

    private func candidates() -> [Candidate] {
        var result: [Candidate] = []
        for folder in path + ["/usr/local/bin", "/usr/bin"] where !folder.hasSuffix("/shims") && !folder.hasSuffix("/shims/") {
            for name in names(in: HostPath(folder)) where Self.isInterpreter(name) {
                let version = String(name.dropFirst("python".count))
                result.append(Candidate(path: HostPath(folder).appending(name), version: version.contains(".") ? version : nil))
            }
        }
        for folder in versionFolders {
            for name in names(in: folder) {
                // `3.11.7` of pyenv, `cpython-3.11.7-linux-x86_64-gnu` of uv; others have names of their own.
                let version = name.split(separator: "-").first { $0.first.map { $0 == "3" } ?? false && $0.contains(".") }
                result.append(Candidate(path: folder.appending(name).appending("bin/python3"), version: version.map(String.init)))
            }
        }
        return result
    }

    /// `python`, `python3`, `python3.11`: not `python3-config`, not `python3.11-dbg`.
    private static func isInterpreter(_ name: String) -> Bool {
        guard name.hasPrefix("python") else { return false }
        let rest = name.dropFirst("python".count)
        return rest.isEmpty || rest == "3"
            || (rest.hasPrefix("3.") && rest.utf8.count > 2
                && rest.utf8.dropFirst(2).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    }

    private func names(in folder: HostPath) -> [String] {
        // A folder that is not there, or that nobody may read, has no interpreter to offer.
        guard let entries = try? Files.list(folder) else { return [] }
        return entries.filter { $0.kind != .other }.map { String(decoding: $0.name, as: UTF8.self) }
    }

    // MARK: Asking

    private func ask(_ candidates: [Candidate]) -> [FoundInterpreter] {
        var seen: Set<HostPath> = []
        var result: [FoundInterpreter] = []
        for candidate in candidates {
            guard let path = try? Files.resolved(candidate.path), seen.insert(path).inserted else { continue }
            guard let found = Self.ask(candidate.path) else { continue }
            if found.executable != path, !seen.insert(found.executable).inserted { continue }
            result.append(found)
        }
        return result
    }

    /// Prints version, implementation, release level, and the program that stands behind a virtual environment.
    private static let question =
        "import sys; v = sys.version_info; print('%d.%d.%d' % v[:3], sys.implementation.name, v[3], "
        + "getattr(sys, '_base_executable', None) or sys.executable, sep='\\n')"

    /// What the program at `path` says of itself; nil when it is no released CPython, or does not answer.
    package static func ask(_ path: HostPath) -> FoundInterpreter? {
        guard let outcome = try? ProcessRunner.run([path.description, "-I", "-S", "-c", question]), outcome.status == 0 else { return nil }
        let lines = outcome.outputText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 4, lines[1] == "cpython", lines[2] == "final", lines[3].hasPrefix("/") else { return nil }
        guard let executable = try? Files.resolved(HostPath(lines[3])) else { return nil }
        return FoundInterpreter(version: lines[0], executable: executable)
    }
}

/// Why there is no interpreter to be had.
package enum InterpreterError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound(wanted: String, found: [FoundInterpreter])

    package var description: String {
        switch self {
        case .notFound(let wanted, _): "there is no Python \(wanted) on this machine"
        }
    }

    /// What is there instead, as one sentence.
    package var remark: String {
        switch self {
        case .notFound(_, let found) where found.isEmpty:
            "no Python 3 was found on PATH, among the versions of pyenv and uv, or in /usr/bin"
        case .notFound(_, let found): "found: " + found.map { "\($0.version) (\($0.executable))" }.joined(separator: ", ")
        }
    }
}
