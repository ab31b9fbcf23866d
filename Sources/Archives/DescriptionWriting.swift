import Canonical

extension ModelDescription {
    /// The document that `archive.json` holds: this, and the list of the other members in their order in the archive.
    func document(_ members: [MemberEntry]) -> JSONValue {
        let entries = members.map { member -> JSONValue in
            [
                "path": .string(member.path), "digest": .string(member.digest.description), "size": .integer(member.size),
                "executable": .boolean(member.isExecutable),
            ]
        }
        return [
            "version": .integer(Self.formatVersion),
            "name": .string(name),
            "modelVersion": .string(modelVersion),
            "kind": .string(kind.rawValue),
            "signature": signature,
            "metrics": metrics,
            "gates": .array(gates.map(\.document)),
            "samples": samples?.document ?? .null,
            "data": .array(data.map(\.document)),
            "stages": .array(stages.map(\.document)),
            "members": .array(entries),
        ]
    }
}

extension GateVerdict {
    fileprivate var document: JSONValue {
        func bound(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        return ["metric": .string(metric), "min": bound(minimum), "max": bound(maximum), "value": bound(value), "met": .boolean(isMet)]
    }
}

extension SampleRecord {
    fileprivate var document: JSONValue {
        ["rows": .integer(rows), "files": .array(files.map { ["path": .string($0)] })]
    }
}

extension ContentRecord {
    fileprivate var document: JSONValue {
        [
            "name": .string(name), "kind": isTree ? "tree" : "file", "digest": .string(digest.description), "size": .integer(size),
            "files": .integer(files),
        ]
    }
}

extension StageRecord {
    fileprivate var document: JSONValue {
        ["name": .string(name), "kind": .string(kind), "key": .string(key.description), "outputs": .array(outputs.map(\.document))]
    }
}
