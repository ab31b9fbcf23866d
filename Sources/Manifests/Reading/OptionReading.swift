import Canonical
import Diagnostics
package import StageKinds

/// Reads the options of a kind: puts parameters in, and checks types and ranges.
struct OptionReading {
    var parameters: ParameterTable
    /// The parameters that this stage has named so far.
    var named: Set<String> = []

    init(parameters: ParameterTable) {
        self.parameters = parameters
    }

    /// An option's value once parameters are put in.
    struct Value {
        /// Where the value stands, in `with` or in `parameters`.
        let node: JSONNode
        /// The text of a string in which parameters were put.
        let text: String?
        /// The place that took the value from `parameters`; strings there are not taken apart again.
        let use: ParameterUse?

        var string: String? { text ?? node.string }
    }

    /// Reads an object of options.
    ///
    /// Messages call the object `owner` and its options `'name'` and then `context`.
    mutating func object(
        _ value: Value, _ options: [OptionDescription], extraKey: String? = nil, owner: String, context: String, _ problems: inout Problems
    ) -> JSONValue? {
        guard value.node.kind == .object else {
            reportType(value, expected: "an object", what: owner, &problems)
            return nil
        }
        let errors = problems.errorCount
        let known = (extraKey.map { [$0] } ?? []) + options.map(\.name)
        var members: [JSONMember] = []
        var present: Set<String> = []
        for member in value.node.members {
            if member.key == extraKey {
                members.append(JSONMember(member.key, member.value.value))
                continue
            }
            guard let option = options.first(where: { $0.name == member.key }) else {
                if let meant = reportUnknown(member, known, owner: owner, use: value.use, &problems) { present.insert(meant) }
                continue
            }
            guard present.insert(member.key).inserted else { continue }
            if let inner = read(member.value, use: value.use, option.type, what: "'\(option.name)' \(context)", &problems) {
                members.append(JSONMember(option.name, inner))
            }
        }
        for option in options where option.isRequired && !present.contains(option.name) {
            let span = value.use?.span ?? SourceSpan(value.node.span.lower, value.node.span.lower + 1)
            problems.error("missing-key", "\(owner) needs the option '\(option.name)': \(option.summary)", at: span)
        }
        return problems.errorCount == errors ? .object(members) : nil
    }

