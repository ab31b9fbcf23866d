internal import Platform
internal import Storage

/// `cache`: shows, checks and clears the store that all workspaces share.
struct CacheCommand {
    /// What can be done with the store.
    enum Work: String, CaseIterable {
        case info
        case verify
        case gc

        fileprivate var flags: [String] {
            switch self {
            case .info: []
            case .verify: ["repair"]
            case .gc: ["dry-run", "grace", "max-size", "imported", "quarantine", "forget"]
            }
        }
    }

    private let work: Work
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) {
        let word = arguments.operands[0]
        guard let work = Work(rawValue: word) else {
            throw CommandFailure("there is no 'cache \(word)'", for: word, of: Work.allCases.map(\.rawValue))
        }
        for other in Work.allCases where other != work {
            for flag in other.flags where arguments.has(flag) || arguments.value(flag) != nil {
                throw CommandFailure(.usage, "'--\(flag)' goes with 'cache \(other.rawValue)'")
            }
        }
        self.work = work
        self.arguments = arguments
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let path = try WorkspaceFolder.storePath()
        let store = try CommandFailure.storing { () throws(StoreError) in try DirectoryStore.open(path) }
        switch work {
        case .info: return try CacheInfo(store, reporter).run()
        case .verify: return try CacheVerification(store, reporter, repairs: arguments.has("repair")).run()
        case .gc: return try CacheCollection(store, arguments, reporter).run()
        }
    }
}
