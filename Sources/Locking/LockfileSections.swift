import Canonical
import Diagnostics
import Storage

/// Turns the JSON of a lockfile into entries, and collects every problem on the way.
struct LockfileSections {
    let document: JSONDocument
    var data: [Lockfile.Entry<DataPin>] = []
    var environments: [Lockfile.Entry<EnvironmentPin>] = []
    var programs: [Lockfile.Entry<ProgramPin>] = []
    var wheels: [Lockfile.Entry<WheelPin>] = []
    var results: [Lockfile.Entry<ResultPin>] = []
    var diagnostics: [Diagnostic] = []

    init(document: JSONDocument) {
        self.document = document
    }

    var lockfile: Lockfile {
        Lockfile(data: data, environments: environments, programs: programs, wheels: wheels, results: results)
    }

    /// Whether every entry was read, though environments may stand on pins that are not there.
    var isReadable: Bool { diagnostics.allSatisfy { $0.code == "lock/dangling-pin" } }

    /// What may stand in a section: the word before the slash, what it names, and how it is read.
    private struct EntryKind: Sendable {
        let prefix: String
        let placeholder: String
        let title: String
        let rule: NameRule
        let read: @Sendable (inout LockfileSections, String, JSONNode) -> Void
    }

    private static let pinKinds: [EntryKind] = [
        EntryKind(prefix: "data/", placeholder: "NAME", title: "a data entry", rule: .entry) { $0.readPin($1, $2) },
        EntryKind(prefix: "environment/", placeholder: "NAME", title: "an environment", rule: .stage) { $0.readEnvironment($1, $2) },
        EntryKind(prefix: "program/", placeholder: "NAME", title: "a program", rule: .program) { $0.readProgram($1, $2) },
        EntryKind(prefix: "wheel/", placeholder: "FILE", title: "a wheel", rule: .wheel) { $0.readWheel($1, $2) },
    ]

    private static let resultKinds: [EntryKind] = [
        EntryKind(prefix: "stage/", placeholder: "NAME", title: "a stage", rule: .stage) { $0.readResult($1, $2) }
    ]

    mutating func read() {
        let root = document.root
        guard expect(root, .object, "a lockfile") else { return }
        let pins = root["pins"]
        let results = root["results"]
        // Another version may have another shape: nothing but the version is worth saying then.
        guard checkVersions([pins, results].compactMap { $0 }) else { return }
        checkKeys(of: root, known: ["pins", "results"], in: "the lockfile")
        for name in ["pins", "results"] where root[name] == nil {
            report("lock/missing-key", "the lockfile has no '\(name)'", root)
        }
        if let pins { readSection(pins, title: "'pins'", Self.pinKinds) }
        if let results { readSection(results, title: "'results'", Self.resultKinds) }
        // An entry that could not be read is not missing as well.
        if let pins, diagnostics.isEmpty { reportDangling(in: pins) }
    }

    // MARK: - Versions

    private mutating func checkVersions(_ sections: [JSONNode]) -> Bool {
        for section in sections where section.kind == .object {
            guard let node = section["version"], let version = node.integer, version != Lockfile.version else { continue }
            if version > Lockfile.version {
                report(
                    "lock/newer-version", "the lockfile has version \(version), and this mlbuild reads version \(Lockfile.version)", node,
                    note: "use the version of mlbuild that wrote it, or a later one")
            } else {
                report(
                    "lock/older-version", "the lockfile has version \(version), which this mlbuild reads no more", node,
                    note: "delete the file and run 'mlbuild lock' to pin what is there now")
            }
            return false
        }
        return true
    }

    private mutating func requireVersion(_ section: JSONNode, title: String) {
        guard let node = section["version"] else {
            report("lock/missing-key", "\(title) has no 'version'", section)
            return
        }
        if node.integer == nil { report("lock/wrong-type", "'version' is \(words(node.kind)), and must be an integer", node) }
    }

    // MARK: - Entries

