package import Canonical
package import Storage

/// A place where results can be had that others made and vouch for.
package protocol ResultSource: Sendable {
    /// The result with this key, its outputs in the store; nil when it cannot be had there.
    ///
    /// Whatever goes wrong on the way only keeps a result from being had; the source itself tells people of it.
    ///
    /// - Throws: what the store refuses.
    func result(_ key: Digest) throws(StoreError) -> VouchedResult?
}

/// What an action made on another machine, and who says so.
package struct VouchedResult: Sendable {
    package let record: ActionRecord
    /// Whose signature it bears, as the file of signers names them.
    package let signer: String
    /// The name of the place it came from.
    package let place: String

    package init(_ record: ActionRecord, signer: String, place: String) {
        self.record = record
        self.signer = signer
        self.place = place
    }

    /// The record as this store keeps it: with who vouches for it among the facts.
    package var kept: ActionRecord {
        let facts: [JSONMember] = if case .object(let members) = record.facts { members } else { [] }
        let own = facts.filter { !$0.name.utf8.elementsEqual("signer".utf8) } + [JSONMember("signer", .string(signer))]
        return ActionRecord(key: record.key, document: record.document, outputs: record.outputs, facts: .object(own))
    }
}
