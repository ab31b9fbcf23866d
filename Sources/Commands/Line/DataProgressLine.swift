internal import Platform
internal import Storage
internal import Synchronization

/// Says how far the reading of data has come: on a terminal in one line that is written over, elsewhere in a line now and then.
final class DataProgressLine: Sendable {
    /// Between two lines that stay.
    private static let interval = 5.0

    private let line: StatusLine
    private let isLive = Terminal.isTerminal(.error)
    private let said = Mutex<Double>(0)

    init(_ reporter: Reporter) {
        line = StatusLine(reporter)
    }

    /// - Parameter entry: the data that is read; nil for all that is in the store.
    func show(_ entry: String?, _ progress: ImportProgress) {
        if !isLive {
            let isDue = said.withLock { said in
                // The clock starts anew with each entry.
                if progress.seconds < said { said = 0 }
                guard progress.seconds - said >= Self.interval else { return false }
                said = progress.seconds
                return true
            }
            if !isDue { return }
        }
        line.show((entry.map { "data '\($0)': " } ?? "checked ") + Self.text(progress))
    }

    func clear() { line.clear() }

    /// `12,000 of 100,000 files, 480 MB, 520 MB/s, 3 s left`
    static func text(_ progress: ImportProgress) -> String {
        var parts: [String] = []
        if progress.allFiles > 1 { parts.append("\(Quantity.count(progress.files)) of \(Quantity.count(progress.allFiles)) files") }
        let bytes = Quantity.bytes(progress.bytes)
        parts.append(progress.allBytes.map { "\(bytes) of \(Quantity.bytes($0))" } ?? bytes)
        if progress.seconds > 0 { parts.append(Quantity.bytes(Int(Double(progress.bytes) / progress.seconds)) + "/s") }
        if let left = progress.secondsLeft { parts.append("\(Quantity.duration(left)) left") }
        return parts.joined(separator: ", ")
    }
}
