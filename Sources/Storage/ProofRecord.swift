package import Canonical
internal import Diagnostics
internal import Platform

// SPEC: store.md#proofs
extension DirectoryStore {
    /// What is known of how well the result of `key` can be reproduced; nil when nothing is, or when the file is damaged.
    package func proof(of key: Digest) throws(StoreError) -> JSONValue? {
        try Self.refusing { () throws(SystemError) in
            do throws(SystemError) {
                let file = try Descriptor.reading(proofPath(key), followLinks: false)
                return ProofRecord.decode(try file.readToEnd(limit: ProofRecord.longest), key: key)
            } catch {
                // Nothing hangs on it but a trial more: what cannot be read is as good as absent.
                if error.isMissing || error.isMediumFailure || Self.isWrongKind(proofPath(key)) { return nil }
                throw error
            }
        }
    }

    /// Replaces what is known of the result of `key`. Not durable: losing it costs trials only.
    package func record(proof: JSONValue, of key: Digest) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in
            let path = proofPath(key)
            let temporary = try writeTemporary(ProofRecord.encode(proof, key: key))
            do throws(SystemError) {
                do throws(SystemError) {
                    try Files.rename(temporary, to: path)
                } catch {
                    // No folder yet, or something else in the file's place.
                    if try Files.status(path, followLinks: false) != nil { _ = try moveAway(path, name: key.hex) }
                    try Files.makeDirectories(path.parent)
                    try Files.rename(temporary, to: path)
                }
            } catch {
                Files.discard(temporary)
                throw error
            }
        }
    }

    private func proofPath(_ key: Digest) -> HostPath {
        Self.place(key, in: root.appending("proofs"))
    }
}

/// The file of one proof: a line with the digest of everything after it, then canonical JSON.
enum ProofRecord {
    static let longest = 1 << 24
    private static let heading = "mlbuild proof 1 "

    static func encode(_ proof: JSONValue, key: Digest) -> [UInt8] {
        let body = CanonicalJSON.encode(["key": .string(key.description), "proof": proof]) + [UInt8(ascii: "\n")]
        return Array("\(heading)\(Digest.of(body))\n".utf8) + body
    }

    static func decode(_ bytes: [UInt8], key: Digest) -> JSONValue? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let body = Array(bytes[(end + 1)...])
        guard Array("\(heading)\(Digest.of(body))".utf8) == Array(bytes[..<end]) else { return nil }
        let parsed = JSONDocument.parse(SourceText(name: "proof", bytes: body), limits: .canonical)
        guard !parsed.hasErrors, let root = parsed.value?.root, root["key"]?.string == key.description else { return nil }
        return root["proof"]?.value
    }
}
