import Canonical

/// What must hold between an archive's description and its members; writer and reader both ask.
// SPEC: archive.md#rules
enum ArchiveRules {
    /// Refuses an archive whose parts do not fit together.
    ///
    /// - Throws: ``ArchiveError/members(_:)``, ``ArchiveError/description(_:)``.
    static func check(_ archive: ModelArchive) throws(ArchiveError) {
        try check(archive.members)
        try check(archive.description)
        let samples = archive.members.map(\.path).filter { $0.utf8.starts(with: "samples/".utf8) }
        let listed = archive.description.samples?.files ?? []
        guard samples.count == listed.count, zip(samples, listed).allSatisfy({ $0.utf8.elementsEqual($1.utf8) }) else {
            throw .members("the members below 'samples/' are not the files that 'samples' names")
        }
    }

    private static func check(_ members: [ArchiveMember]) throws(ArchiveError) {
        var hasCard = false
        for member in members {
            if member.path.utf8.elementsEqual(ModelArchive.cardPath.utf8) {
                guard !member.isExecutable else { throw .members("'\(ModelArchive.cardPath)' is executable") }
                hasCard = true
            } else if !ModelArchive.folders.contains(where: { member.path.utf8.starts(with: $0.utf8) }) {
                let folders = ModelArchive.folders.map { "'\($0)'" }.joined(separator: ", ")
                throw .members(
                    "the member '\(member.path)' is in none of the folders \(folders) and is not '\(ModelArchive.cardPath)'"
                )
            }
        }
        guard hasCard else { throw .members("there is no '\(ModelArchive.cardPath)'") }
        guard members.contains(where: { $0.path.utf8.starts(with: "model/".utf8) }) else { throw .members("there is no file in 'model/'") }
    }

    private static func check(_ description: ModelDescription) throws(ArchiveError) {
        guard isName(description.name) else {
            throw .description("'name' is '\(description.name)', not a lower-case letter and then letters, digits and '-', at most 64")
        }
        guard isVersion(description.modelVersion) else {
            throw .description(
                "'modelVersion' is '\(description.modelVersion)', not a letter or digit and then letters, digits and '.-_+', at most 64"
            )
        }
        guard description.signature.objectValue != nil else { throw .description("'signature' is not an object") }
        guard description.metrics.objectValue != nil else { throw .description("'metrics' is not an object") }
        for gate in description.gates {
            guard !gate.metric.isEmpty else { throw .description("a gate names no metric") }
            guard gate.minimum != nil || gate.maximum != nil else {
                throw .description("the gate on '\(gate.metric)' has neither 'min' nor 'max'")
            }
        }
        if let samples = description.samples, samples.rows < 1 || samples.files.isEmpty {
            throw .description("'samples' has no rows or no files")
        }
        try check(description.data, "data")
        try distinct(description.stages.map(\.name), "stages")
        for stage in description.stages {
            guard !stage.kind.isEmpty else { throw .description("the stage '\(stage.name)' has no kind") }
            try check(stage.outputs, "the outputs of '\(stage.name)'")
        }
    }

    private static func check(_ records: [ContentRecord], _ place: String) throws(ArchiveError) {
        try distinct(records.map(\.name), place)
        for record in records {
            guard record.size >= 0, record.isTree ? record.files >= 0 : record.files == 1 else {
                throw .description("'\(record.name)' in \(place) has a size or number of files that cannot be")
            }
        }
    }

    private static func distinct(_ names: [String], _ place: String) throws(ArchiveError) {
        let sorted = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        for (index, name) in sorted.enumerated() {
            guard !name.isEmpty else { throw .description("a name in \(place) is empty") }
            guard index == 0 || sorted[index - 1] != name else {
                throw .description("\(place) names '\(String(decoding: name, as: UTF8.self))' twice")
            }
        }
    }

    /// A workspace's name, which is the first part of the file's name.
    private static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), let first = bytes.first, isLower(first) else { return false }
        return bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// A model's version, which is the second part of the file's name.
    private static func isVersion(_ text: String) -> Bool {
        let bytes = text.utf8
        func isWord(_ byte: UInt8) -> Bool { isLower(byte | 0x20) && byte & 0xC0 == 0x40 || isDigit(byte) }
        guard (1...64).contains(bytes.count), let first = bytes.first, isWord(first) else { return false }
        return bytes.allSatisfy { isWord($0) || ".-_+".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// Refuses numbers that are not finite, and values nested deeper than a JSON text may be.
    ///
    /// - Throws: ``ArchiveError/notFinite(_:)`` with the path of the number, ``ArchiveError/description(_:)``.
    static func checkNumbers(_ value: JSONValue) throws(ArchiveError) {
        try checkNumbers(value, path: [])
    }

    private static func checkNumbers(_ value: JSONValue, path: [String]) throws(ArchiveError) {
        guard path.count < JSONLimits.document.depth else { throw .description("it is nested deeper than \(JSONLimits.document.depth)") }
        switch value {
        case .number(let number):
            guard number.isFinite else { throw .notFinite(path.joined(separator: ".")) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { try checkNumbers(element, path: path + [String(index)]) }
        case .object(let members):
            for member in members { try checkNumbers(member.value, path: path + [member.name]) }
        case .null, .boolean, .integer, .string: return
        }
    }
}
