import Canonical
import Diagnostics
import StageKinds

/// Reads the entries of `stages`, each for itself.
enum StageReading {
    static func read(
        _ node: JSONNode?, _ environments: EnvironmentNames, _ options: inout OptionReading, _ problems: inout Problems
    ) -> [StageDraft] {
        guard let node else { return [] }
        guard node.kind == .object else {
            problems.error("wrong-type", "'stages' must be an object, not \(node.phrase)", at: node.span)
            return []
        }
        let members = node.members
        guard members.count <= Grammar.maxStages else {
            problems.error(
                "too-many-stages", "'stages' has \(members.count) entries; at most \(Grammar.maxStages) are read",
                at: members[Grammar.maxStages].keySpan)
            return []
        }
        NameRule.stage.checkKeys(of: members, &problems)
        return members.map { stage($0, environments, &options, &problems) }
    }

    private static func stage(
        _ member: JSONMemberNode, _ environments: EnvironmentNames, _ options: inout OptionReading, _ problems: inout Problems
    ) -> StageDraft {
        let owner = "stage '\(member.key)'"
        var draft = StageDraft(name: member.key, span: member.keySpan, work: .unknown)
        guard member.value.kind == .object else {
            problems.error("wrong-type", "\(owner) must be an object, not \(member.value.phrase)", at: member.value.span)
            return draft
        }
        options.named = []
        switch (member.value["uses"], member.value["run"]) {
        case (_?, nil):
            kind(member, owner: owner, &draft, &options, &problems)
        case (nil, _?):
            command(member, owner: owner, environments, &draft, &options, &problems)
        case (nil, nil):
            // A misspelt key, or one of another tool, is the likelier reason, and is reported as such.
            if let member = member.value.members.first(where: { ForeignKey($0, isCommand: true)?.key == "run" }) {
                ForeignKey(member, isCommand: true)?.report(member, owner: owner, &problems)
                break
            }
            let near = member.value.members.first { isNear($0.key, "uses") || isNear($0.key, "run") }
            if let near {
                let word = isNear(near.key, "uses") ? "uses" : "run"
                problems.error(
                    "unknown-key", "unknown key '\(near.key)' in \(owner)", at: near.keySpan,
                    fixIt: .replaceString(at: near.keySpan, with: word))
            } else {
                problems.error("stage-work", "\(owner) needs either 'uses' or 'run'", at: member.keySpan)
            }
        case (_?, _?):
            let run = member.value.members.first { $0.key == "run" }
            problems.error(
                "stage-work", "\(owner) has both 'uses' and 'run'; it needs one of them", at: run?.keySpan ?? member.keySpan)
        }
        draft.parameters = options.named.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return draft
    }

    private static func isNear(_ word: String, _ known: String) -> Bool {
        Suggestion.closest(to: word, among: [known]) != nil
    }

    private static let hintForKind = "a command has it, a built-in kind has its options in 'with'"

    private static func kind(
        _ member: JSONMemberNode, owner: String, _ draft: inout StageDraft, _ options: inout OptionReading, _ problems: inout Problems
    ) {
        let hints = [
            "outputs": "a built-in kind names its own outputs", "timeout": hintForKind, "threads": hintForKind, "variables": hintForKind,
            "entropy": hintForKind, "environment": hintForKind, "resources": hintForKind, "addresses": hintForKind,
        ]
        guard
            let fields = Fields.read(
                member.value, Grammar.kindStage, owner: owner, keySpan: member.keySpan, hints: hints,
                foreign: { ForeignKey($0, isCommand: false) }, &problems),
            let uses = fields["uses"], let word = fields.string("uses", &problems)
        else { return }
        guard let kind = StageKind(rawValue: word) else {
            let known = StageKind.allCases.map(\.rawValue)
            let near = problems.closest(to: word, among: known)
            problems.error(
                "unknown-kind", "there is no kind '\(word)'", at: uses.span,
                notes: near == nil ? [Diagnostic.Note("the kinds are \(quotedList(known))")] : [],
                fixIt: near.map { .replaceString(at: uses.span, with: $0) })
            return
        }
        let description = kind.description
        draft.inputs = inputs(fields, of: description, &problems)
        let (values, span) = with(fields, uses, description, &options, &problems)
        if let values {
            OptionRules.check(values, description, fields, span, &problems)
        }
        draft.work = .kind(description, options: values, optionsSpan: span)
        for output in description.outputs {
            // Where the options have errors, an output that they may have asked for counts as there.
            if values.map({ output.exists(under: $0) }) ?? true {
                draft.outputs.append(StageDraft.Output(name: output.name, type: output.type, kind: output))
            } else {
                draft.absentOutputs.append(output)
            }
        }
    }

