import Canonical
import Diagnostics

/// The members of an object whose keys a shape names.
struct Fields {
    private let members: [String: JSONMemberNode]
    /// Keys that are absent and that an unknown key was probably meant to be.
    private let misspelt: Set<String>
    /// The object.
    let node: JSONNode
    /// Where something is said that concerns the object as a whole: the key that it stands under, or its opening brace.
    let span: SourceSpan
    /// What messages call the object, such as `stage 'train'`.
    let owner: String

    /// Reads an object and reports keys that `shape` does not have, and those that it misses.
    ///
    /// - Returns: nil, after saying so, when `node` is no object.
    static func read(
        _ node: JSONNode, _ shape: ObjectShape, owner: String, keySpan: SourceSpan? = nil, hints: [String: String] = [:],
        fixIts: [String: FixIt] = [:], foreign: (JSONMemberNode) -> ForeignKey? = { _ in nil }, _ problems: inout Problems
    ) -> Fields? {
        guard node.kind == .object else {
            problems.error("wrong-type", "\(owner) must be an object, not \(node.phrase)", at: node.span)
            return nil
        }
        var members: [String: JSONMemberNode] = [:]
        var misspelt: Set<String> = []
        for member in node.members {
            if shape.has(member.key) {
                // The JSON reader has reported the second of two equal keys.
                if members[member.key] == nil { members[member.key] = member }
            } else if let hint = hints[member.key] {
                problems.error("misplaced-key", "'\(member.key)' has no place in \(owner): \(hint)", at: member.keySpan)
            } else if let foreign = foreign(member), foreign.key.map({ node[$0] == nil && misspelt.insert($0).inserted }) ?? true {
                foreign.report(member, owner: owner, &problems)
            } else {
                if let meant = reportUnknown(member, shape.names, owner: owner, &problems) { misspelt.insert(meant) }
            }
        }
        let span = keySpan ?? SourceSpan(node.span.lower, min(node.span.lower + 1, node.span.upper))
        let fields = Fields(members: members, misspelt: misspelt, node: node, span: span, owner: owner)
        for key in shape.keys where key.isRequired && !fields.intends(key.name) {
            fields.reportMissing(key.name, fixIt: fixIts[key.name], &problems)
        }
        return fields
    }

    /// Says that an object has no such key, with the one that was probably meant.
    ///
    /// - Returns: the key that was probably meant.
    @discardableResult
    static func reportUnknown(
        _ member: JSONMemberNode, _ known: [String], owner: String, _ problems: inout Problems
    ) -> String? {
        let near = problems.closest(to: member.key, among: known)
        let notes = near == nil ? [Diagnostic.Note(known.isEmpty ? "it has no keys" : "known keys are \(quotedList(known))")] : []
        problems.error(
            "unknown-key", "unknown key '\(member.key)' in \(owner)", at: member.keySpan, notes: notes,
            fixIt: near.map { .replaceString(at: member.keySpan, with: $0) })
        return near
    }

    func reportMissing(_ key: String, fixIt: FixIt? = nil, _ problems: inout Problems) {
        problems.error("missing-key", "\(owner) needs the key '\(key)'", at: span, fixIt: fixIt)
    }

    /// Whether a key is there, or was meant to be: then its absence is no news.
    func intends(_ key: String) -> Bool {
        members[key] != nil || misspelt.contains(key)
    }

    subscript(_ key: String) -> JSONNode? {
        members[key]?.value
    }

    func keySpan(_ key: String) -> SourceSpan? {
        members[key]?.keySpan
    }
}

extension Fields {
    /// The text of a key's string; nil, after saying so, when it is something else or takes a parameter.
    ///
    /// `quoting` says that a number there is a text whose quotes were forgotten.
    func string(_ key: String, quoting: Bool = false, _ problems: inout Problems) -> String? {
        guard let node = self[key] else { return nil }
        return Self.string(node, what: "'\(key)' in \(owner)", quoting: quoting, &problems)
    }

    static func string(_ node: JSONNode, what: String, quoting: Bool = false, _ problems: inout Problems) -> String? {
        guard let text = node.string else {
            let isNumber = node.kind == .integer || node.kind == .number
            let quoted: FixIt? = quoting && isNumber ? .wrap(node.span, "\"", "\"", "put it in quotes") : nil
            problems.error("wrong-type", "\(what) must be a string, not \(node.phrase)", at: node.span, fixIt: quoted)
            return nil
        }
        if Template.isNeeded(for: text) {
            problems.error(
                "parameter-place", "\(what) takes no parameters; '${...}' is read in 'with' and 'run' only", at: node.span)
            return nil
        }
        return text
    }

    /// The whole number of a key; nil, after saying so, when it is something else or out of range.
    func integer(_ key: String, _ range: ClosedRange<Int>, _ problems: inout Problems) -> Int? {
        guard let node = self[key], !node.isRefused else { return nil }
        let expected = "'\(key)' in \(owner) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = node.wholeNumber else {
            problems.error(
                "wrong-type", "\(expected), not \(Self.described(node, problems))", at: node.span,
                fixIt: Self.unquoted(node, isWhole: true))
            return nil
        }
        guard range.contains(value) else {
            problems.error("out-of-range", "\(expected), not \(problems.written(node))", at: node.span)
            return nil
        }
        return value
    }

    func boolean(_ key: String, _ problems: inout Problems) -> Bool? {
        guard let node = self[key] else { return nil }
        guard let value = node.boolean else {
            problems.error("wrong-type", "'\(key)' in \(owner) must be true or false, not \(node.phrase)", at: node.span)
            return nil
        }
        return value
    }

    /// One of the words of `choices`.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _: Choice.Type, _ problems: inout Problems
    ) -> Choice? where Choice.RawValue == String {
        guard let node = self[key], let word = string(key, &problems) else { return nil }
        if let choice = Choice(rawValue: word) { return choice }
        Self.reportChoice(word, Choice.allCases.map(\.rawValue), what: "'\(key)' in \(owner)", at: node.span, &problems)
        return nil
    }

    static func reportChoice(
        _ word: String, _ known: [String], what: String, code: String = "unknown-choice", at span: SourceSpan,
        notes: [Diagnostic.Note] = [], _ problems: inout Problems
    ) {
        let near = problems.closest(to: word, among: known)
        problems.error(
            code, "\(what) must be one of \(quotedList(known)), not '\(word)'", at: span, notes: notes,
            fixIt: near.map { .replaceString(at: span, with: $0) })
    }

    /// What a value is, with its text where that helps to see the mistake.
    static func described(_ node: JSONNode, _ problems: Problems) -> String {
        switch node.kind {
        case .number, .integer: problems.written(node)
        case .null, .boolean, .string, .array, .object: node.phrase
        }
    }

    /// Takes the quotes off a string that holds a number.
    static func unquoted(_ node: JSONNode, isWhole: Bool) -> FixIt? {
        guard let text = node.string, text.utf8.count <= 24 else { return nil }
        let number = JSONDocument.parse(SourceText(name: "", text: text))
        guard !number.hasErrors, let root = number.value?.root, isWhole ? root.wholeNumber != nil : root.number != nil else { return nil }
        return FixIt("take off the quotes", [FixIt.Edit(node.span, text)])
    }
}
