import Canonical
package import Diagnostics

/// Puts inputs into a stage of a manifest's text and leaves the rest of the text as its author laid it out.
package enum InputInsertion {
    /// The edit that adds `inputs` to the stage; nil when the text has no such stage or its `inputs` are no object.
    ///
    /// New members go behind the last one: on lines of their own where that one has its own, else on its line.
    package static func fixIt(_ source: SourceText, stage: String, inputs: [InputProposal]) -> FixIt? {
        guard !inputs.isEmpty, let root = JSONDocument.parse(source).value?.root, let object = root["stages"]?[stage],
            object.kind == .object
        else { return nil }
        let layout = Layout(source: source)
        let members = inputs.map(\.text)
        let title = "declare \(inputs.map { "'\($0.reference)'" }.joined(separator: ", "))"
        if let node = object["inputs"] {
            guard node.kind == .object else { return nil }
            return FixIt(title, [layout.insertion(of: members, into: node)])
        }
        guard let run = object.members.first(where: { $0.key == "run" }) else { return nil }
        let whole = "\"inputs\": { \(members.joined(separator: ", ")) }"
        // Where what follows `run` begins a line, so does the new member.
        let next = object.members.first { $0.keySpan.lower > run.value.span.upper } ?? run
        let end = run.value.span.upper
        return FixIt(title, [FixIt.Edit(SourceSpan(end, end), layout.separator(like: next) + whole)])
    }
}

/// How the members of an object stand in a text.
private struct Layout {
    let source: SourceText

    /// The comma and the space between a member and the next, as it stands before `member`.
    func separator(like member: JSONMemberNode) -> String {
        indentation(before: member.keySpan.lower).map { ",\n\($0)" } ?? ", "
    }

    func insertion(of members: [String], into object: JSONNode) -> FixIt.Edit {
        guard let last = object.members.last else {
            return FixIt.Edit(object.span, "{ \(members.joined(separator: ", ")) }")
        }
        let separator = separator(like: last)
        let end = last.value.span.upper
        return FixIt.Edit(SourceSpan(end, end), members.map { separator + $0 }.joined())
    }

    /// The blanks in front of a place that is the first of its line; nil when something else stands there.
    private func indentation(before offset: Int) -> String? {
        var start = offset
        while start > 0, source.bytes[start - 1] == 0x20 || source.bytes[start - 1] == 0x09 { start -= 1 }
        guard start > 0, source.bytes[start - 1] == 0x0A else { return nil }
        return String(decoding: source.bytes[start..<offset], as: UTF8.self)
    }
}
