internal import Canonical
internal import Platform
internal import Remotes
internal import Running
internal import Signing
internal import Storage
internal import Synchronization

/// What others have built and signed, for a workspace that names a remote and whom it trusts.
final class SharedResults: ResultSource {
    private let remote: RemoteList.Entry
    private let signers: SignerList
    private let store: DirectoryStore
    private let tell: @Sendable (String) -> Void
    /// Opened when something is asked for first; `given up` when it cannot be had.
    private let state = Mutex(State.closed)

    private enum State: Sendable {
        case closed
        case open(ResultShelf, folder: HostPath)
        case givenUp
    }

    /// Nil when there is nobody to ask: no remote is used, or nobody is trusted.
    init?(_ session: Session, tell: @escaping @Sendable (String) -> Void) throws(CommandFailure) {
        guard let remote = try RemoteConfiguration(session.folder).list.used else { return nil }
        let signers = try SignerFile(session.folder).list()
        if signers.signers.isEmpty { return nil }
        self.remote = remote
        self.signers = signers
        self.tell = tell
        store = session.store
    }

    deinit {
        // A folder that cannot be removed goes with the process.
        if case .open(_, let folder) = state.withLock({ $0 }) { try? store.removeWorkFolder(folder) }
    }

    func result(_ key: Digest) throws(StoreError) -> VouchedResult? {
        do throws(ResultShelf.Failure) {
            guard let shelf = try shelf() else { return nil }
            switch try shelf.result(key, by: signers) {
            case .nothing(let refused):
                for reason in refused { tell("remote '\(remote.name)': \(reason)") }
                return nil
            case .result(let record, let signer): return VouchedResult(record, signer: signer.names, place: remote.name)
            }
        } catch {
            switch error {
            case .remote(.store(let refusal)): throw refusal
            case .remote(let error): if !error.isInterruption { giveUp(error.description) }
            case .signing(let error): giveUp(error.description)
            }
            return nil
        }
    }

    private func shelf() throws(ResultShelf.Failure) -> ResultShelf? {
        let opened: Result<ResultShelf?, ResultShelf.Failure> = state.withLock { state in
            switch state {
            case .open(let shelf, _): return .success(shelf)
            case .givenUp: return .success(nil)
            case .closed:
                do throws(ResultShelf.Failure) {
                    let (shelf, folder) = try open()
                    state = .open(shelf, folder: folder)
                    return .success(shelf)
                } catch {
                    return .failure(error)
                }
            }
        }
        return try opened.get()
    }

    private func open() throws(ResultShelf.Failure) -> (ResultShelf, HostPath) {
        do throws(RemoteError) {
            let retry = Retry()
            let remote = try self.remote.address.open(credentials: .ofProcess(), retry: retry)
            let folder: HostPath
            do throws(StoreError) { folder = try store.workFolder() } catch { throw .store(error) }
            return (ResultShelf(store, at: remote, retry: retry, lanes: 8, program: SSHKeygen(in: folder)), folder)
        } catch {
            throw .remote(error)
        }
    }

    /// Says once that nothing more is asked for: whatever is missing is made here, as without a remote.
    private func giveUp(_ reason: String) {
        let isFirst = state.withLock { state in
            if case .givenUp = state { return false }
            if case .open(_, let folder) = state { try? store.removeWorkFolder(folder) }
            state = .givenUp
            return true
        }
        if isFirst { tell("no results are taken from remote '\(remote.name)': \(reason)") }
    }
}
