import Canonical
import Diagnostics
import Platform
import Synchronization

/// What the journals say about the last attempt at each stage; read when it is first asked for.
final class History: Sendable {
    enum Ending: Sendable {
        case result, failed, refused, cancelled
    }

    struct Attempt: Sendable {
        let key: Digest
        let ending: Ending
        let document: JSONValue?
    }

    private let folder: StateFolder
    private let attempts = Mutex<[String: Attempt]?>(nil)

    init(_ folder: StateFolder) {
        self.folder = folder
    }

    /// The last attempt at `stage` that the newest journals tell of.
    func lastAttempt(at stage: String) -> Attempt? {
        attempts.withLock { known in
            if known == nil { known = read() }
            return known?[stage]
        }
    }

    /// So many journals are looked through, and so many bytes of them: history only makes reasons better.
    private static let newest = 10
    private static let bytes = 32 << 20

    private func read() -> [String: Attempt] {
        var attempts: [String: Attempt] = [:]
        var left = Self.bytes
        // What cannot be read is not known; a reason is then less exact, and nothing else changes.
        for name in ((try? Journal.names(in: folder)) ?? []).suffix(Self.newest).reversed() {
            guard let bytes = try? Files.read(folder.journal.appending(name), limit: left) else { continue }
            left -= bytes.count
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                guard let (stage, attempt) = Self.attempt(Array(line)), attempts[stage] == nil else { continue }
                attempts[stage] = attempt
            }
        }
        return attempts
    }

    private static func attempt(_ line: [UInt8]) -> (stage: String, Attempt)? {
        let parsed = JSONDocument.parse(SourceText(name: "journal", bytes: line), limits: .canonical)
        guard !parsed.hasErrors, let root = parsed.value?.root, root["record"]?.string == "stage",
            let stage = root["stage"]?.string, let outcome = root["outcome"]?.string, let key = root["key"]?.string.flatMap({ Digest($0) })
        else { return nil }
        return (
            stage, Attempt(key: key, ending: ending(outcome, status: root["error"]?["status"]?.integer), document: root["document"]?.value)
        )
    }

    private static func ending(_ outcome: String, status: Int?) -> Ending {
        switch outcome {
        // A disk that is full says nothing about the stage.
        case "failed": status == Int(BuildStatus.refused.rawValue) ? .refused : .failed
        case "cancelled": .cancelled
        default: .result
        }
    }
}
