package import Canonical
internal import Diagnostics
package import Signing
package import Storage
internal import Synchronization

/// The results that lie on a remote, each in an envelope that says who vouches for it.
// SPEC: remotes.md#results
package final class ResultShelf: Sendable {
    package enum Failure: Error, Hashable, Sendable {
        case remote(RemoteError)
        case signing(SigningError)
    }

    /// What became of results that were to be sent.
    package struct Sent: Sendable {
        /// Those that were signed and sent.
        package var keys: [Digest] = []
        /// Those that lie there with other outputs, under our own signature.
        package var contradicted: [Digest] = []
        /// What their outputs cost.
        package var transfer = TransferReport()
    }

    /// What is known of a key there.
    package enum Found: Sendable {
        /// Nobody of the list has signed a result that holds; with what is wrong with those that were there.
        case nothing(refused: [String])
        case result(ActionRecord, TrustedSigner)
    }

    static let payloadType = "application/vnd.mlbuild.result.v1+json"

    private let remote: any Remote
    private let store: DirectoryStore
    private let retry: Retry
    private let lanes: Int
    private let program: SSHKeygen
    /// Ways to the remote that nobody uses at the moment.
    private let idle = Mutex<[Lanes]>([])

    /// - Parameter program: its folder has to be this process's own.
    package init(_ store: DirectoryStore, at remote: any Remote, retry: Retry, lanes: Int, program: SSHKeygen) {
        self.store = store
        self.remote = remote
        self.retry = retry
        self.lanes = lanes
        self.program = program
    }

    /// Where the result with this key lies that bears the signature of this key of SSH.
    static func place(_ key: Digest, signer: SignerKey) -> RemotePlace {
        RemotePlace(.result, Digest.of(Array("mlbuild result 1\n".utf8) + key.bytes + signer.digest.bytes))
    }

    // MARK: Sending

    /// Sends results, each after its outputs, signed with a key.
    ///
    /// One that lies there with the same outputs is left as it is, and costs one request.
    package func send(
        _ records: [ActionRecord], signing key: SSHKeygen.Key, progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) throws(Failure) -> Sent {
        var sent = Sent()
        let lying = try envelopes(records.map { Self.place($0.key, signer: key.publicKey) })
        sent.transfer.asked = records.count
        var missing: [ActionRecord] = []
        for (record, envelope) in zip(records, lying) {
            // What lies there and is no envelope of ours is replaced.
            guard let envelope, let other = Self.record(in: envelope, key: record.key) else {
                missing.append(record)
                continue
            }
            if !other.hasSameOutputs(as: record) { sent.contradicted.append(record.key) }
        }
        if missing.isEmpty { return sent }
        do throws(RemoteError) {
            let push = Push(store, to: remote, retry: retry, lanes: lanes, progress: progress)
            let report = try push.run(missing.flatMap { $0.outputs.map(\.object) })
            sent.transfer.objects = report.objects
            sent.transfer.bytes = report.bytes
            sent.transfer.asked += report.asked
            sent.transfer.failures = report.failures
            guard report.failures.isEmpty else { return sent }
        } catch {
            throw .remote(error)
        }
        // INVARIANT: a result lies there only when its outputs do, durably: `Push` has just seen to that.
        var envelopes: [(place: RemotePlace, bytes: [UInt8])] = []
        for record in missing {
            do throws(SigningError) {
                let envelope = try program.sign(record.statement, type: Self.payloadType, with: key)
                envelopes.append((Self.place(record.key, signer: key.publicKey), envelope.encode()))
            } catch {
                throw .signing(error)
            }
        }
        let retry = retry
        try remotely { () throws(RemoteError) in
            let failures = try Lanes(lanes, to: remote).forEach(envelopes) { (session, envelope) throws(RemoteError) in
                try retry.run { () throws(RemoteError) in
                    try session.put(OutgoingObject(envelope.bytes), at: envelope.place, replaces: true)
                }
            }
            if let failure = failures.first { throw failure }
            try remote.settle()
        }
        sent.keys = missing.map(\.key)
        sent.transfer.objects += envelopes.count
        sent.transfer.bytes += envelopes.reduce(0) { $0 &+ $1.bytes.count }
        return sent
    }

    // MARK: Taking

    /// The result with this key that somebody of the list vouches for, with its outputs in the store; asked in the order of the list.
    package func result(_ key: Digest, by list: SignerList) throws(Failure) -> Found {
        var refused: [String] = []
        for signer in list.signers {
            guard let bytes = try envelopes([Self.place(key, signer: signer.key)])[0] else { continue }
            guard let envelope = Envelope.decode(bytes), envelope.payloadType == Self.payloadType,
                envelope.keyIdentifier == signer.key.fingerprint
            else {
                refused.append("what lies in the place of a result of \(signer.names) is none")
                continue
            }
            do throws(SigningError) {
                _ = try program.verify(envelope, by: SignerList([signer]))
            } catch {
                guard case .badSignature = error else { throw .signing(error) }
                refused.append(error.description)
                continue
            }
            // Only now: what nobody vouches for is not looked into.
            guard let record = ActionRecord.decode(statement: envelope.payload, key: key) else {
                refused.append("\(signer.names) has signed a result of something else")
                continue
            }
            if let problem = try fetch(record.outputs) {
                refused.append("the result that \(signer.names) has signed \(problem)")
                continue
            }
            return .result(record, signer)
        }
        return .nothing(refused: refused)
    }

    /// Gives what is wrong with outputs, nil when all are in the store, and as large as they are said to be.
    private func fetch(_ outputs: [(name: String, object: StoredObject)]) throws(Failure) -> String? {
        try remotely { () throws(RemoteError) in
            let report = try Pull(store, from: remote, retry: retry, lanes: lanes).run(outputs.map(\.object))
            if let failure = report.failures.first { return "lacks an output: \(failure)" }
            for output in outputs {
                let isRight = try storing { () throws(StoreError) in
                    switch output.object.kind {
                    case .file:
                        let size = try store.size(of: output.object.digest)
                        return output.object.files == 1 && output.object.size == size
                    case .tree:
                        guard let totals = try store.tree(output.object.digest).totals else { return false }
                        return totals.size == output.object.size && totals.files == output.object.files
                    }
                }
                let name = DiagnosticRenderer.printable(output.name)
                if !isRight { return "has an output '\(name)' that is not of the size it is said to have" }
            }
            return nil
        }
    }

    // MARK: Envelopes

    private static func record(in bytes: [UInt8], key: Digest) -> ActionRecord? {
        Envelope.decode(bytes).flatMap { ActionRecord.decode(statement: $0.payload, key: key) }
    }

    /// What lies at these places; nil for nothing.
    private func envelopes(_ places: [RemotePlace]) throws(Failure) -> [[UInt8]?] {
        let found = Mutex<[RemotePlace: [UInt8]]>([:])
        let retry = retry
        let lanes = idle.withLock { $0.popLast() } ?? Lanes(places.count == 1 ? 1 : lanes, to: remote)
        try remotely { () throws(RemoteError) in
            let failures = try lanes.forEach(places) { (session, place) throws(RemoteError) in
                let bytes = try retry.run { () throws(RemoteError) in
                    var bytes: [UInt8] = []
                    try session.fetch(place, range: nil, limit: Envelope.limit) { (piece) throws(RemoteError) in bytes += piece }
                    return bytes
                }
                found.withLock { $0[place] = bytes }
            }
            for failure in failures {
                if case .missing = failure { continue }
                throw failure
            }
        }
        idle.withLock { $0.append(lanes) }
        return found.withLock { found in places.map { found[$0] } }
    }

    private func remotely<Value>(_ body: () throws(RemoteError) -> Value) throws(Failure) -> Value {
        do throws(RemoteError) { return try body() } catch { throw .remote(error) }
    }
}
