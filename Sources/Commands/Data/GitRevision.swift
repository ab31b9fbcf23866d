internal import Diagnostics
internal import Platform

/// A commit of the Git repository that a workspace lies in.
struct GitRevision {
    /// As the command line names it.
    let name: String
    private let commit: String
    private let folder: WorkspaceFolder

    /// - Throws: when there is no Git, no repository, or no such commit.
    init(_ name: String, in folder: WorkspaceFolder) throws(CommandFailure) {
        self.name = name
        self.folder = folder
        let answer = try Self.git(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}"], folder)
        if answer.status == 128, !answer.errorText.isEmpty {
            throw CommandFailure(.problem, "Git cannot say what '\(name)' is: \(Self.said(answer))")
        }
        commit = answer.outputText.filter { !$0.isWhitespace }
        guard answer.status == 0, !commit.isEmpty else {
            throw CommandFailure(.problem, "Git knows no commit '\(name)' here", hint: "'git log --oneline -- mlops.lock' lists commits")
        }
    }

    /// A file of the workspace as it was in the commit; nil when it was not there.
    func text(_ file: String) throws(CommandFailure) -> SourceText? {
        let listed = try Self.git(["ls-tree", "--name-only", commit, "./\(file)"], folder)
        guard listed.status == 0 else { throw CommandFailure(.refused, "Git cannot list '\(name)': \(Self.said(listed))") }
        if listed.output.isEmpty { return nil }
        let shown = try Self.git(["show", "\(commit):./\(file)"], folder)
        guard shown.status == 0 else { throw CommandFailure(.refused, "Git cannot show '\(file)' of '\(name)': \(Self.said(shown))") }
        return SourceText(name: "\(name):\(file)", bytes: shown.output)
    }

    private static func git(_ arguments: [String], _ folder: WorkspaceFolder) throws(CommandFailure) -> ProcessRunner.Outcome {
        do throws(SystemError) {
            return try ProcessRunner.run(["git", "-C", folder.root.description] + arguments)
        } catch {
            if error.isMissing { throw CommandFailure(.refused, "there is no program 'git' on the PATH", hint: "install Git") }
            throw CommandFailure(error)
        }
    }

    /// The first line that Git said, without its own prefix.
    private static func said(_ outcome: ProcessRunner.Outcome) -> String {
        let line = outcome.errorText.split(separator: "\n").first.map(String.init) ?? "status \(outcome.status)"
        let words = line.hasPrefix("fatal: ") ? String(line.dropFirst(7)) : line
        return DiagnosticRenderer.printable(words)
    }
}
