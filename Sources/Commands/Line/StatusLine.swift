internal import Diagnostics
internal import Platform
internal import Synchronization

/// Says what goes on in work without stages: on a terminal in one line that is written over, elsewhere line by line.
final class StatusLine: Sendable {
    private let reporter: Reporter
    private let isLive: Bool
    private let isTransient: Bool
    private let isShown = Mutex(false)

    /// - Parameter isTransient: whether nobody misses the lines where they cannot be written over, unless more is asked for.
    init(_ reporter: Reporter, isTransient: Bool = false) {
        self.reporter = reporter
        self.isTransient = isTransient
        isLive = Terminal.isTerminal(.error) && !reporter.quiet && Host.environment("TERM") != "dumb"
    }

    func show(_ text: String) {
        guard isLive else {
            if isTransient { reporter.detail(text) } else { reporter.say(text) }
            return
        }
        isShown.withLock { isShown in
            let width = max(10, (Terminal.width(.error) ?? 80) - 1)
            Terminal.write("\r\u{1B}[K" + String(DiagnosticRenderer.printable(text).prefix(width)), to: .error)
            isShown = true
        }
    }

    /// Takes the line away, so that others can follow.
    func clear() {
        isShown.withLock { isShown in
            if isShown { Terminal.write("\r\u{1B}[K", to: .error) }
            isShown = false
        }
    }
}
