import Canonical

extension ModelDescription {
    /// Reads the document that ``document(_:)`` makes; the keys are exactly those, in that order.
    ///
    /// - Throws: ``ArchiveError/newerFormat(_:)``, ``ArchiveError/description(_:)``.
    static func read(_ document: JSONValue) throws(ArchiveError) -> (description: ModelDescription, members: [MemberEntry]) {
        if let version = document["version"]?.integerValue, version > formatVersion { throw .newerFormat(version) }
        let root = try DescriptionObject(
            document, "the root",
            keys: ["version", "name", "modelVersion", "kind", "signature", "metrics", "gates", "samples", "data", "stages", "members"])
        guard try root.integer("version", in: 1...formatVersion) == formatVersion else { throw root.fault("version", "a known format") }
        guard let kind = ModelKind(rawValue: try root.string("kind")) else { throw root.fault("kind", "'engine' or 'opaque'") }
        let description = ModelDescription(
            name: try root.string("name"), modelVersion: try root.string("modelVersion"), kind: kind,
            signature: root["signature"], metrics: root["metrics"],
            gates: try root.items("gates", keys: ["metric", "min", "max", "value", "met"], gate),
            samples: root["samples"] == .null ? nil : try samples(root),
            data: try root.items("data", keys: contentKeys, content),
            stages: try root.items("stages", keys: ["name", "kind", "key", "outputs"], stage))
        let members = try root.items("members", keys: ["path", "digest", "size", "executable"]) { (item) throws(ArchiveError) in
            MemberEntry(
                path: try item.string("path"), digest: try item.digest("digest"),
                size: try item.integer("size", in: 0...TarHeader.largestSize),
                isExecutable: try item.boolean("executable"))
        }
        return (description, members)
    }

    private static let contentKeys = ["name", "kind", "digest", "size", "files"]

    private static func gate(_ item: DescriptionObject) throws(ArchiveError) -> GateVerdict {
        let gate = GateVerdict(
            metric: try item.string("metric"), minimum: try item.number("min"), maximum: try item.number("max"),
            value: try item.number("value"))
        guard try item.boolean("met") == gate.isMet else { throw item.fault("met", "what follows from 'min', 'max' and 'value'") }
        return gate
    }

    private static func samples(_ root: DescriptionObject) throws(ArchiveError) -> SampleRecord {
        let item = try DescriptionObject(root["samples"], "samples", keys: ["rows", "files"])
        return SampleRecord(
            rows: try item.integer("rows", in: 1...largestCount),
            files: try item.items("files", keys: ["path"]) { (file) throws(ArchiveError) in try file.string("path") })
    }

    private static func stage(_ item: DescriptionObject) throws(ArchiveError) -> StageRecord {
        StageRecord(
            name: try item.string("name"), kind: try item.string("kind"), key: try item.digest("key"),
            outputs: try item.items("outputs", keys: contentKeys, content))
    }

    private static func content(_ item: DescriptionObject) throws(ArchiveError) -> ContentRecord {
        let kind = try item.string("kind")
        guard kind == "file" || kind == "tree" else { throw item.fault("kind", "'file' or 'tree'") }
        return ContentRecord(
            name: try item.string("name"), isTree: kind == "tree", digest: try item.digest("digest"),
            size: try item.integer("size", in: 0...largestCount), files: try item.integer("files", in: 0...largestCount))
    }

    private static let largestCount = 1 << 53
}

/// An object of `archive.json` whose keys have been checked, with the place where it stands.
struct DescriptionObject {
    private let value: JSONValue
    private let place: String

    init(_ value: JSONValue, _ place: String, keys: [String]) throws(ArchiveError) {
        guard let members = value.objectValue else { throw .description("\(place) is not an object") }
        self.value = value
        self.place = place
        for (index, key) in keys.enumerated() {
            guard index < members.count else { throw .description("\(place) has no '\(key)'") }
            guard members[index].name.utf8.elementsEqual(key.utf8) else {
                throw .description("\(place) has '\(members[index].name)' where '\(key)' belongs")
            }
        }
        guard members.count == keys.count else { throw .description("\(place) has the unknown key '\(members[keys.count].name)'") }
    }

    /// The value of a key that ``init(_:_:keys:)`` has found.
    subscript(_ key: String) -> JSONValue { value[key] ?? .null }

    func fault(_ key: String, _ expected: String) -> ArchiveError {
        .description("'\(key)' of \(place) is not \(expected)")
    }

    func string(_ key: String) throws(ArchiveError) -> String {
        guard let text = self[key].stringValue else { throw fault(key, "a string") }
        return text
    }

    func boolean(_ key: String) throws(ArchiveError) -> Bool {
        guard let value = self[key].booleanValue else { throw fault(key, "true or false") }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(ArchiveError) -> Int {
        guard let value = self[key].integerValue, range.contains(value) else {
            throw fault(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ key: String) throws(ArchiveError) -> Double? {
        if self[key] == .null { return nil }
        guard let value = self[key].numberValue else { throw fault(key, "a number or null") }
        return value
    }

    func digest(_ key: String) throws(ArchiveError) -> Digest {
        guard let digest = Digest(try string(key)) else { throw fault(key, "a digest") }
        return digest
    }

    func items<Item>(
        _ key: String, keys: [String], _ read: (DescriptionObject) throws(ArchiveError) -> Item
    ) throws(ArchiveError) -> [Item] {
        guard let values = self[key].arrayValue else { throw fault(key, "a list") }
        var items: [Item] = []
        for (index, value) in values.enumerated() {
            items.append(try read(try DescriptionObject(value, "\(key)[\(index)]", keys: keys)))
        }
        return items
    }
}
