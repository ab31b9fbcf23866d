internal import Canonical
internal import Diagnostics
internal import Locking
internal import Platform
internal import Storage

/// What the locks of a workspace name in all commits that Git can still give: of branches, tags, stashes and reflogs, and in the index.
final class GitLocks {
    private let workspace: HostPath
    /// The versions of files that were read already.
    private var read: Set<String> = []
    private var digests: Set<Digest> = []

    /// Bytes of files that one process is asked for.
    private static let portion = 64 << 20

    init(_ workspace: HostPath) { self.workspace = workspace }

    /// - Throws: when there is a repository and Git cannot say what is in it.
    func all() throws(CommandFailure) -> Set<Digest> {
        guard try hasRepository() else { return [] }
        let fresh = try versions().subtracting(read).sorted()
        if fresh.isEmpty { return digests }
        var waiting: [String] = []
        var bytes = 0
        for (id, size) in try sizes(fresh) {
            waiting.append(id)
            bytes += size
            if bytes < Self.portion { continue }
            try take(waiting)
            waiting = []
            bytes = 0
        }
        try take(waiting)
        read.formUnion(fresh)
        return digests
    }

    private func hasRepository() throws(CommandFailure) -> Bool {
        var folder = workspace
        while true {
            let place = folder.appending(".git")
            if try CommandFailure.catching({ () throws(SystemError) in try Files.status(place) }) != nil { return true }
            if folder.parent == folder { return false }
            folder = folder.parent
        }
    }

    /// Every version of a lock, wherever in the repository it lies: a workspace may have been elsewhere.
    private func versions() throws(CommandFailure) -> Set<String> {
        let pattern = ":(top,glob)**/\(Lockfile.fileName)"
        // Of merges every parent, of histories every side: a lock may have lived on a side alone. All stashes but the last stand
        // in a reflog.
        let log = try git([
            "-c", "log.showRoot=true", "log", "--all", "--reflog", "--full-history", "-m", "--raw", "--no-abbrev", "--no-renames",
            "--format=", "--",
            pattern,
        ])
        var found: Set<String> = []
        for line in log.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: ":") {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count >= 5 else { throw said("an answer that is no list of changes", "log") }
            for (mode, id) in [(words[0].dropFirst(), words[2]), (words[1], words[3])] where mode.starts(with: "100".utf8) {
                found.insert(String(decoding: id, as: UTF8.self))
            }
        }
        for line in try git(["ls-files", "--stage", "--", pattern]).split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count >= 3 else { throw said("an answer that is no list of files", "ls-files") }
            if words[0].starts(with: "100".utf8) { found.insert(String(decoding: words[1], as: UTF8.self)) }
        }
        return found
    }

    private func sizes(_ ids: [String]) throws(CommandFailure) -> [(id: String, size: Int)] {
        let answer = try git(["cat-file", "--batch-check"], input: ids)
        var result: [(String, Int)] = []
        for line in answer.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 3, words[1] == "blob", let size = Int(words[2]) else {
                throw said("'\(String(decoding: line, as: UTF8.self))'", "cat-file")
            }
            result.append((String(words[0]), size))
        }
        guard result.count == ids.count else { throw said("fewer versions than there are", "cat-file") }
        return result
    }

    private func take(_ ids: [String]) throws(CommandFailure) {
        if ids.isEmpty { return }
        let answer = try git(["cat-file", "--batch"], input: ids)
        // Headings and all: what looks like a digest is one that somebody may need.
        digests.formUnion(DigestScan.digests(in: answer))
    }

    private func git(_ arguments: [String], input: [String] = []) throws(CommandFailure) -> [UInt8] {
        let outcome: ProcessRunner.Outcome
        do throws(SystemError) {
            outcome = try ProcessRunner.run(
                ["git", "-C", workspace.description] + arguments, environment: Self.environment,
                input: Array(input.map { $0 + "\n" }.joined().utf8), isGuarded: true)
        } catch {
            if error.isMissing {
                throw CommandFailure(
                    .refused, "workspace '\(workspace)' lies in a Git repository, and there is no program 'git' on the PATH",
                    hint: "install Git: older commits may need what would be removed")
            }
            throw CommandFailure(error)
        }
        guard outcome.status == 0 else {
            let line = outcome.errorText.split(separator: "\n").first.map(String.init) ?? "status \(outcome.status)"
            throw said(line.hasPrefix("fatal: ") ? String(line.dropFirst(7)) : line, arguments.first { !$0.hasPrefix("-") } ?? "")
        }
        return outcome.output
    }

    /// As ours, but for what would lead Git to another repository or to the network.
    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        for entry in Host.environmentBlock() {
            let parts = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].hasPrefix("GIT_") { variables[String(parts[0])] = String(parts[1]) }
        }
        variables["GIT_NO_LAZY_FETCH"] = "1"
        variables["GIT_OPTIONAL_LOCKS"] = "0"
        return variables
    }

    private func said(_ words: String, _ command: String) -> CommandFailure {
        CommandFailure(
            .refused, "Git cannot say what older commits of workspace '\(workspace)' need: \(DiagnosticRenderer.printable(words))",
            hint: "nothing was removed; 'git -C \(workspace) log -- \(Lockfile.fileName)' should work first")
    }
}
