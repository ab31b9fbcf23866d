import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage

// What a build refuses to go on with, in words: one place for every code of this module.
extension StageFailure {
    /// Does something in the world; a refusal becomes a failure.
    static func world<Value>(_ body: () throws(SystemError) -> Value) throws(StageFailure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .refused(error)
        }
    }

    /// As ``world(_:)``, for what the store refuses.
    static func storage<Value>(_ body: () throws(StoreError) -> Value) throws(StageFailure) -> Value {
        do throws(StoreError) {
            return try body()
        } catch {
            throw .store(error)
        }
    }

    /// The world refused. No text is to blame, so this points into none.
    static func refused(_ error: SystemError) -> StageFailure {
        if error.isInterruption, let signal = Interruption.signal {
            return StageFailure(.signalled(signal), code: "build/refused", error.description, at: nil)
        }
        return StageFailure(.refused, code: "build/refused", error.description, at: nil, wayOut: wayOut(of: error))
    }

    /// The store refused, or lost something; no text is to blame.
    static func store(_ error: StoreError) -> StageFailure {
        let wayOut: String?
        var message = error.description
        switch error {
        case .refused(let system) where system.isInterruption: return .refused(system)
        case .refused(let system):
            message = "the store refused: \(system)"
            if system.isMediumFailure {
                wayOut = "look after the disk; 'mlbuild cache verify --repair' brings back what it cannot read, where there is another copy"
                break
            }
            wayOut = self.wayOut(of: system, elsewhere: ", or name another folder for the store with MLBUILD_CACHE")
        case .missing, .corrupt, .notTree, .recordAheadOfObject:
            wayOut = "run the same command again: what the store lost is made again"
        case .newerFormat: wayOut = nil
        }
        return StageFailure(.refused, code: "build/store", message, at: nil, wayOut: wayOut)
    }

    private static func wayOut(of error: SystemError, elsewhere: String = "") -> String? {
        if error.isFull { return "make room on that disk\(elsewhere); then run the same command again" }
        if error.isReadOnly { return "look who owns it and what its permissions are\(elsewhere)" }
        return nil
    }

    /// Nothing lies where local data should be.
    static func dataMissing(_ entry: DataEntry, path: RelativePath, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(
            .problem, code: "build/data-missing", "data '\(entry.name)' is missing: nothing is at '\(path)'", at: location,
            wayOut: "'mlbuild data checkout \(entry.name)' puts it back, on another machine after 'mlbuild pull'; "
                + "or name another path in '\(Manifest.fileName)' and run 'mlbuild lock'")
    }

    /// Local data is not what the lock pins.
    static func dataDiffers(_ entry: DataEntry, found: Digest, pinned: Digest, at location: Diagnostic.Location) -> StageFailure {
        let notes = [
            Diagnostic.Note("found  \(found)"), Diagnostic.Note("pinned \(pinned) in '\(Lockfile.fileName)'"),
            Diagnostic.Note("'mlbuild lock' accepts the new content, 'mlbuild data checkout \(entry.name)' puts the old one back"),
        ]
        let message = "data '\(entry.name)' differs from its pin"
        return StageFailure(.problem, [Diagnostic(code: "build/data-differs", message, at: location, notes: notes)])
    }

    /// The manifest leaves other names out of a folder than its pin does.
    static func dataRules(_ entry: DataEntry, pinned: [String], at location: Diagnostic.Location) -> StageFailure {
        func words(_ patterns: [String]) -> String {
            patterns.isEmpty ? "nothing" : patterns.map { "'\($0)'" }.joined(separator: ", ")
        }
        let notes = [
            Diagnostic.Note("'\(Manifest.fileName)' leaves out \(words(entry.ignore))"),
            Diagnostic.Note("'\(Lockfile.fileName)' was pinned leaving out \(words(pinned))"),
            Diagnostic.Note("'mlbuild lock' pins the data by the new rules"),
        ]
        let message = "data '\(entry.name)' was pinned by other rules for what is left out"
        return StageFailure(.problem, [Diagnostic(code: "build/data-rules", message, at: location, notes: notes)])
    }

    /// The manifest takes data from another place than its pin was taken from.
    static func dataSource(_ entry: DataEntry, pinned: String?, at location: Diagnostic.Location) -> StageFailure {
        let notes = [
            Diagnostic.Note("'\(Lockfile.fileName)' was pinned from \(pinned.map { "'\($0)'" } ?? "the workspace")"),
            Diagnostic.Note("'mlbuild lock' fetches and pins what '\(Manifest.fileName)' names now"),
        ]
        let message = "data '\(entry.name)' was pinned from another place than it names"
        return StageFailure(.problem, [Diagnostic(code: "build/data-source", message, at: location, notes: notes)])
    }

    /// Data is neither in the store nor anywhere that the build may take it from.
    static func dataNotStored(_ entry: DataEntry, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(
            .refused, code: "build/data-not-stored", "data '\(entry.name)' is not in the store", at: location,
            wayOut: "'mlbuild lock --update \(entry.name)' fetches it again")
    }

    /// An input of the workspace, or data, cannot be read as a file or folder.
    static func unreadable(_ path: RelativePath, _ reason: String, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(.problem, code: "build/unreadable-input", "'\(path)' cannot be read: \(reason)", at: location)
    }

    /// Somebody else writes to a file that the build reads or writes.
    static func unsteady(_ path: RelativePath, at location: Diagnostic.Location?) -> StageFailure {
        StageFailure(
            .refused, code: "build/unsteady-file", "'\(path)' keeps changing while the build looks at it", at: location,
            wayOut: "stop what writes to it, and run the same command again")
    }

    /// Somebody else has a file open for writing that the build reads, and wrote to it a moment ago.
    static func openForWriting(_ path: RelativePath) -> StageFailure {
        StageFailure(
            .refused, code: "build/unsteady-file", "'\(path)' is open for writing in another program", at: nil,
            wayOut: "close it there, and run the same command again")
    }

    static func inputMissing(_ path: RelativePath, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(.problem, code: "build/input-missing", "nothing is at './\(path)'", at: location)
    }

    /// Something that mlbuild did not write is in the way of an output.
    static func foreignOutput(_ path: RelativePath, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(
            .problem, code: "build/foreign-output", "'\(path)' was not written by mlbuild, and an output belongs there", at: location,
            wayOut: "move it away or delete it; mlbuild overwrites only what it wrote itself")
    }

    /// A folder above an output is no folder, or leads out of the workspace.
    static func blockedOutput(_ folder: String, _ what: String, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(
            .problem, code: "build/blocked-output", "'\(folder)' is \(what), and outputs belong inside it", at: location,
            wayOut: "move it away; outputs are written into real folders of the workspace")
    }

    /// The same key gave other bytes than before.
    static func notReproducible(
        stage: String, key: Digest, _ contradiction: Contradiction, differences: [(output: String, before: Digest?, after: Digest?)],
        at location: Diagnostic.Location
    ) -> StageFailure {
        let notes = differences.flatMap { difference in
            contradiction.witnesses(difference.before?.description ?? "absent", difference.after?.description ?? "absent").map {
                Diagnostic.Note("output '\(difference.output)' \($0)")
            }
        }
        let waysOut = contradiction.waysOut(stage: stage).map { Diagnostic.Note($0) }
        let message = "stage '\(stage)' is not reproducible: other bytes for the same key \(key)"
        return StageFailure(
            .notReproducible, [Diagnostic(code: "build/not-reproducible", message, at: location, notes: notes + waysOut)])
    }

    /// The frozen lock speaks of another key.
    static func drift(stage: String, locked: Digest, planned: Digest, parts: [String], at location: Diagnostic.Location) -> StageFailure {
        let notes =
            [Diagnostic.Note("locked  \(locked)"), Diagnostic.Note("planned \(planned)")] + parts.map { Diagnostic.Note($0) }
            + [Diagnostic.Note("'mlbuild build' without --locked records the new result")]
        let message = "stage '\(stage)' has drifted from '\(Lockfile.fileName)': its result there has another key"
        return StageFailure(.problem, [Diagnostic(code: "build/drift", message, at: location, notes: notes)])
    }

    /// The performer did not give what the action declares.
    static func wrongOutputs(stage: String, _ what: String, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(.stageFailed, code: "build/outputs", "stage '\(stage)' failed: \(what)", at: location)
    }

    static func stageFailed(_ stage: String, _ message: String, at location: Diagnostic.Location) -> StageFailure {
        StageFailure(.stageFailed, code: "build/stage-failed", "stage '\(stage)' failed: \(message)", at: location)
    }

    /// A file that the build was given has been changed by somebody else.
    static func changedMeanwhile(_ file: String) -> StageFailure {
        StageFailure(
            .refused, code: "build/changed-meanwhile", "'\(file)' was changed while the build waited for another one", at: nil,
            wayOut: "run the same command again")
    }
}
