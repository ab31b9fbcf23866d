package import Canonical
internal import Diagnostics
internal import Platform

/// What an action made: the document behind its key, its outputs, and facts about how it was made.
// SPEC: store.md#records
package struct ActionRecord: Sendable {
    package let key: Digest
    /// The key's document; its digest is the key.
    package let document: JSONValue
    /// Outputs by name, in the order of the names' bytes.
    package let outputs: [(name: String, object: StoredObject)]
    /// What is worth knowing and no part of identity, such as the sandbox level.
    package let facts: JSONValue

    package init(document: JSONValue, outputs: [(name: String, object: StoredObject)], facts: JSONValue = .object([])) {
        self.init(key: CanonicalJSON.digest(document), document: document, outputs: outputs, facts: facts)
    }

    /// As the other form, for who knows the key already: it must be the document's digest.
    package init(key: Digest, document: JSONValue, outputs: [(name: String, object: StoredObject)], facts: JSONValue = .object([])) {
        self.key = key
        self.document = document
        self.outputs = outputs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.facts = facts
    }

    /// Whether both have the same outputs, byte for byte.
    package func hasSameOutputs(as other: ActionRecord) -> Bool {
        outputs.count == other.outputs.count
            && zip(outputs, other.outputs).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && $0.object == $1.object }
    }

    package func output(_ name: String) -> StoredObject? {
        outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
    }

    // MARK: The record file

    private static let heading = "mlbuild record 1 "

    /// The content of the record file: a line with the digest of everything after it, then canonical JSON.
    package func encode() -> [UInt8] {
        let body = statement
        return Array("\(Self.heading)\(Digest.of(body))\n".utf8) + body
    }

    /// What the record says, without the line that guards it: canonical JSON and a line feed.
    package var statement: [UInt8] {
        let listed = outputs.map { output in
            JSONMember(
                output.name,
                [
                    "digest": .string(output.object.digest.description), "files": .integer(output.object.files),
                    "kind": .string(output.object.kind.rawValue), "size": .integer(output.object.size),
                ])
        }
        return CanonicalJSON.encode(["document": document, "facts": facts, "key": .string(key.description), "outputs": .object(listed)])
            + [UInt8(ascii: "\n")]
    }

    /// Reads a record file; nil unless every byte is as it was written and it is the record of `key`.
    package static func decode(_ bytes: [UInt8], key: Digest) -> ActionRecord? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let body = Array(bytes[(end + 1)...])
        guard Array("\(heading)\(Digest.of(body))".utf8) == Array(bytes[..<end]) || !Safeguard.recordDigest.holds else { return nil }
        return decode(statement: body, key: key)
    }

    /// Reads what a record says; nil unless it is the record of `key`.
    package static func decode(statement body: [UInt8], key: Digest) -> ActionRecord? {
        let parsed = JSONDocument.parse(SourceText(name: "record", bytes: body), limits: .canonical)
        guard !parsed.hasErrors, let root = parsed.value?.root, let document = root["document"]?.value, let facts = root["facts"]?.value,
            root["key"]?.string == key.description, CanonicalJSON.digest(document) == key,
            let members = root["outputs"]?.members
        else { return nil }
        var outputs: [(name: String, object: StoredObject)] = []
        for member in members {
            guard let digest = member.value["digest"]?.string.flatMap({ Digest($0) }),
                let kind = member.value["kind"]?.string.flatMap({ ObjectKind(rawValue: $0) }),
                let size = member.value["size"]?.integer, let files = member.value["files"]?.integer, size >= 0, files >= 0
            else { return nil }
            outputs.append((member.key, StoredObject(kind: kind, digest: digest, size: size, files: files)))
        }
        return ActionRecord(key: key, document: document, outputs: outputs, facts: facts)
    }
}

/// What became of a record that was published.
package enum PublishOutcome: Sendable {
    case stored
    /// There was one already, with the same outputs.
    case same
    /// There was one already, with other outputs: the action is not reproducible. The earlier one stays.
    case conflict(existing: ActionRecord)
}
