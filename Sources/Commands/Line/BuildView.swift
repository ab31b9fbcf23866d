internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Numerics
internal import Planning
internal import Platform
internal import Running
internal import Synchronization

/// Shows a build while it goes on: one line a stage, and on a terminal a line below that says what runs now.
final class BuildView: Sendable {
    private struct State {
        var total = 0
        var finished: Set<String> = []
        var log = LogLines()
        var running: [(stage: String, text: String)] = []
        var shownAt: Int64 = 0
        var hasStatusLine = false
    }

    private let reporter: Reporter
    private let manifest: Manifest
    private let lockfile: Lockfile
    /// Stages whose commands run without a sandbox.
    private let unprotected: Set<String>
    private let isLive: Bool
    private let state = Mutex(State())

    init(_ reporter: Reporter, _ manifest: Manifest, _ lockfile: Lockfile, _ graph: BuildGraph) {
        self.reporter = reporter
        unprotected = graph.unprotected
        self.manifest = manifest
        self.lockfile = lockfile
        isLive = Terminal.isTerminal(.error) && !reporter.quiet && Host.environment("TERM") != "dumb"
    }

    func show(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .waitingForLock(let holder): line(WorkspaceFolder.waiting(for: holder), &state)
            case .started(let stages): state.total = stages
            case .stageStarted(let stage, let reason):
                state.running.append((stage, reason.text))
                if !isLive {
                    line(
                        "\(stage): running (\(DiagnosticRenderer.printable(reason.text)))\(unprotected.contains(stage) ? " [no sandbox]" : "")",
                        &state)
                }
            case .stageProgress(let stage, let progress):
                if let index = state.running.firstIndex(where: { $0.stage == stage }) { state.running[index].text = progress.text }
            case .stageOutput(let stage, let bytes):
                guard reporter.verbose else { break }
                for text in state.log.add(bytes, of: stage) { line("\(stage) | \(text)", &state) }
            case .stageFinished(let report):
                state.finished.insert(report.stage)
                if let text = state.log.end(of: report.stage) { line("\(report.stage) | \(text)", &state) }
                state.running.removeAll { $0.stage == report.stage }
                finished(report, &state)
            }
            refresh(&state)
        }
    }

    /// Shows something that is about the build as a whole.
    func note(_ text: String) {
        state.withLock { line(text, &$0) }
    }

    /// Shows what a build without events, such as a dry run, would do to each stage.
    func showStages(of report: BuildReport) {
        state.withLock { state in
            for stage in report.stages { finished(stage, &state) }
        }
    }

    /// Shows failures and the count of outcomes, after the last event.
    func finish(_ report: BuildReport) {
        state.withLock { clear(&$0) }
        let known = [manifest.source, SourceText(name: Lockfile.fileName, bytes: lockfile.encode())]
        for failure in report.failures { reporter.show(failure.diagnostics, in: failure.sources + known) }
        reporter.say(Self.sentence(report))
        if !unprotected.isEmpty {
            reporter.say(
                "\(counted(unprotected.count, "command")) without a sandbox: \(unprotected.count == 1 ? "its result is" : "their results are") marked,"
                    + " never taken for those of a sandbox, and not packaged")
        }
        if report.signal != nil { reporter.say("stopped by a signal; 'mlbuild build' goes on from here") }
        reporter.summarise(report.summary)
    }

    private func finished(_ report: StageReport, _ state: inout State) {
        reporter.record("stage", report.members)
        let name = report.stage
        let mark = report.mark
        switch report.outcome {
        case .upToDate:
            if let voucher = report.voucher {
                line("\(name): from '\(voucher.place)', signed by \(voucher.signer)", &state)
            } else if reporter.verbose {
                line("\(name): up to date\(mark)", &state)
            }
        case .restored(let list):
            let place = report.voucher.map { "'\($0.place)', signed by \($0.signer)" } ?? "the cache"
            line("\(name): from \(place) (\(list.inWords))\(mark)", &state)
        case .ran(let reason):
            line("\(name): done in \(Self.duration(report.seconds ?? 0)) (\(DiagnosticRenderer.printable(reason.text)))\(mark)", &state)
        case .failed(let failure):
            line("\(name): failed\(mark)", &state)
            clear(&state)
            reporter.show(failure.diagnostics, in: failure.sources + [manifest.source])
        case .cancelled: line("\(name): stopped", &state)
        case .skipped(let because): line("\(name): skipped, '\(because)' has no result", &state)
        case .notStarted: if reporter.verbose { line("\(name): not started", &state) }
        case .wouldRestore(let list): line("\(name): would come from the cache (\(list.inWords))\(mark)", &state)
        case .wouldRun(let reason): line("\(name): would run (\(DiagnosticRenderer.printable(reason.text)))\(mark)", &state)
        case .wouldFollow(let stages): line("\(name): depends on what \(stages.map { "'\($0)'" }.joined(separator: ", ")) gives", &state)
        }
    }

    private func line(_ text: String, _ state: inout State) {
        clear(&state)
        reporter.say(text)
    }

    private func clear(_ state: inout State) {
        guard state.hasStatusLine else { return }
        Terminal.write("\r\u{1B}[K", to: .error)
        state.hasStatusLine = false
    }

    /// Often enough to look alive, seldom enough to cost nothing.
    private static let interval: Int64 = 80_000_000

    private func refresh(_ state: inout State) {
        guard isLive, !state.running.isEmpty else { return }
        let now = Clock.monotonic()
        guard now - state.shownAt >= Self.interval else { return }
        state.shownAt = now
        let what = state.running.map { "\($0.stage): \($0.text)" }.joined(separator: "; ")
        let text = "[\(state.finished.count)/\(state.total)] " + DiagnosticRenderer.printable(what)
        let width = max(10, (Terminal.width(.error) ?? 80) - 1)
        Terminal.write("\r\u{1B}[K" + String(text.prefix(width)), to: .error)
        state.hasStatusLine = true
    }

    private static func sentence(_ report: BuildReport) -> String {
        let words: [(name: String, text: String)] = [
            ("ran", "ran"), ("restored", "from the cache"), ("upToDate", "up to date"), ("failed", "failed"), ("cancelled", "stopped"),
            ("skipped", "skipped"), ("notStarted", "not started"), ("wouldRun", "would run"), ("wouldRestore", "would come from the cache"),
            ("wouldFollow", "depending on others"),
        ]
        let parts = words.compactMap { word in
            let count = report.count(of: word.name)
            return count == 0 ? nil : "\(count) \(word.text)"
        }
        return "\(counted(report.stages.count, "stage")): " + (parts.isEmpty ? "none" : parts.joined(separator: ", "))
            + " in \(duration(report.seconds))"
    }

    private static func duration(_ seconds: Double) -> String {
        let bounded = min(max(seconds, 0), 1e9)
        if bounded < 1 { return "\(Int((bounded * 1000).rounded())) ms" }
        if bounded < 60 { return "\(DecimalText.text((bounded * 100).rounded() / 100)) s" }
        return "\(Int(bounded) / 60) min \(Int(bounded) % 60) s"
    }
}

extension [Restoration] {
    /// The reasons, each once, with the paths where they are few: `build/train/log.jsonl: output altered`.
    var inWords: String {
        guard count > 1, Set(map(\.reason)).count == 1, let reason = first?.reason else {
            return map { "\($0.path): \($0.reason.text)" }.joined(separator: ", ")
        }
        return "\(counted(count, "output")): \(reason.text)"
    }
}

extension BuildGraph {
    /// The stages whose commands run without a sandbox.
    var unprotected: Set<String> {
        Set(
            actions.compactMap { action in
                if case .command(let work) = action.work, work.isolation == .none { action.stage } else { nil }
            })
    }
}

extension StageReport {
    /// What follows whatever is said of a result that cannot be relied on like others; empty for those that can.
    var mark: String {
        var words: [String] = []
        if isolation == Isolation.none { words.append("no sandbox") }
        if entropy == "host" { words.append("random bytes of the host") }
        return words.isEmpty ? "" : " [\(words.joined(separator: ", "))]"
    }
}
