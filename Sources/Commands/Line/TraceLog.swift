internal import Synchronization

/// What a traced command writes: shown where more is asked for, its end kept, its complaints about Python modules read.
final class TraceLog: Sendable {
    private struct State {
        var lines = LogLines()
        var last: [String] = []
        var modules: [String] = []
    }

    private static let kept = 12
    private let stage: String
    private let reporter: Reporter
    private let state = Mutex(State())

    init(_ stage: String, _ reporter: Reporter) {
        self.stage = stage
        self.reporter = reporter
    }

    func write(_ bytes: [UInt8]) {
        state.withLock { state in
            for line in state.lines.add(bytes, of: stage) { take(line, &state) }
        }
    }

    /// Takes the last line, if nothing ended it.
    func end() {
        state.withLock { state in
            if let line = state.lines.end(of: stage) { take(line, &state) }
        }
    }

    /// The last lines that are not empty.
    var last: [String] { state.withLock { $0.last } }

    /// Python modules that could not be imported, each once, in the order in which they were missed.
    var modules: [String] { state.withLock { $0.modules } }

    private func take(_ line: String, _ state: inout State) {
        reporter.detail("\(stage) | \(line)")
        if line.utf8.contains(where: { $0 > 0x20 }) {
            state.last.append(line)
            if state.last.count > Self.kept { state.last.removeFirst() }
        }
        if let module = Self.module(in: line), !state.modules.contains(module) { state.modules.append(module) }
    }

    /// The `x.y` of `ModuleNotFoundError: No module named 'x.y'`.
    private static func module(in line: String) -> String? {
        guard let range = line.firstRange(of: "No module named ") else { return nil }
        let name = line[range.upperBound...].drop { $0 == "'" || $0 == "\"" }.prefix { $0 != "'" && $0 != "\"" && $0 != " " && $0 != ";" }
        let isOne = !name.isEmpty && name.utf8.allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || Self.isWord($0) }
        return isOne ? String(name) : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
