import Locking

/// Two results of one key with other bytes: where they stand, and how to find out and settle which of them is wrong.
enum Contradiction: Equatable {
    /// What the store has is not what the lock records; nothing ran.
    case storedAgainstLock
    /// What was made is not what the lock records; the store has nothing of this key.
    case madeAgainstLock
    /// What was made and what the store has are the same, and the lock records something else.
    case madeAndStoredAgainstLock
    /// What was made is neither what the lock records nor what the store has; those may be the same.
    case madeAgainstLockAndStore(areSame: Bool)
    /// What was made is not what the store has; the lock records nothing for this key.
    case madeAgainstStore
    /// What was made is what the lock records, and the store had something else, which is in quarantine now.
    case madeAndLockAgainstStore
    /// What somebody else vouches for is not what the store has a record of; nothing ran.
    case vouchedAgainstStore(signer: String)

    /// An output of the earlier result and of the later one, each in words with the place where it stands.
    func witnesses(_ before: String, _ after: String) -> [String] {
        switch self {
        case .storedAgainstLock: ["is \(before) in '\(Lockfile.fileName)'", "is \(after) in the store"]
        case .madeAgainstLock, .madeAndStoredAgainstLock, .madeAgainstLockAndStore:
            ["was \(before) in '\(Lockfile.fileName)'", "is now \(after)"]
        case .vouchedAgainstStore(let signer): ["was \(before) in the store", "is \(after), as '\(signer)' has signed"]
        case .madeAgainstStore, .madeAndLockAgainstStore: ["was \(before) in the store", "is now \(after)"]
        }
    }

    /// What to do, in the order in which to try it.
    func waysOut(stage: String) -> [String] {
        let entry = "the two lines of 'stage/\(stage)' under 'results' in '\(Lockfile.fileName)'"
        switch self {
        case .storedAgainstLock: return ["'mlbuild build --force \(stage)' makes it again, and tells which of the two is wrong"]
        case .madeAgainstLock:
            return ["if what is locked is wrong, delete \(entry), and build again; else find out what else the stage reads"]
        case .madeAndStoredAgainstLock:
            return ["the store agrees with this run, so what is locked is wrong: delete \(entry), and build again"]
        case .madeAgainstLockAndStore(areSame: true):
            return ["find out what else the stage reads; 'mlbuild build \(stage)' without --force takes the stored result"]
        case .madeAgainstLockAndStore(areSame: false):
            return ["find out what else the stage reads; to take the stored result, delete \(entry), and build without --force"]
        case .madeAgainstStore:
            return [
                "'mlbuild build \(stage)' without --force takes the stored result",
                "if that is the wrong one, build once with MLBUILD_CACHE naming an empty folder, then with --force and this store again",
            ]
        case .vouchedAgainstStore:
            return ["'mlbuild build --offline --force \(stage)' makes it again, and tells which of the two is wrong"]
        case .madeAndLockAgainstStore:
            return ["'\(Lockfile.fileName)' agrees with this run, so the stored result was wrong: it is in quarantine now; build again"]
        }
    }
}
