package import Canonical
package import Locking
package import Planning
package import Storage

/// What a build did with one stage, and what is known of its result.
package struct StageReport: Sendable {
    package let stage: String
    package let outcome: StageOutcome
    /// The key, once all inputs were known.
    package let key: ActionKey?
    /// The artifacts, in the order they are declared; empty without a result.
    package let outputs: [NamedObject]
    /// Wall time of performing the stage; nil when it was not performed.
    package let seconds: Double?
    /// Whose result it is, when it was taken over in this build.
    package let voucher: VouchedResult?

    /// `none` for the result of a command that ran without a sandbox: it is marked, never recorded in the lock, never packaged.
    package var isolation: Isolation? { key?.document["isolation"]?.stringValue.flatMap(Isolation.init(rawValue:)) }
    /// `host` for the result of a command that drew random bytes from the host: it need not come out the same again.
    package var entropy: String? { key?.document["entropy"]?.stringValue }

    init(
        _ stage: String, _ outcome: StageOutcome, _ key: ActionKey? = nil, _ outputs: [NamedObject] = [], seconds: Double? = nil,
        voucher: VouchedResult? = nil
    ) {
        self.stage = stage
        if case .failed(let failure) = outcome, failure.isInterruption { self.outcome = .cancelled } else { self.outcome = outcome }
        self.key = key
        self.outputs = outputs
        self.seconds = seconds
        self.voucher = voucher
    }
}

extension ActionKey {
    /// Whether a result under this key is good for others too: it was made in a sandbox, and may be expected to come out the same again.
    package var isShared: Bool { Self.isShared(document) }

    /// The same of a key's document.
    package static func isShared(_ document: JSONValue) -> Bool {
        document["isolation"]?.stringValue != Isolation.none.rawValue && document["entropy"]?.stringValue != "host"
    }
}

/// An artifact under the name its stage gives it.
package struct NamedObject: Hashable, Sendable {
    package let name: String
    package let object: StoredObject

    package init(_ name: String, _ object: StoredObject) {
        self.name = name
        self.object = object
    }
}

/// What a whole build did.
package struct BuildReport: Sendable {
    /// One for each selected stage, in the order of the graph.
    package let stages: [StageReport]
    /// What stopped the build before its first stage or after its last, such as data that differs from its pin.
    package let failures: [StageFailure]
    /// The lock with the results of this build.
    package let lockfile: Lockfile
    /// Whether `mlops.lock` was written.
    package let lockWritten: Bool
    /// The signal that stopped the build.
    package let signal: Int32?
    package let seconds: Double

    init(stages: [StageReport], failures: [StageFailure], lockfile: Lockfile, lockWritten: Bool, signal: Int32?, seconds: Double) {
        self.stages = stages
        self.failures = failures.filter { !$0.isInterruption }
        self.lockfile = lockfile
        self.lockWritten = lockWritten
        self.signal = signal
        self.seconds = seconds
    }

    package var status: BuildStatus {
        var statuses = failures.map(\.status)
        for report in stages {
            if case .failed(let failure) = report.outcome { statuses.append(failure.status) }
        }
        if let signal { statuses.append(.signalled(signal)) }
        return .worst(of: statuses)
    }

    package subscript(stage: String) -> StageReport? {
        stages.first { $0.stage.utf8.elementsEqual(stage.utf8) }
    }

    /// How many stages ended in a way that has this name; see ``StageOutcome/name``.
    package func count(of name: String) -> Int {
        stages.count { $0.outcome.name == name }
    }
}
