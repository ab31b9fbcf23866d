internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Platform
internal import Running

/// `check`: reports every problem in the manifest, and mends the obvious ones.
struct CheckCommand {
    private let workspace: WorkspaceFolder
    private let fixes: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        workspace = try WorkspaceFolder.find(arguments)
        fixes = arguments.has("fix")
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        // Between reading and mending, no other mlbuild may write.
        let lock = fixes ? try workspace.lock(reporter) : nil
        let status = try check(reporter)
        if let lock { try CommandFailure.catching { () throws(SystemError) in try lock.release() } }
        return status
    }

    private func check(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        guard var source = try workspace.text(Manifest.fileName) else {
            throw CommandFailure(.problem, "\(workspace.prefix)\(Manifest.fileName) is gone", hint: "'mlbuild init' makes a workspace")
        }
        var read = ManifestReader.read(source)
        if fixes {
            (source, read) = try fixed(source, read, reporter)
            try ignoreOutputs(of: read.value, reporter)
        }
        reporter.show(read.diagnostics, in: [source])
        let errors = read.diagnostics.count { $0.severity == .error }
        let warnings = read.diagnostics.count - errors
        reporter.record(
            "check",
            [JSONMember("errors", .integer(errors)), JSONMember("warnings", .integer(warnings)), JSONMember("file", .string(source.name))])
        if errors > 0 {
            let fixable = read.diagnostics.count { $0.fixIt != nil }
            reporter.say("\(source.name): \(counted(errors, "error"))" + (warnings > 0 ? ", \(counted(warnings, "warning"))" : ""))
            if fixable > 0, !fixes { reporter.say("  hint: 'mlbuild check --fix' mends \(fixable) of them") }
            return .problem
        }
        let stages = read.value?.stages.count ?? 0
        reporter.say(
            "\(source.name): no errors" + (warnings > 0 ? ", \(counted(warnings, "warning"))" : "") + ", \(counted(stages, "stage"))")
        reporter.next("mlbuild build")
        return .done
    }

    /// Applies fix-its until none is left that helps; each round reads the text anew.
    private func fixed(
        _ source: SourceText, _ read: Diagnosed<Manifest>, _ reporter: Reporter
    ) throws(CommandFailure) -> (SourceText, Diagnosed<Manifest>) {
        var source = source
        var read = read
        var total = 0
        let roundsAtMost = 16
        for _ in 0..<roundsAtMost {
            let fixIts = DiagnosticRenderer.sorted(read.diagnostics).compactMap(\.fixIt)
            let result = FixIt.apply(fixIts, to: source.bytes)
            if result.applied == 0 || result.bytes == source.bytes { break }
            let next = SourceText(name: source.name, bytes: result.bytes)
            let reread = ManifestReader.read(next)
            total += result.applied
            source = next
            read = reread
        }
        if total > 0 {
            let path = workspace.root.appending(Manifest.fileName)
            do throws(SystemError) { try Files.write(source.bytes, to: path, durable: true) } catch { throw CommandFailure(error) }
        }
        reporter.say("\(source.name): \(total == 0 ? "nothing to fix" : "\(counted(total, "fix", plural: "fixes")) applied")")
        return (source, read)
    }

    private func ignoreOutputs(of manifest: Manifest?, _ reporter: Reporter) throws(CommandFailure) {
        let path = workspace.root.appending(".gitignore")
        do throws(SystemError) {
            let old = try Files.readIfPresent(path) ?? []
            guard let new = GitIgnore.completed(old, for: manifest) else { return }
            try Files.write(new, to: path, durable: true)
        } catch {
            throw CommandFailure(error)
        }
        reporter.say(".gitignore: added what mlbuild makes")
    }
}

/// `1 stage`, `2 stages`.
func counted(_ count: Int, _ word: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? word : plural ?? word + "s")"
}
