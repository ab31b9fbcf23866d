internal import Archives
internal import Diagnostics
internal import Learning
internal import Locking
internal import Manifests
internal import Packing
internal import Platform
internal import Storage

// Every error of the modules below becomes a message, a way out and a status here, and nowhere else.
extension CommandFailure {
    init(_ error: SystemError) {
        if error.isInterruption, let signal = Interruption.signal {
            self.init(stoppedBy: signal)
            return
        }
        self.init(.refused, error.description, hint: Self.hint(for: error))
    }

    init(_ error: StoreError) {
        switch error {
        case .refused(let system) where system.isInterruption: self.init(system)
        case .refused(let system) where system.isMediumFailure:
            self.init(
                .refused, "the store's disk fails: \(system)",
                hint: "look after the disk; 'mlbuild cache verify --repair' brings back what it cannot read, where there is another copy")
        case .refused(let system):
            let isPlace = system.isReadOnly || system.isFull || system.isMissing
            let elsewhere = isPlace ? "MLBUILD_CACHE names another folder for the store" : nil
            self.init(.refused, "the store refused: \(system)", hint: elsewhere ?? Self.hint(for: system))
        case .newerFormat:
            self.init(.refused, error.description, hint: "update mlbuild, or name another folder with MLBUILD_CACHE")
        case .missing, .corrupt, .notTree, .recordAheadOfObject:
            self.init(.refused, error.description, hint: "'mlbuild build' makes it again")
        }
    }

    init(_ error: LockingError) {
        switch error {
        case .store(let store): self.init(store)
        case .source(let refusal):
            if refusal.isInterruption, let signal = Interruption.signal {
                self.init(stoppedBy: signal)
            } else {
                self.init(refusal.isProblemOfInput ? .problem : .refused, refusal.description)
            }
        }
    }

    init(_ error: ArchiveError, file: String) {
        switch error {
        case .libraryMissing: self.init(.refused, error.description)
        default: self.init(.problem, "'\(file)': \(error)")
        }
    }

    init(_ error: PackingError, manifest: Manifest? = nil, archive: String = "the archive") {
        switch error {
        case .diagnostics(let diagnostics, let sources):
            self.init(diagnostics, in: sources + (manifest.map { [$0.source] } ?? []))
        case .notBuilt(let stage): self.init(.problem, "stage '\(stage)' has no result", hint: "'mlbuild build \(stage)' makes it")
        case .opaque:
            self.init(
                .problem, "the model in \(archive) was made by a command, so mlbuild has no prediction built in for it",
                hint: "its files are below 'model/'; 'mlbuild inspect' lists them")
        case .noSamples: self.init(.problem, "\(archive) holds no samples")
        case .model(let error): self.init(error.diagnostics, in: [])
        case .archive(let error): self.init(error, file: archive)
        case .store(let error): self.init(error)
        }
    }

    private static func hint(for error: SystemError) -> String? {
        if error.isReadOnly { return "check who owns it and what its permissions are" }
        if error.isFull { return "make room, and run the same command again" }
        return nil
    }

    /// Runs a call to the outside; what it throws becomes a failure.
    static func catching<Value>(_ body: () throws(SystemError) -> Value) throws(CommandFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw CommandFailure(error) }
    }

    /// Runs a call to the store; what it throws becomes a failure.
    static func storing<Value>(_ body: () throws(StoreError) -> Value) throws(CommandFailure) -> Value {
        do throws(StoreError) { return try body() } catch { throw CommandFailure(error) }
    }
}