    private mutating func readSection(_ section: JSONNode, title: String, _ kinds: [EntryKind]) {
        guard expect(section, .object, title) else { return }
        requireVersion(section, title: title)
        for member in section.members where !same(member.key, "version") {
            guard let kind = kinds.first(where: { member.key.utf8.starts(with: $0.prefix.utf8) }) else {
                let known = kinds.map { "'\($0.prefix)\($0.placeholder)'" }
                report(
                    "lock/unknown-key", "unknown key '\(member.key)' in \(title)", at: member.keySpan,
                    note: "the keys of \(title) are \((["'version'"] + known.dropLast()).joined(separator: ", ")) and \(known.last ?? "")")
                continue
            }
            let name = String(decoding: member.key.utf8.dropFirst(kind.prefix.utf8.count), as: UTF8.self)
            guard kind.rule.allows(name) else {
                report("lock/bad-name", "'\(name)' is no name of \(kind.title)", at: member.keySpan)
                continue
            }
            kind.read(&self, name, member.value)
        }
    }

    private mutating func readPin(_ name: String, _ node: JSONNode) {
        let title = "the pin of data '\(name)'"
        guard let object = readObject(node, title, known: ["archive", "digest", "files", "ignore", "keep", "kind", "size", "url"]) else {
            return
        }
        var ignore: [String] = []
        if let list = node["ignore"] {
            guard expect(list, .array, "'ignore' of \(title)") else { return }
            ignore = list.elements.compactMap(\.string)
            guard !ignore.isEmpty, ignore.count == list.elements.count, object.kind == .tree, IgnoreRules(ignore).patterns == ignore,
                !ignore.contains(where: { $0.utf8.contains { $0 < 0x20 } })
            else {
                return report("lock/bad-value", "'ignore' of \(title) must be patterns for a tree, sorted, none twice", list)
            }
        }
        if let keep = node["keep"], keep.string.map({ same($0, Self.reference) }) != true {
            return report("lock/bad-value", "'keep' of \(title) must be '\(Self.reference)' where it stands", keep)
        }
        guard let source = readSource(node, title, isLocal: node["ignore"] != nil || node["keep"] != nil, object.kind) else { return }
        data.append(.init(name, DataPin(object.object, ignore: ignore, isReference: node["keep"] != nil, source: source.found)))
    }

    /// Where data was fetched from, if it was; nil after saying what is wrong.
    private mutating func readSource(_ node: JSONNode, _ title: String, isLocal: Bool, _ kind: ObjectKind) -> (
        found: DataPin.Source?, Void
    )? {
        guard let place = node["url"] else {
            guard let archive = node["archive"] else { return (nil, ()) }
            report("lock/bad-value", "'archive' of \(title) goes with 'url'", archive)
            return nil
        }
        guard let url = place.string, DataPin.Source.isURL(url), !isLocal else {
            report(
                "lock/bad-value", "'url' of \(title) must be a URL without user and query, and goes with neither 'ignore' nor 'keep'", place
            )
            return nil
        }
        guard let archive = node["archive"] else { return (DataPin.Source(url: url), ()) }
        guard kind == .tree else {
            report("lock/bad-value", "'archive' of \(title) goes with a tree", archive)
            return nil
        }
        guard let digest = readDigest("archive", of: node, title) else { return nil }
        return (DataPin.Source(url: url, archive: digest), ())
    }

    private mutating func readResult(_ name: String, _ node: JSONNode) {
        let title = "the result of stage '\(name)'"
        guard expect(node, .object, title) else { return }
        checkKeys(of: node, known: ["key", "outputs"], in: title)
        let key = readDigest("key", of: node, title)
        guard let list = required("outputs", of: node, title), expect(list, .object, "'outputs' of \(title)") else { return }
        var outputs: [ResultPin.Output] = []
        for member in list.members {
            guard NameRule.entry.allows(member.key) else {
                report("lock/bad-name", "'\(member.key)' is no name of an output", at: member.keySpan)
                continue
            }
            if let pin = readObject(member.value, "the output '\(member.key)' of stage '\(name)'") {
                outputs.append(.init(name: member.key, object: pin))
            }
        }
        if let key { results.append(.init(name, ResultPin(key: key, outputs: outputs))) }
    }

