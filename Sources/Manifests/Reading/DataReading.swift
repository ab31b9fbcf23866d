import Canonical
import Diagnostics

/// Reads the entries of `data`.
enum DataReading {
    static func read(_ node: JSONNode?, _ problems: inout Problems) -> (names: [String], entries: [DataEntry]) {
        guard let node else { return ([], []) }
        guard node.kind == .object else {
            problems.error("wrong-type", "'data' must be an object, not \(node.phrase)", at: node.span)
            return ([], [])
        }
        let members = node.members
        NameRule.data.checkKeys(of: members, &problems)
        return (members.map(\.key), members.compactMap { entry($0, &problems) })
    }

    private static func entry(_ member: JSONMemberNode, _ problems: inout Problems) -> DataEntry? {
        if member.value.kind == .string, let text = member.value.string {
            let isURL = URLParts(Array(text.utf8)) != nil
            problems.error(
                "wrong-type", "data '\(member.key)' must be an object, not a string", at: member.value.span,
                fixIt: .wrap(member.value.span, "{ \"\(isURL ? "url" : "path")\": ", " }", "put it into an object"))
            return nil
        }
        let owner = "data '\(member.key)'"
        guard let fields = Fields.read(member.value, Grammar.data, owner: owner, keySpan: member.keySpan, &problems) else { return nil }
        let format = fields.choice("format", TableFormat.self, &problems)
        let delimiter = delimiter(fields, &problems)
        let keep = fields.choice("keep", DataEntry.Keeping.self, &problems)
        let unpack = fields.boolean("unpack", &problems)
        let ignore = patterns(fields, &problems)
        guard let (origin, span, isFolder) = origin(fields, &problems) else { return nil }
        var told: TableFormat?
        var unpacking: DataEntry.Unpacking?
        switch origin {
        case .path(let path):
            told = isFolder ? nil : TableForm(at: path)?.format
            if unpack != nil, let key = fields.keySpan("unpack") {
                problems.error("unpack-needs-url", "'unpack' in \(owner) goes with 'url'; a path is taken as it is", at: key)
            }
        case .url(let url):
            let name = Self.fileName(ofURL: url)
            let packed = name.flatMap(PackedName.file(in:))
            if unpack == true { unpacking = packed == nil ? .archive : .file }
            if unpacking != .archive { told = (unpack == true ? packed : name).flatMap(Self.format(ofName:)) }
            if keep != nil, let key = fields.keySpan("keep") {
                problems.error("keep-needs-path", "'keep' in \(owner) goes with 'path'; what a URL gives is always kept", at: key)
            }
            if let key = fields.keySpan("ignore") {
                problems.error("ignore-needs-path", "'ignore' in \(owner) goes with 'path'; what a URL gives is taken as it is", at: key)
            }
        }
        let known = format ?? told
        if delimiter != nil, known != .csv, let key = fields.keySpan("delimiter") {
            problems.error("delimiter-needs-csv", "'delimiter' in \(owner) goes with the format 'csv'", at: key)
        }
        return DataEntry(
            name: member.key, span: member.keySpan, origin: origin, originSpan: span, isFolder: isFolder, unpack: unpacking,
            form: known.map { TableForm($0, isFolder: isFolder || unpacking == .archive, delimiter: delimiter) }, keep: keep ?? .copy,
            ignore: ignore)
    }

    private static func patterns(_ fields: Fields, _ problems: inout Problems) -> [String] {
        guard let node = fields["ignore"] else { return [] }
        let what = "'ignore' in \(fields.owner)"
        guard node.kind == .array else {
            problems.error(
                "wrong-type", "\(what) must be a list of strings, not \(node.phrase)", at: node.span,
                fixIt: node.kind == .string ? .wrap(node.span, "[", "]", "put it into a list") : nil)
            return []
        }
        let items = node.elements
        if items.count > IgnorePattern.most {
            problems.error(
                "too-many-patterns", "\(what) has \(items.count) patterns; more than \(IgnorePattern.most) are not taken", at: node.span,
                notes: [Diagnostic.Note("'*' and folders say more with fewer; or move what is no data to another folder")])
        }
        var seen: Set<String> = []
        for item in items {
            guard let text = Fields.string(item, what: "an item of \(what)", &problems) else { continue }
            if let fault = IgnorePattern.fault(text) {
                problems.error("bad-pattern", "an item of \(what) \(fault)", at: item.span)
            } else if !seen.insert(text).inserted {
                problems.error("duplicate-item", "\(what) names \"\(text)\" twice", at: item.span)
            }
        }
        return seen.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Without a guess at what another sign was to be: each is as near as the others.
    private static func delimiter(_ fields: Fields, _ problems: inout Problems) -> TableForm.Delimiter? {
        guard let node = fields["delimiter"], let text = fields.string("delimiter", &problems) else { return nil }
        if let delimiter = TableForm.Delimiter(rawValue: text) { return delimiter }
        let known = quotedList(TableForm.Delimiter.allCases.map(\.rawValue))
        problems.error("unknown-choice", "'delimiter' in \(fields.owner) must be one of \(known)", at: node.span)
        return nil
    }

    private static func origin(_ fields: Fields, _ problems: inout Problems) -> (DataEntry.Origin, SourceSpan, isFolder: Bool)? {
        let owner = fields.owner
        switch (fields["path"], fields["url"]) {
        case (nil, nil):
            if fields.intends("path") || fields.intends("url") { return nil }
            problems.error("data-origin", "\(owner) needs either 'path' or 'url'", at: fields.span)
            return nil
        case (_?, let url?):
            problems.error("data-origin", "\(owner) has both 'path' and 'url'; it needs one of them", at: fields.keySpan("url") ?? url.span)
            return nil
        case (nil, let node?):
            let what = "'url' in \(owner)"
            guard let text = fields.string("url", &problems), let url = URLReading.read(text, in: node, what: what, &problems) else {
                return nil
            }
            return (.url(url), node.span, false)
        case (let node?, nil):
            let what = "'path' in \(owner)"
            guard let text = fields.string("path", &problems) else { return nil }
            if URLParts(Array(text.utf8)) != nil, let key = fields.keySpan("path") {
                problems.error(
                    "data-origin", "\(what) is a URL; it stands under 'url'", at: key, fixIt: .replaceString(at: key, with: "url"))
                return nil
            }
            return PathReading.read(text, in: node, what: what, .read, &problems).map { (.path($0.path), node.span, $0.isFolder) }
        }
    }

    private static func fileName(ofURL url: String) -> String? {
        let bytes = Array(url.utf8)
        guard let parts = URLParts(bytes) else { return nil }
        return bytes[parts.path].split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func format(ofName name: String) -> TableFormat? {
        RelativePath(name).flatMap { TableFormat(extensionOf: $0) }
    }
}