    /// Reads one value of `type`.
    ///
    /// - Returns: nil after saying what is wrong.
    mutating func read(
        _ node: JSONNode, use: ParameterUse? = nil, _ type: OptionType, what: String, _ problems: inout Problems
    ) -> JSONValue? {
        guard let value = substituted(node, use: use, what: what, &problems), !value.node.isRefused else { return nil }
        switch type {
        case .boolean:
            if let boolean = value.text == nil ? value.node.boolean : nil { return .boolean(boolean) }
        case .integer(let min, let max):
            if value.text == nil, let whole = value.node.wholeNumber {
                if min.map({ whole >= $0 }) ?? true, max.map({ whole <= $0 }) ?? true { return .integer(whole) }
                return reportRange(value, type, what: what, &problems)
            }
        case .number(let range):
            if value.text == nil, let number = value.node.number {
                if range.contains(number) { return value.node.value }
                return reportRange(value, type, what: what, &problems)
            }
        case .string, .column:
            if let text = value.string {
                if case .column = type, text.isEmpty {
                    report(value, "empty", "\(what) must be the name of a column, not an empty text", &problems)
                    return nil
                }
                return .string(text)
            }
        case .choice(let words):
            if let text = value.string {
                if words.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return .string(text) }
                reportChoice(value, text, words, what: what, &problems)
                return nil
            }
        case .list(let item, let minCount):
            if value.node.kind == .array, value.text == nil { return list(value, of: item, minCount, what: what, &problems) }
        case .object(let options):
            if value.node.kind == .object, value.text == nil {
                return object(value, options, owner: what, context: "in \(what)", &problems)
            }
        case .columnMap(let item):
            if value.node.kind == .object, value.text == nil {
                return map(value, of: item, keys: "the name of a column", what: what, &problems)
            }
        case .classMap(let word, let item):
            if value.node.kind == .object, value.text == nil { return map(value, of: item, keys: "a class", what: what, &problems) }
            if let text = value.string {
                if text.utf8.elementsEqual(word.utf8) { return .string(text) }
                reportChoice(value, text, [word], what: what, &problems)
                return nil
            }
        case .variants(let tag, let variants):
            if value.node.kind == .object, value.text == nil { return variant(value, tag, variants, what: what, &problems) }
            if let word = value.string, value.use == nil, variants.contains(where: { $0.name == word }) {
                let fixIt = FixIt.wrap(value.node.span, "{ \(JSONText.quoted(tag)): ", " }", "put it into an object")
                reportType(value, expected: type.phrase, what: what, fixIt: fixIt, &problems)
                return nil
            }
        }
        reportType(value, expected: type.phrase, what: what, fixIt: fixIt(value, type), &problems)
        return nil
    }

    private mutating func list(
        _ value: Value, of item: OptionType, _ minCount: Int, what: String, _ problems: inout Problems
    ) -> JSONValue? {
        let errors = problems.errorCount
        var items: [JSONValue] = []
        var seen: Set<JSONValue> = []
        for element in value.node.children {
            guard let inner = read(element, use: value.use, item, what: "an item of \(what)", &problems) else { continue }
            if case .column = item, !seen.insert(inner).inserted {
                let place = Value(node: element, text: nil, use: value.use)
                report(place, "duplicate-item", "\(what) names \(JSONText.line(inner)) twice", &problems)
            }
            items.append(inner)
        }
        if value.node.elements.count < minCount {
            report(value, "empty", "\(what) must have at least \(minCount == 1 ? "one item" : "\(minCount) items")", &problems)
        }
        return problems.errorCount == errors ? .array(items) : nil
    }

    private mutating func map(
        _ value: Value, of item: OptionType, keys: String, what: String, _ problems: inout Problems
    ) -> JSONValue? {
        let errors = problems.errorCount
        var members: [JSONMember] = []
        for member in value.node.members {
            if member.key.isEmpty {
                problems.error("empty", "a key of \(what) must be \(keys), not an empty text", at: member.keySpan)
            }
            if let inner = read(member.value, use: value.use, item, what: "'\(member.key)' in \(what)", &problems) {
                members.append(JSONMember(member.key, inner))
            }
        }
        return problems.errorCount == errors ? .object(members) : nil
    }

    private mutating func variant(
        _ value: Value, _ tag: String, _ variants: [VariantDescription], what: String, _ problems: inout Problems
    ) -> JSONValue? {
        let words = variants.map(\.name)
        guard let tagNode = value.node[tag] else {
            let span = value.use?.span ?? SourceSpan(value.node.span.lower, value.node.span.lower + 1)
            problems.error("missing-key", "\(what) needs the key '\(tag)', one of \(quotedList(words))", at: span)
            return nil
        }
        guard let word = read(tagNode, use: value.use, .string, what: "'\(tag)' in \(what)", &problems)?.stringValue else { return nil }
        guard let variant = variants.first(where: { $0.name == word }) else {
            // The tag may come from a parameter of its own.
            guard let place = substituted(tagNode, use: value.use, what: what, &problems) else { return nil }
            reportChoice(place, word, words, what: "'\(tag)' in \(what)", &problems)
            return nil
        }
        guard
            case .object(let members)? = object(
                value, variant.options, extraKey: tag, owner: what, context: "in \(what)", &problems)
        else { return nil }
        return .object(members.map { $0.name == tag ? JSONMember(tag, .string(word)) : $0 })
    }
}

extension OptionReading {
    /// Puts parameters into a value; nil after saying why it cannot be done.
    private mutating func substituted(
        _ node: JSONNode, use: ParameterUse?, what: String, _ problems: inout Problems
    ) -> Value? {
        guard use == nil, node.kind == .string, let text = node.string, Template.isNeeded(for: text) else {
            return Value(node: node, text: nil, use: use)
        }
        guard let template = Template.read(text, in: node, &problems) else { return nil }
        if let sole = template.soleReference {
            let span = problems.span(of: sole.range, in: node)
            guard let value = parameters.take(sole.name, at: span, &problems) else { return nil }
            named.insert(sole.name)
            return Value(node: value, text: nil, use: ParameterUse(path: sole.name, span: span))
        }
        var result = ""
        var isGood = true
        for piece in template.pieces {
            switch piece {
            case .text(let literal): result += literal
            case .reference(let name, let range):
                let span = problems.span(of: range, in: node)
                guard let value = parameters.take(name, at: span, &problems) else {
                    isGood = false
                    continue
                }
                named.insert(name)
                if let embedded = value.embedded {
                    result += embedded
                } else {
                    isGood = false
                    Self.reportEmbedding(of: value, name, at: span, &problems)
                }
            }
        }
        return isGood ? Value(node: node, text: result, use: nil) : nil
    }

    static func reportEmbedding(of value: JSONNode, _ name: String, at span: SourceSpan, _ problems: inout Problems) {
        problems.error(
            "parameter-value", "parameter '\(name)' is \(value.phrase), which cannot stand inside a text", at: span,
            notes: [problems.note("it is given here", at: value.span)])
    }
}

