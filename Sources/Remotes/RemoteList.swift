internal import Canonical
package import Diagnostics

/// What a workspace says of its remotes, in `.mlbuild/config.json`.
// SPEC: remotes.md#where-they-are-written
package struct RemoteList: Hashable, Sendable {
    package static let fileName = "config.json"
    package static let version = 1

    package struct Entry: Hashable, Sendable {
        package let name: String
        package let url: String
        package let endpoint: String?
        package let region: String?
        package let address: RemoteAddress

        /// - Throws: when the URL could not be used.
        package init(name: String, url: String, endpoint: String? = nil, region: String? = nil) throws(RemoteAddress.Refused) {
            address = try RemoteAddress.read(url, endpoint: endpoint, region: region)
            self.name = name
            self.url = url
            self.endpoint = endpoint
            self.region = region
        }
    }

    /// In the order of the text.
    package var entries: [Entry]
    /// The name of the one that is used when none is asked for.
    package var standard: String?

    package init(_ entries: [Entry] = [], standard: String? = nil) {
        self.entries = entries
        self.standard = standard
    }

    package func entry(_ name: String) -> Entry? { entries.first { $0.name.utf8.elementsEqual(name.utf8) } }

    /// The one that is used when none is asked for; nil when that cannot be told.
    package var used: Entry? {
        if let standard { return entry(standard) }
        return entries.count == 1 ? entries[0] : nil
    }

    /// `[a-z][a-z0-9_-]*`, at most 64 bytes.
    package static func isName(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { letters.contains($0) || HTTPHead.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// The text that reads back as this.
    package func encode() -> String {
        var members = [JSONMember("version", .integer(Self.version))]
        if let standard { members.append(JSONMember("default", .string(standard))) }
        let remotes = entries.map { entry in
            var members = [JSONMember("name", .string(entry.name)), JSONMember("url", .string(entry.url))]
            if let endpoint = entry.endpoint { members.append(JSONMember("endpoint", .string(endpoint))) }
            if let region = entry.region { members.append(JSONMember("region", .string(region))) }
            return JSONValue.object(members)
        }
        return JSONText.pretty(.object(members + [JSONMember("remotes", .array(remotes))]))
    }

    /// The text as it may be shown with a diagnostic: what somebody put into it by mistake stays covered, and every offset as it is.
    package static func masked(_ source: SourceText) -> SourceText {
        let known = Set(["version", "default", "remotes", "name", "url", "endpoint", "region"].map { Array($0.utf8) })
        var bytes = source.bytes
        let quote = UInt8(ascii: "\"")
        var index = 0
        while let open = bytes[index...].firstIndex(of: quote) {
            var close = open + 1
            while close < bytes.count, bytes[close] != quote {
                close += bytes[close] == UInt8(ascii: "\\") ? 2 : 1
            }
            close = min(close, bytes.count)
            if !known.contains(Array(bytes[(open + 1)..<close])) {
                for place in (open + 1)..<close where bytes[place] != UInt8(ascii: "\n") { bytes[place] = UInt8(ascii: "*") }
            }
            index = min(close + 1, bytes.count)
        }
        return SourceText(name: source.name, bytes: bytes)
    }

    package static func read(_ source: SourceText) -> Diagnosed<RemoteList> {
        let parsed = JSONDocument.parse(source, limits: JSONLimits(depth: 8, bytes: 1 << 20))
        guard let document = parsed.value, !parsed.hasErrors else { return Diagnosed(nil, parsed.diagnostics) }
        var reader = Reader()
        let list = reader.list(document.root)
        return Diagnosed(list, reader.diagnostics)
    }

    /// Takes the parts of the text, and notes all that is wrong with them.
    private struct Reader {
        var diagnostics: [Diagnostic] = []

        mutating func error(_ code: String, _ message: String, _ node: JSONNode) {
            diagnostics.append(Diagnostic(code: "remote/" + code, message, at: node.location))
        }

        mutating func list(_ root: JSONNode) -> RemoteList? {
            guard root.kind == .object else {
                error("wrong-type", "the configuration is an object", root)
                return nil
            }
            knows(["version", "default", "remotes"], in: root, "the configuration")
            guard let version = root["version"], version.integer == RemoteList.version else {
                error("unknown-version", "'version' is \(RemoteList.version)", root["version"] ?? root)
                return nil
            }
            var entries: [Entry] = []
            if let remotes = root["remotes"] {
                if remotes.kind != .array { error("wrong-type", "'remotes' is a list", remotes) }
                for node in remotes.elements {
                    guard let entry = entry(node) else { continue }
                    if entries.contains(where: { $0.name == entry.name }) {
                        error("duplicate-name", "remote '\(entry.name)' stands there twice", node["name"] ?? node)
                        continue
                    }
                    entries.append(entry)
                }
            }
            var standard: String?
            if let node = root["default"] {
                standard = node.string
                if let name = standard, !entries.contains(where: { $0.name == name }) {
                    if RemoteList.isName(name) {
                        error("unknown-remote", "'default' names '\(name)', and there is no such remote", node)
                    } else {
                        error("unknown-remote", "'default' names no remote", node)
                    }
                } else if standard == nil {
                    error("wrong-type", "'default' is a text", node)
                }
            }
            return RemoteList(entries, standard: standard)
        }

        mutating func entry(_ node: JSONNode) -> Entry? {
            guard node.kind == .object else {
                error("wrong-type", "a remote is an object", node)
                return nil
            }
            knows(["name", "url", "endpoint", "region"], in: node, "a remote")
            guard let name = text("name", in: node), let url = text("url", in: node) else { return nil }
            for key in ["endpoint", "region"] where node[key] != nil && node[key]?.kind != .string {
                error("wrong-type", "'\(key)' is a text", node)
                return nil
            }
            guard RemoteList.isName(name) else {
                error("invalid-name", "a remote's name is like 'origin': small letters, digits, '-' and '_'", node["name"] ?? node)
                return nil
            }
            do throws(RemoteAddress.Refused) {
                return try Entry(name: name, url: url, endpoint: node["endpoint"]?.string, region: node["region"]?.string)
            } catch {
                self.error("invalid-url", "remote '\(name)' cannot be used: \(error.reason)", node["name"] ?? node)
                return nil
            }
        }

        mutating func text(_ key: String, in node: JSONNode) -> String? {
            guard let value = node[key] else {
                error("missing-key", "a remote has '\(key)'", node)
                return nil
            }
            if let text = value.string { return text }
            error("wrong-type", "'\(key)' is a text", value)
            return nil
        }

        mutating func knows(_ keys: [String], in node: JSONNode, _ what: String) {
            for member in node.members where !keys.contains(where: { $0.utf8.elementsEqual(member.key.utf8) }) {
                let near = Suggestion.closest(to: member.key, among: keys).map { "; did you mean '\($0)'?" } ?? ""
                // The name may be a credential that somebody put there: it is not repeated.
                error("unknown-key", "\(what) has a member that is not known\(near)", member.value)
            }
        }
    }
}
