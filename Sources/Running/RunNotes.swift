import Canonical
import Platform
import Synchronization

/// What a performer says while it works: its log, in a file of its own and to whoever watches, and facts for the record.
final class RunNotes: Sendable {
    private struct State: ~Copyable {
        var file: Descriptor?
        var refusal: SystemError?
        var facts: [JSONMember] = []
    }

    private let stage: String
    private let path: HostPath
    private let events: BuildEventSink
    private let state = Mutex(State())

    init(stage: String, folder: StateFolder, events: @escaping BuildEventSink) {
        self.stage = stage
        path = folder.log(of: stage)
        self.events = events
    }

    /// Takes away the log of the last run: a run that says nothing has none.
    func begin() throws(StageFailure) {
        try StageFailure.world { () throws(SystemError) in try Files.removeFileIfPresent(path) }
    }

    /// Adds to the log, and shows it.
    func write(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        state.withLock { state in
            // After a refusal the log stays as it is: what comes later would stand in the wrong place.
            guard state.refusal == nil else { return }
            do throws(SystemError) {
                if state.file == nil {
                    try Files.makeDirectories(path.parent)
                    state.file = try Descriptor.creating(path, mode: 0o644)
                }
                try state.file?.write(bytes)
            } catch {
                state.refusal = error
            }
        }
        events(.stageOutput(stage: stage, bytes: bytes))
    }

    /// Keeps a fact; of two with one name the later counts.
    func add(_ fact: JSONMember) {
        state.withLock { state in
            state.facts.removeAll { $0.name.utf8.elementsEqual(fact.name.utf8) }
            state.facts.append(fact)
        }
    }

    /// Closes the log.
    func end() {
        state.withLock { $0.file = nil }
    }

    /// Why the log is not whole; nil when it is.
    var refusal: SystemError? { state.withLock { $0.refusal } }

    var facts: [JSONMember] { state.withLock { $0.facts } }
}
