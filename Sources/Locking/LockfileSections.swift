import Canonical
import Diagnostics
import Storage

/// Turns the JSON of a lockfile into entries, and collects every problem on the way.
struct LockfileSections {
    let document: JSONDocument
    var data: [Lockfile.Entry<DataPin>] = []
    var results: [Lockfile.Entry<ResultPin>] = []
    var diagnostics: [Diagnostic] = []

    init(document: JSONDocument) {
        self.document = document
    }

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
        if let pins { readSection(pins, title: "'pins'", prefix: "data/") { $0.readPin($1, $2) } }
        if let results { readSection(results, title: "'results'", prefix: "stage/") { $0.readResult($1, $2) } }
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

    private mutating func readSection(
        _ section: JSONNode, title: String, prefix: String, entry: (inout Self, String, JSONNode) -> Void
    ) {
        guard expect(section, .object, title) else { return }
        requireVersion(section, title: title)
        for member in section.members where !same(member.key, "version") {
            guard member.key.utf8.starts(with: prefix.utf8) else {
                report(
                    "lock/unknown-key", "unknown key '\(member.key)' in \(title)", at: member.keySpan,
                    note: "the keys of \(title) are 'version' and '\(prefix)NAME'")
                continue
            }
            let name = String(decoding: member.key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
            guard isName(name, underscore: prefix == "data/") else {
                report("lock/bad-name", "'\(name)' is no name of a \(prefix == "data/" ? "data entry" : "stage")", at: member.keySpan)
                continue
            }
            entry(&self, name, member.value)
        }
    }

    private mutating func readPin(_ name: String, _ node: JSONNode) {
        if let pin = readObject(node, "the pin of data '\(name)'") { data.append(.init(name, pin)) }
    }

    private mutating func readResult(_ name: String, _ node: JSONNode) {
        let title = "the result of stage '\(name)'"
        guard expect(node, .object, title) else { return }
        checkKeys(of: node, known: ["key", "outputs"], in: title)
        let key = readDigest("key", of: node, title)
        guard let list = required("outputs", of: node, title), expect(list, .object, "'outputs' of \(title)") else { return }
        var outputs: [ResultPin.Output] = []
        for member in list.members {
            guard isName(member.key, underscore: true) else {
                report("lock/bad-name", "'\(member.key)' is no name of an output", at: member.keySpan)
                continue
            }
            if let pin = readObject(member.value, "the output '\(member.key)' of stage '\(name)'") {
                outputs.append(.init(name: member.key, object: pin))
            }
        }
        if let key { results.append(.init(name, ResultPin(key: key, outputs: outputs))) }
    }

    private mutating func readObject(_ node: JSONNode, _ title: String) -> DataPin? {
        guard expect(node, .object, title) else { return nil }
        checkKeys(of: node, known: ["digest", "files", "kind", "size"], in: title)
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

    private mutating func readDigest(_ key: String, of node: JSONNode, _ title: String) -> Digest? {
        guard let value = required(key, of: node, title) else { return nil }
        if let text = value.string, let digest = Digest(text), same(digest.description, text) { return digest }
        report(
            "lock/bad-digest", "'\(key)' of \(title) must be 'sha256:' and 64 lower-case hexadecimal digits", value,
            note: LockfileReader.wayOut)
        return nil
    }

    private mutating func readCount(_ key: String, of node: JSONNode, _ title: String) -> Int? {
        guard let value = required(key, of: node, title) else { return nil }
        if let count = value.integer, count >= 0 { return count }
        report("lock/bad-value", "'\(key)' of \(title) must be a whole number of at least 0", value)
        return nil
    }

    // MARK: - Shape

    private mutating func required(_ key: String, of node: JSONNode, _ title: String) -> JSONNode? {
        if let value = node[key] { return value }
        report("lock/missing-key", "\(title) has no '\(key)'", node, note: LockfileReader.wayOut)
        return nil
    }

    private mutating func checkKeys(of node: JSONNode, known: [String], in title: String) {
        for member in node.members where !known.contains(where: { same($0, member.key) }) {
            // No fix-it for a key that is there as well: two of one name would be the next error.
            let meant = Suggestion.closest(to: member.key, among: known.filter { node[$0] == nil })
            report(
                "lock/unknown-key", "unknown key '\(member.key)' in \(title)", at: member.keySpan,
                note: "the keys are \(known.map { "'\($0)'" }.joined(separator: ", "))",
                fixIt: meant.map { FixIt("replace with '\($0)'", [.init(member.keySpan, JSONText.quoted($0))]) })
        }
    }

    private mutating func expect(_ node: JSONNode, _ kind: JSONNode.Kind, _ title: String) -> Bool {
        if node.kind == kind { return true }
        report("lock/wrong-type", "\(title) is \(words(node.kind)), and must be \(words(kind))", node, note: LockfileReader.wayOut)
        return false
    }

    private func words(_ kind: JSONNode.Kind) -> String {
        switch kind {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    private mutating func report(_ code: String, _ message: String, _ node: JSONNode, note: String? = nil) {
        report(code, message, at: node.span, note: note)
    }

    private mutating func report(_ code: String, _ message: String, at span: SourceSpan, note: String? = nil, fixIt: FixIt? = nil) {
        diagnostics.append(
            Diagnostic(
                code: code, message, at: Diagnostic.Location(source: document.source.name, span: span),
                notes: note.map { [Diagnostic.Note($0)] } ?? [], fixIt: fixIt))
    }

    private func same(_ first: String, _ second: String) -> Bool {
        first.utf8.elementsEqual(second.utf8)
    }

    /// `[a-z][a-z0-9_-]*`, at most 64 bytes; names of stages have no underscore.
    private func isName(_ text: String, underscore: Bool) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), text.utf8.count <= 64 else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            case UInt8(ascii: "_"): underscore
            default: false
            }
        }
    }
}