    /// The word of a pin whose contents are not in the store.
    static let reference = "reference"

    mutating func readObject(
        _ node: JSONNode, _ title: String, known: [String] = ["digest", "files", "kind", "size"]
    ) -> DataPin? {
        guard expect(node, .object, title) else { return nil }
        checkKeys(of: node, known: known, in: title)
        let digest = readDigest("digest", of: node, title)
        let files = readCount("files", of: node, title)
        let size = readCount("size", of: node, title)
        guard let kindNode = required("kind", of: node, title) else { return nil }
        guard let kind = kindNode.string.flatMap(ObjectKind.init(word:)) else {
            report("lock/bad-value", "'kind' of \(title) must be 'file' or 'tree'", kindNode)
            return nil
        }
        guard let digest, let files, let size else { return nil }
        if kind == .file, files != 1, let node = node["files"] {
            report("lock/bad-value", "'files' of \(title) must be 1 for a file", node)
            return nil
        }
        return DataPin(digest: digest, kind: kind, size: size, files: files)
    }

    mutating func readDigest(_ key: String, of node: JSONNode, _ title: String) -> Digest? {
        guard let value = required(key, of: node, title) else { return nil }
        if let text = value.string, let digest = Digest(text), same(digest.description, text) { return digest }
        report(
            "lock/bad-digest", "'\(key)' of \(title) must be 'sha256:' and 64 lower-case hexadecimal digits", value,
            note: LockfileReader.wayOut)
        return nil
    }

    mutating func readCount(_ key: String, of node: JSONNode, _ title: String) -> Int? {
        guard let value = required(key, of: node, title) else { return nil }
        if let count = value.integer, count >= 0 { return count }
        report("lock/bad-value", "'\(key)' of \(title) must be a whole number of at least 0", value)
        return nil
    }

    // MARK: - Shape

    mutating func required(_ key: String, of node: JSONNode, _ title: String) -> JSONNode? {
        if let value = node[key] { return value }
        report("lock/missing-key", "\(title) has no '\(key)'", node, note: LockfileReader.wayOut)
        return nil
    }

    mutating func checkKeys(of node: JSONNode, known: [String], in title: String) {
        for member in node.members where !known.contains(where: { same($0, member.key) }) {
            // No fix-it for a key that is there as well: two of one name would be the next error.
            let meant = Suggestion.closest(to: member.key, among: known.filter { node[$0] == nil })
            report(
                "lock/unknown-key", "unknown key '\(member.key)' in \(title)", at: member.keySpan,
                note: "the keys are \(known.map { "'\($0)'" }.joined(separator: ", "))",
                fixIt: meant.map { FixIt("replace with '\($0)'", [.init(member.keySpan, JSONText.quoted($0))]) })
        }
    }

    mutating func expect(_ node: JSONNode, _ kind: JSONNode.Kind, _ title: String) -> Bool {
        if node.kind == kind { return true }
        report("lock/wrong-type", "\(title) is \(words(node.kind)), and must be \(words(kind))", node, note: LockfileReader.wayOut)
        return false
    }

    func words(_ kind: JSONNode.Kind) -> String {
        switch kind {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    mutating func report(_ code: String, _ message: String, _ node: JSONNode, note: String? = nil) {
        report(code, message, at: node.span, note: note)
    }

    mutating func report(_ code: String, _ message: String, at span: SourceSpan, note: String? = nil, fixIt: FixIt? = nil) {
        diagnostics.append(
            Diagnostic(
                code: code, message, at: Diagnostic.Location(source: document.source.name, span: span),
                notes: note.map { [Diagnostic.Note($0)] } ?? [], fixIt: fixIt))
    }

    func same(_ first: String, _ second: String) -> Bool {
        first.utf8.elementsEqual(second.utf8)
    }
}
