package import Platform

/// Programs of other projects that tests compare with, run by a Python that has them.
package enum Peer {
    /// A Python that can import `library`: the one that MLBUILD_PEERS names, the one that `.ci/setup --tests` makes, or `python3`.
    package static func python(having library: String) -> String? {
        let made = Places.repository().appending(".build").appending("peers").appending("bin").appending("python")
        let candidates = [Host.environment("MLBUILD_PEERS"), made.description, "python3"].compactMap { $0 }
        return candidates.first { (try? ProcessRunner.run([$0, "-c", "import \(library)"]))?.status == 0 }
    }

    /// What a Python program writes.
    package static func run(_ python: String, _ arguments: [String], in folder: HostPath) throws -> String {
        let environment = ["PATH": Host.environment("PATH") ?? "", "LC_ALL": "C.UTF-8"]
        let outcome = try ProcessRunner.run([python] + arguments, environment: environment, directory: folder)
        guard outcome.status == 0 else { throw Failed(said: outcome.errorText) }
        return outcome.outputText
    }

    private struct Failed: Error {
        let said: String
    }
}
