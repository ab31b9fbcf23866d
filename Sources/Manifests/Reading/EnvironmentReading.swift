import Canonical
import Diagnostics

/// Reads `environment`, and the variables of single commands.
enum EnvironmentReading {
    static func read(_ node: JSONNode, keySpan: SourceSpan, _ problems: inout Problems) -> Environment? {
        guard let fields = Fields.read(node, Grammar.environment, owner: "'environment'", keySpan: keySpan, &problems) else { return nil }
        if !node.members.isEmpty {
            problems.warning(
                "environment-later", "'environment' is for commands; this version runs built-in kinds only and does not use it",
                at: keySpan)
        }
        return Environment(
            name: Environment.defaultName, python: python(fields, &problems), tools: tools(fields, &problems),
            variables: fields["variables"].map { variables($0, owner: "'variables' in 'environment'", &problems) } ?? [], span: keySpan)
    }

    private static func python(_ fields: Fields, _ problems: inout Problems) -> Environment.Python? {
        guard let node = fields["python"], let keySpan = fields.keySpan("python"),
            let python = Fields.read(node, Grammar.python, owner: "'python'", keySpan: keySpan, &problems)
        else { return nil }
        let version = version(python, &problems)
        var file: RelativePath?
        if let node = python["requirementsFile"], let text = python.string("requirementsFile", &problems) {
            file = PathReading.read(text, in: node, what: "'requirementsFile' in 'python'", .read, &problems)?.path
            if python["requirements"] != nil, let key = python.keySpan("requirementsFile") {
                problems.error(
                    "requirements-twice", "'python' has both 'requirements' and 'requirementsFile'; it takes one of them", at: key)
            }
        }
        let requirements = requirements(python, &problems)
        return version.map { Environment.Python(version: $0, requirements: requirements, requirementsFile: file, span: keySpan) }
    }

    private static func version(_ python: Fields, _ problems: inout Problems) -> String? {
        guard let node = python["version"], let text = python.string("version", quoting: true, &problems) else { return nil }
        if PythonVersion.isOne(text) { return text }
        problems.error(
            "bad-python-version", "'version' in 'python' must be a version of Python 3 such as '3.11' or '3.11.4', not '\(text)'",
            at: node.span)
        return nil
    }

    private static func requirements(_ python: Fields, _ problems: inout Problems) -> [String] {
        guard let node = python["requirements"] else { return [] }
        return texts(node, what: "'requirements' in 'python'", &problems).map { text, item in
            if !Requirement.isOne(text) {
                problems.error(
                    "bad-requirement", "a requirement must be a package with versions, such as 'numpy==2.1.0' or 'numpy>=2,<3'",
                    at: item.span,
                    fixIt: Requirement.mended(text).map { .replaceString(at: item.span, with: $0) })
            }
            return text
        }
    }

    private static func tools(_ fields: Fields, _ problems: inout Problems) -> [String] {
        guard let node = fields["tools"] else { return [] }
        var seen: Set<String> = []
        return texts(node, what: "'tools' in 'environment'", &problems).map { text, item in
            if !ToolName.isOne(text) {
                problems.error("bad-tool", "a tool is the name of a program, such as 'git', without folders", at: item.span)
            } else if !seen.insert(text).inserted {
                problems.error("duplicate-item", "'tools' in 'environment' names \"\(text)\" twice", at: item.span)
            }
            return text
        }
    }

    private static func texts(_ node: JSONNode, what: String, _ problems: inout Problems) -> [(String, JSONNode)] {
        guard node.kind == .array else {
            problems.error(
                "wrong-type", "\(what) must be a list of strings, not \(node.phrase)", at: node.span,
                fixIt: node.kind == .string ? .wrap(node.span, "[", "]", "put it into a list") : nil)
            return []
        }
        return node.children.compactMap { item in
            Fields.string(item, what: "an item of \(what)", &problems).map { ($0, item) }
        }
    }

    /// Reads an object of environment variables.
    static func variables(_ node: JSONNode, owner: String, _ problems: inout Problems) -> [Environment.Variable] {
        guard node.kind == .object else {
            problems.error("wrong-type", "\(owner) must be an object, not \(node.phrase)", at: node.span)
            return []
        }
        return node.members.compactMap { member in
            if !VariableName.isOne(member.key) {
                problems.error(
                    "bad-variable", "the name of a variable has letters, digits and '_', no digit first", at: member.keySpan)
            }
            guard let text = Fields.string(member.value, what: "variable '\(member.key)'", quoting: true, &problems) else { return nil }
            if text.utf8.contains(0) {
                problems.error(
                    "nul-character", "variable '\(member.key)' has a NUL character, which no program can be given", at: member.value.span)
            }
            return Environment.Variable(name: member.key, value: text)
        }
    }
}
