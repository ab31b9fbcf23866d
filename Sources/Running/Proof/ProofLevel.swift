package import Canonical
package import Storage

/// How well it is shown that a result can be made again, byte for byte.
package enum ProofLevel: Int, Comparable, CaseIterable, Sendable {
    case unproven
    /// The same machine gave it a second time.
    case repeated
    /// So did runs under every variation that applies.
    case varied
    /// So did runs with the kernels of other processors.
    case kernels

    /// `R0` to `R3`.
    package var text: String { "R\(rawValue)" }

    package static func < (first: ProofLevel, second: ProofLevel) -> Bool { first.rawValue < second.rawValue }

    /// What is known of the recorded result of `key`; a proof of other bytes does not count.
    package static func of(_ key: Digest, _ store: DirectoryStore) throws(StoreError) -> ProofLevel {
        guard let record = try store.record(for: key), let proof = try ProofDocument.read(of: key, store, outputs: record.outputs) else {
            return .unproven
        }
        return proof.level
    }

    /// The level that follows from what became of each variation.
    static func following(from outcomes: [Variation: ProofDocument.Outcome]) -> ProofLevel {
        guard outcomes[.again] == .same else { return .unproven }
        let varied = Variation.allCases.filter { $0.level == .varied }.map { outcomes[$0] }
        guard varied.allSatisfy({ $0 == .same || $0 == .held || $0?.isNotApplicable == true }) else { return .repeated }
        return outcomes[.kernels] == .same ? .kernels : .varied
    }
}
