import Canonical
import Diagnostics

/// The manifest's parameters, and which of them have been named.
struct ParameterTable {
    private var order: [JSONMemberNode] = []
    private var index: [String: Int] = [:]
    private var isUsed: [Bool] = []

    /// Reads the value of the key `parameters`.
    static func read(_ node: JSONNode?, _ problems: inout Problems) -> ParameterTable {
        var table = ParameterTable()
        guard let node else { return table }
        guard node.kind == .object else {
            problems.error("wrong-type", "'parameters' must be an object, not \(node.phrase)", at: node.span)
            return table
        }
        let members = node.members
        NameRule.parameter.checkKeys(of: members, &problems)
        for member in members where table.index[member.key] == nil {
            table.index[member.key] = table.order.count
            table.order.append(member)
            table.isUsed.append(false)
            checkValue(member.value, of: member.key, &problems)
        }
        return table
    }

    /// The parameters as values.
    var parameters: [Parameter] {
        order.map { Parameter(name: $0.key, value: $0.value.value, span: $0.value.span) }
    }

    private static func checkValue(_ node: JSONNode, of name: String, _ problems: inout Problems) {
        switch node.kind {
        case .null:
            problems.error("wrong-type", "parameter '\(name)' holds null, which no option takes", at: node.span)
        case .string:
            if let text = node.string, Template.isNeeded(for: text) {
                problems.error("parameter-place", "parameter '\(name)' cannot take another parameter", at: node.span)
            }
        case .array:
            for element in node.children { checkValue(element, of: name, &problems) }
        case .object:
            for member in node.members { checkValue(member.value, of: name, &problems) }
        case .boolean, .integer, .number: break
        }
    }

    /// The value that `${path}` takes; nil after saying why there is none.
    mutating func take(_ path: String, at span: SourceSpan, _ problems: inout Problems) -> JSONNode? {
        let parts = path.split(separator: ".").map(String.init)
        let name = parts[0]
        if name == "inputs" || name == "outputs" {
            problems.error("unknown-placeholder", "'${\(path)}' is a path in the sandbox, which 'run' alone can name", at: span)
            return nil
        }
        guard let position = index[name] else {
            let near = problems.closest(to: name, among: order.map(\.key))
            let mended = near.map { ([$0] + parts.dropFirst()).joined(separator: ".") }
            problems.error(
                "unknown-parameter", "there is no parameter '\(name)'", at: span, notes: order.isEmpty || near != nil ? [] : [known],
                fixIt: fixIt(path, mended, at: span))
            return nil
        }
        isUsed[position] = true
        var node = order[position].value
        var reached = name
        for (depth, part) in parts.enumerated().dropFirst() {
            guard node.kind == .object else {
                problems.error(
                    "unknown-parameter", "'\(reached)' is \(node.phrase) and has no '\(part)' in it", at: span,
                    notes: [problems.note("it is given here", at: node.span)])
                return nil
            }
            guard let inner = node[part] else {
                let near = problems.closest(to: part, among: node.members.map(\.key))
                let mended = near.map { (Array(parts[..<depth]) + [$0] + parts[(depth + 1)...]).joined(separator: ".") }
                problems.error(
                    "unknown-parameter", "parameter '\(reached)' has no '\(part)'", at: span,
                    notes: [problems.note("it is given here", at: node.span)], fixIt: fixIt(path, mended, at: span))
                return nil
            }
            node = inner
            reached += "." + part
        }
        return node
    }

    private var known: Diagnostic.Note {
        Diagnostic.Note("the parameters are \(quotedList(order.prefix(20).map(\.key)))")
    }

    /// Replaces `${path}` at `span`; nothing where the span is wider than that because of escapes.
    private func fixIt(_ path: String, _ mended: String?, at span: SourceSpan) -> FixIt? {
        guard let mended, Template.isPath(mended), span.upper - span.lower == path.utf8.count + 3 else { return nil }
        return .replace(span, with: "${\(mended)}")
    }

    /// Warns of parameters that nothing has named.
    func reportUnused(_ problems: inout Problems) {
        for (position, member) in order.enumerated() where !isUsed[position] {
            problems.warning("unused-parameter", "nothing takes the parameter '\(member.key)'", at: member.keySpan)
        }
    }
}

/// A place that takes a parameter.
struct ParameterUse {
    let path: String
    let span: SourceSpan
}

extension JSONNode {
    /// The value as it reads inside a longer string; nil for null, lists and objects.
    var embedded: String? {
        switch kind {
        case .string: string
        case .boolean: boolean.map { $0 ? "true" : "false" }
        case .integer, .number: String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
        case .null, .array, .object: nil
        }
    }
}
