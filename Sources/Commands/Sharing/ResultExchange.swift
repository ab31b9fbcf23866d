internal import Canonical
internal import Locking
internal import Planning
internal import Platform
internal import Remotes
internal import Running
internal import Signing
internal import Storage

/// Moves the results that the lock records between the store and a remote.
struct ResultExchange {
    /// What became of the results that were to be moved.
    struct Outcome {
        var moved = 0
        /// Results without a record here, or that are good for this machine alone.
        var unshared = 0
        /// Results that could not be had, with the reasons that there are.
        var absent: [(stage: String, reasons: [String])] = []
        /// Stages whose result lies there with other outputs, or here.
        var contradicted: [String] = []
        var transfer = TransferReport()
    }

    private let session: Session
    private let results: [Lockfile.Entry<ResultPin>]
    private let entry: RemoteList.Entry
    private let shelf: ResultShelf
    private let program: SSHKeygen
    private let folder: HostPath

    init(_ session: Session, _ lockfile: Lockfile, _ entry: RemoteList.Entry, _ remote: any Remote, retry: Retry, lanes: Int)
        throws(CommandFailure)
    {
        self.session = session
        self.entry = entry
        results = lockfile.results
        let store = session.store
        folder = try CommandFailure.storing { () throws(StoreError) in try store.workFolder() }
        program = SSHKeygen(in: folder)
        shelf = ResultShelf(store, at: remote, retry: retry, lanes: lanes, program: program)
    }

    /// Removes what signing and checking needed.
    func end() throws(CommandFailure) {
        try CommandFailure.storing { () throws(StoreError) in try session.store.removeWorkFolder(folder) }
    }

    /// Signs and sends what the remote does not have under this key's signature.
    func send(signing path: HostPath, progress: @escaping @Sendable (TransferProgress) -> Void) throws(CommandFailure) -> Outcome {
        var outcome = Outcome()
        var records: [ActionRecord] = []
        for result in results {
            let record = try CommandFailure.storing { () throws(StoreError) in try session.store.record(for: result.pin.key) }
            guard let record, ActionKey.isShared(record.document), record.gives(result.pin),
                try CommandFailure.storing({ () throws(StoreError) in try session.store.hasAll(of: record) })
            else {
                outcome.unshared += 1
                continue
            }
            records.append(record)
        }
        let sent = try sharing { () throws(ResultShelf.Failure) in
            let key: SSHKeygen.Key
            do throws(SigningError) { key = try program.key(at: path) } catch { throw .signing(error) }
            return try shelf.send(records, signing: key, progress: progress)
        }
        outcome.moved = sent.keys.count
        outcome.contradicted = stages(of: sent.contradicted)
        outcome.transfer = sent.transfer
        return outcome
    }

    /// Takes over what the store lacks and somebody of the list vouches for.
    func take(by signers: SignerList) throws(CommandFailure) -> Outcome {
        var outcome = Outcome()
        for result in results {
            let known = try CommandFailure.storing { () throws(StoreError) in
                guard let record = try session.store.record(for: result.pin.key) else { return false }
                return try session.store.hasAll(of: record)
            }
            if known { continue }
            let found = try sharing { () throws(ResultShelf.Failure) in try shelf.result(result.pin.key, by: signers) }
            switch found {
            case .nothing(let reasons): outcome.absent.append((result.name, reasons))
            case .result(let record, let signer):
                guard record.gives(result.pin) else {
                    outcome.contradicted.append(result.name)
                    continue
                }
                let vouched = VouchedResult(record, signer: signer.names, place: entry.name)
                let published = try CommandFailure.storing { () throws(StoreError) in try session.store.publish(vouched.kept) }
                if case .conflict = published { outcome.contradicted.append(result.name) } else { outcome.moved += 1 }
            }
        }
        return outcome
    }

    private func stages(of keys: [Digest]) -> [String] {
        let keys = Set(keys)
        return results.filter { keys.contains($0.pin.key) }.map(\.name)
    }

    private func sharing<Value>(_ body: () throws(ResultShelf.Failure) -> Value) throws(CommandFailure) -> Value {
        do throws(ResultShelf.Failure) {
            return try body()
        } catch {
            switch error {
            case .remote(let error): throw CommandFailure(error, remote: entry)
            case .signing(let error): throw CommandFailure(error)
            }
        }
    }
}

extension ActionRecord {
    /// Whether it is what the lock records.
    fileprivate func gives(_ pin: ResultPin) -> Bool {
        outputs.count == pin.outputs.count
            && zip(outputs, pin.outputs).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && $0.object == $1.object.object }
    }
}

extension DirectoryStore {
    fileprivate func hasAll(of record: ActionRecord) throws(StoreError) -> Bool {
        for output in record.outputs where try !missing(in: output.object).isEmpty { return false }
        return true
    }
}
