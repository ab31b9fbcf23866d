internal import Actions
internal import Synchronization

/// What a traced command writes: shown where more is asked for, its end kept, its complaints about Python modules read.
final class TraceLog: Sendable {
    private struct State {
        var lines = LogLines()
        var reading = LogReading()
    }

    private let stage: String
    private let reporter: Reporter
    private let state = Mutex(State())

    init(_ stage: String, _ reporter: Reporter) {
        self.stage = stage
        self.reporter = reporter
    }

    func write(_ bytes: [UInt8]) {
        state.withLock { state in
            state.reading.take(bytes)
            guard reporter.verbose else { return }
            for line in state.lines.add(bytes, of: stage) { reporter.say("\(stage) | \(line)") }
        }
    }

    /// Takes the last line, if nothing ended it.
    func end() {
        state.withLock { state in
            state.reading.endLine()
            if let line = state.lines.end(of: stage) { reporter.say("\(stage) | \(line)") }
        }
    }

    /// The last lines that are not blank.
    var last: [String] { state.withLock { $0.reading.last } }

    /// Python modules that could not be imported, each once, in the order in which they were missed.
    var modules: [String] { state.withLock { $0.reading.modules } }
}
