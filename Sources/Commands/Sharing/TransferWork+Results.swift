internal import Canonical
internal import Locking
internal import Platform
internal import Remotes
internal import Signing
internal import Storage

extension TransferWork {
    /// What the store has of the environments.
    func environmentHere() throws(CommandFailure) -> [StoredObject] {
        var here: [StoredObject] = []
        for object in environment {
            let isWhole = try CommandFailure.storing { () throws(StoreError) in try session.store.missing(in: object).isEmpty }
            if isWhole { here.append(object) }
        }
        return here
    }

    /// Signs and sends results, with the key that is named on the command line or in the environment; says what became of them.
    func sendResults(to remote: any Remote, signing named: String?) throws(CommandFailure) -> ResultExchange.Outcome {
        if lockfile.results.isEmpty { return ResultExchange.Outcome() }
        let key: String?
        if let named { key = named } else { key = try Self.environmentKey() }
        guard let key else {
            session.reporter.say("results stay here: nobody signs them ('--sign KEY', or MLBUILD_SIGNING_KEY)")
            return ResultExchange.Outcome()
        }
        let path = try CommandFailure.catching { () throws(SystemError) in try Host.currentDirectory() }.resolving(key)
        let exchange = try ResultExchange(session, lockfile, self.remote, remote, retry: retry, lanes: lanes)
        let line = StatusLine(session.reporter, isTransient: true)
        let outcome: ResultExchange.Outcome
        do throws(CommandFailure) {
            outcome = try exchange.send(signing: path) { line.show(Self.text("push", $0, since: began)) }
        } catch {
            line.clear()
            throw error
        }
        line.clear()
        try exchange.end()
        let reporter = session.reporter
        for failure in outcome.transfer.failures { reporter.show(CommandFailure(failure, remote: self.remote)) }
        tell(outcome, "the store", "on '\(self.remote.name)', signed with this key")
        if outcome.moved > 0 {
            reporter.say("signed and sent \(counted(outcome.moved, "result")), with outputs of \(Self.size(outcome.transfer.bytes))")
        } else if outcome.contradicted.isEmpty, outcome.transfer.failures.isEmpty, outcome.unshared < lockfile.results.count {
            reporter.say("no results to send: signed and on '\(self.remote.name)' already")
        }
        if outcome.unshared > 0 {
            reporter.say(
                "\(counted(outcome.unshared, "result")) not sent: not in the store, or made without a sandbox or with random bytes of the host"
            )
        }
        return outcome
    }

    /// Takes over results of others; says what became of them.
    func takeResults(from remote: any Remote) throws(CommandFailure) -> ResultExchange.Outcome {
        let signers = try SignerFile(session.folder).list()
        if lockfile.results.isEmpty || signers.signers.isEmpty { return ResultExchange.Outcome() }
        let exchange = try ResultExchange(session, lockfile, self.remote, remote, retry: retry, lanes: lanes)
        let outcome = try exchange.take(by: signers)
        try exchange.end()
        let reporter = session.reporter
        for absent in outcome.absent {
            for reason in absent.reasons {
                reporter.show(CommandFailure(.refused, "remote '\(self.remote.name)', result of stage '\(absent.stage)': \(reason)"))
            }
        }
        tell(outcome, "the store or '\(Lockfile.fileName)'", "on '\(self.remote.name)'")
        if outcome.moved > 0 { reporter.say("took over \(counted(outcome.moved, "result")) that somebody trusted has signed") }
        if !outcome.absent.isEmpty {
            reporter.detail("\(counted(outcome.absent.count, "result")) of '\(Lockfile.fileName)' not there with a signature that counts")
        }
        return outcome
    }

    private func tell(_ outcome: ResultExchange.Outcome, _ first: String, _ second: String) {
        for stage in outcome.contradicted {
            session.reporter.show(
                CommandFailure(
                    .notReproducible,
                    "stage '\(stage)' is not reproducible: there are two results for its key, one in \(first), another \(second)",
                    hint: "'mlbuild build --offline --force \(stage)' makes it again, and tells which of the two is wrong"))
        }
    }

    private static func environmentKey() throws(CommandFailure) -> String? {
        guard let path = Host.environment("MLBUILD_SIGNING_KEY"), !path.isEmpty else { return nil }
        if path.hasPrefix("/") { return path }
        throw CommandFailure(.usage, "MLBUILD_SIGNING_KEY is '\(path)', and has to be an absolute path")
    }
}