    private static func with(
        _ fields: Fields, _ uses: JSONNode, _ description: KindDescription, _ options: inout OptionReading, _ problems: inout Problems
    ) -> (JSONValue?, SourceSpan) {
        guard let with = fields["with"] else {
            let required = fields.intends("with") ? [] : description.options.filter(\.isRequired)
            for option in required {
                problems.error(
                    "missing-key", "\(fields.owner) needs the option '\(option.name)' in 'with': \(option.summary)", at: uses.span)
            }
            return (required.isEmpty ? .object([]) : nil, uses.span)
        }
        let what = "'with' of \(fields.owner)"
        guard with.kind == .object else {
            problems.error("wrong-type", "\(what) must be an object, not \(with.phrase)", at: with.span)
            return (nil, with.span)
        }
        let value = OptionReading.Value(node: with, text: nil, use: nil)
        return (options.object(value, description.options, owner: what, context: "of \(fields.owner)", &problems), with.span)
    }

    private static func inputs(_ fields: Fields, of description: KindDescription, _ problems: inout Problems) -> [StageDraft.Input] {
        let members = objectMembers(fields, "inputs", &problems)
        let known = description.inputs.map(\.name)
        var inputs: [StageDraft.Input] = []
        var misspelt: Set<String> = []
        for member in members {
            if let port = description.input(member.key) {
                inputs.append(StageDraft.Input(name: member.key, node: member.value, nameSpan: member.keySpan, expected: port))
            } else {
                let near = problems.closest(to: member.key, among: known)
                if let near { misspelt.insert(near) }
                problems.error(
                    "unknown-input", "the kind '\(description.kind.rawValue)' has no input '\(member.key)'", at: member.keySpan,
                    notes: near == nil ? [Diagnostic.Note("its inputs are \(quotedList(known))")] : [],
                    fixIt: near.map { .replaceString(at: member.keySpan, with: $0) })
            }
        }
        let isRead = fields["inputs"].map { $0.kind == .object } ?? !fields.intends("inputs")
        if isRead {
            let given = Set(inputs.map(\.name)).union(misspelt)
            for port in description.inputs where port.isRequired && !given.contains(port.name) {
                problems.error(
                    "missing-input", "\(fields.owner) needs the input '\(port.name)': \(port.summary)",
                    at: fields.keySpan("inputs") ?? fields.span)
            }
        }
        return inputs
    }

    private static func command(
        _ member: JSONMemberNode, owner: String, _ environments: EnvironmentNames, _ draft: inout StageDraft,
        _ options: inout OptionReading, _ problems: inout Problems
    ) {
        let hints = ["with": "it holds options of a kind; a command takes parameters as '${name}' in 'run'"]
        guard
            let fields = Fields.read(
                member.value, Grammar.commandStage, owner: owner, keySpan: member.keySpan, hints: hints,
                foreign: { ForeignKey($0, isCommand: true) }, &problems)
        else { return }
        let inputs = objectMembers(fields, "inputs", &problems)
        NameRule.input.checkKeys(of: inputs, &problems)
        draft.inputs = inputs.map { StageDraft.Input(name: $0.key, node: $0.value, nameSpan: $0.keySpan, expected: nil) }
        let outputs = objectMembers(fields, "outputs", &problems)
        NameRule.output.checkKeys(of: outputs, &problems)
        draft.outputs = outputs.map { output($0, owner: owner, &problems) }
        if let node = fields["outputs"], node.kind == .object, outputs.isEmpty {
            problems.error("empty", "'outputs' in \(owner) must have at least one entry", at: node.span)
        }
        draft.work = .command(CommandReading.read(fields, environments, &options, &problems))
    }

    private static func output(_ member: JSONMemberNode, owner: String, _ problems: inout Problems) -> StageDraft.Output {
        let what = "output '\(member.key)' of \(owner)"
        let text = Fields.string(member.value, what: what, &problems)
        // Where somebody writes a reference's form, the obvious is meant.
        if let text, text.utf8.starts(with: "./".utf8) {
            let bare = String(decoding: text.utf8.dropFirst(2), as: UTF8.self)
            problems.error(
                "path-syntax", "\(what) begins with './'; a declared path is written without", at: member.value.span,
                fixIt: RelativePath(bare) == nil ? nil : .replaceString(at: member.value.span, with: bare))
            return StageDraft.Output(name: member.key, type: .file)
        }
        let read = text.flatMap { PathReading.read($0, in: member.value, what: what, .output, &problems) }
        let isTable = read.map { !$0.isFolder && TableForm(at: $0.path) != nil } ?? false
        let type: ArtifactType = read?.isFolder == true ? .tree : isTable ? .table : .file
        return StageDraft.Output(name: member.key, type: type, path: read?.path, span: member.value.span)
    }

    private static func objectMembers(_ fields: Fields, _ key: String, _ problems: inout Problems) -> [JSONMemberNode] {
        guard let node = fields[key] else { return [] }
        guard node.kind == .object else {
            problems.error("wrong-type", "'\(key)' in \(fields.owner) must be an object, not \(node.phrase)", at: node.span)
            return []
        }
        return node.members
    }
}