extension OptionReading {
    /// Reports a problem at the use of a parameter, with a note at the parameter, or at the value itself.
    private func report(_ value: Value, _ code: String, _ message: String, fixIt: FixIt? = nil, _ problems: inout Problems) {
        guard let use = value.use else {
            problems.error(code, message, at: value.node.span, fixIt: fixIt)
            return
        }
        let note = problems.note("the value is given here, in parameter '\(use.path)'", at: value.node.span)
        problems.error("parameter-value", message, at: use.span, notes: [note])
    }

    private func reportType(_ value: Value, expected: String, what: String, fixIt: FixIt? = nil, _ problems: inout Problems) {
        let found = value.text == nil ? Fields.described(value.node, problems) : "a string"
        report(value, "wrong-type", "\(what) must be \(expected), not \(found)", fixIt: fixIt, &problems)
    }

    private func reportRange(_ value: Value, _ type: OptionType, what: String, _ problems: inout Problems) -> JSONValue? {
        report(value, "out-of-range", "\(what) must be \(type.phrase), not \(problems.written(value.node))", &problems)
        return nil
    }

    private func reportChoice(
        _ value: Value, _ word: String, _ words: [String], what: String, _ problems: inout Problems
    ) {
        let near = problems.closest(to: word, among: words)
        let fixIt = value.text == nil ? near.map { FixIt.replaceString(at: value.node.span, with: $0) } : nil
        report(value, "unknown-choice", "\(what) must be one of \(quotedList(words)), not '\(word)'", fixIt: fixIt, &problems)
    }

    /// - Returns: the key that was probably meant.
    private func reportUnknown(
        _ member: JSONMemberNode, _ known: [String], owner: String, use: ParameterUse?, _ problems: inout Problems
    ) -> String? {
        guard let use else { return Fields.reportUnknown(member, known, owner: owner, &problems) }
        let note = problems.note("the key is given here, in parameter '\(use.path)'", at: member.keySpan)
        problems.error("parameter-value", "unknown key '\(member.key)' in \(owner)", at: use.span, notes: [note])
        return nil
    }

    /// Quotes put on a number where a text belongs, or taken off where a number belongs.
    private func fixIt(_ value: Value, _ type: OptionType) -> FixIt? {
        guard value.text == nil, value.use == nil else { return nil }
        switch type {
        case .integer:
            return Fields.unquoted(value.node, isWhole: true)
        case .number:
            return Fields.unquoted(value.node, isWhole: false)
        case .string, .column:
            return value.node.kind == .integer ? .wrap(value.node.span, "\"", "\"", "put it in quotes") : nil
        case .list:
            guard value.node.kind == .string, value.node.string?.isEmpty == false else { return nil }
            return .wrap(value.node.span, "[", "]", "put it into a list")
        case .boolean:
            guard let text = value.node.string, text == "true" || text == "false" else { return nil }
            return FixIt("take off the quotes", [FixIt.Edit(value.node.span, text)])
        case .choice, .object, .columnMap, .classMap, .variants:
            return nil
        }
    }
}

extension OptionType {
    /// What a value of the type is, with its range, for messages.
    package var phrase: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let min?, let max?): "a whole number from \(min) to \(max)"
        case .integer(let min?, nil): "a whole number of at least \(min)"
        case .integer(nil, let max?): "a whole number of at most \(max)"
        case .integer(nil, nil): "a whole number"
        case .number(let range): range.phrase
        case .string: "a string"
        case .column: "the name of a column"
        case .choice(let words): "one of \(quotedList(words))"
        case .list(let item, _): "a list, each item \(item.phrase)"
        case .object: "an object"
        case .columnMap(let item): "an object with column names as keys, each value \(item.phrase)"
        case .classMap(let word, let item): "'\(word)', or an object with classes as keys, each value \(item.phrase)"
        case .variants(let tag, _): "an object with the key '\(tag)'"
        }
    }
}

extension NumberRange {
    /// The range in words: `a number above 0 and at most 1`.
    var phrase: String {
        var bounds: [String] = []
        if let min { bounds.append((excludesMin ? "above " : "of at least ") + Self.text(min)) }
        if let max { bounds.append((excludesMax ? "below " : "at most ") + Self.text(max)) }
        return bounds.isEmpty ? "a number" : "a number " + bounds.joined(separator: " and ")
    }

    static func text(_ bound: Double) -> String {
        String(decoding: CanonicalJSON.encode(.number(bound)), as: UTF8.self)
    }
}
