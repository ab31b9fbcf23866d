import Canonical
import Diagnostics

/// Reads `environment` and `environments`, and the variables of single commands.
enum EnvironmentReading {
    /// The default one first, if it is declared, then the others in the text's order.
    static func read(_ root: Fields, _ problems: inout Problems) -> [Environment] {
        var environments: [Environment] = []
        if let node = root["environment"], let keySpan = root.keySpan("environment") {
            if let read = read(node, named: Environment.defaultName, owner: "'environment'", at: keySpan, &problems) {
                environments.append(read)
            }
        }
        guard let node = root["environments"] else { return environments }
        guard node.kind == .object else {
            problems.error("wrong-type", "'environments' must be an object, not \(node.phrase)", at: node.span)
            return environments
        }
        NameRule.environment.checkKeys(of: node.members, &problems)
        return environments
            + node.members.compactMap { member in
                read(member.value, named: member.key, owner: "environment '\(member.key)'", at: member.keySpan, &problems)
            }
    }

    private static func read(
        _ node: JSONNode, named name: String, owner: String, at keySpan: SourceSpan, _ problems: inout Problems
    ) -> Environment? {
        guard let fields = Fields.read(node, Grammar.environment, owner: owner, keySpan: keySpan, &problems) else { return nil }
        return Environment(
            name: name, python: python(fields, isDefault: name == Environment.defaultName, &problems), tools: tools(fields, &problems),
            variables: fields["variables"].map { variables($0, owner: "'variables' in \(owner)", &problems) } ?? [], span: keySpan)
    }

    private static func python(_ fields: Fields, isDefault: Bool, _ problems: inout Problems) -> Environment.Python? {
        let owner = isDefault ? "'python'" : "'python' of \(fields.owner)"
        guard let node = fields["python"], let keySpan = fields.keySpan("python"),
            let python = Fields.read(node, Grammar.python, owner: owner, keySpan: keySpan, &problems)
        else { return nil }
        let version = version(python, &problems)
        var file: RelativePath?
        if let node = python["requirementsFile"], let text = python.string("requirementsFile", &problems) {
            file = requirementsFile(text, in: node, owner: owner, &problems)
            if python["requirements"] != nil, let key = python.keySpan("requirementsFile") {
                problems.error(
                    "requirements-twice", "\(owner) has both 'requirements' and 'requirementsFile'; it takes one of them", at: key)
            }
        }
        let requirements = requirements(python, &problems)
        return version.map { Environment.Python(version: $0, requirements: requirements, requirementsFile: file, span: keySpan) }
    }

    private static func requirementsFile(
        _ text: String, in node: JSONNode, owner: String, _ problems: inout Problems
    ) -> RelativePath? {
        let what = "'requirementsFile' in \(owner)"
        guard let (path, isFolder) = PathReading.read(text, in: node, what: what, .read, &problems) else { return nil }
        if isFolder {
            problems.error("path-syntax", "\(what) must be a file, not a folder", at: node.span)
        } else if RequirementsFile.isForeign(path) {
            problems.error(
                "bad-requirements-file", "\(what) must be a file of requirements that pip reads, or a 'pylock.toml', not '\(path)'",
                at: node.span,
                notes: [Diagnostic.Note("most tools can export one: 'pip freeze', 'uv export', 'poetry export', 'pip lock'")])
        }
        return path
    }

    private static func version(_ python: Fields, _ problems: inout Problems) -> String? {
        guard let node = python["version"], let text = python.string("version", quoting: true, &problems) else { return nil }
        if PythonVersion.isOne(text) { return text }
        problems.error(
            "bad-python-version", "'version' in \(python.owner) must be a version of Python 3 such as '3.11' or '3.11.4', not '\(text)'",
            at: node.span)
        return nil
    }

    private static func requirements(_ python: Fields, _ problems: inout Problems) -> [String] {
        guard let node = python["requirements"] else { return [] }
        let what = "'requirements' in \(python.owner)"
        if let text = node.string, let file = RequirementsFile.meant(text) {
            problems.error(
                "wrong-type", "\(what) must be a list of packages; a file of them stands under 'requirementsFile'", at: node.span,
                fixIt: naming(file, python))
            return []
        }
        return texts(node, what: what, &problems).map { text, item in
            if let file = RequirementsFile.meant(text) {
                problems.error(
                    "bad-requirement", "a requirement must be a package with versions, not a file", at: item.span,
                    notes: [Diagnostic.Note("'requirementsFile' takes a file of them, in place of 'requirements'")],
                    fixIt: node.elements.count == 1 ? naming(file, python) : nil)
            } else if !Requirement.isOne(text) {
                problems.error(
                    "bad-requirement", "a requirement must be a package with versions, such as 'numpy==2.1.0' or 'numpy>=2,<3'",
                    at: item.span,
                    fixIt: Requirement.mended(text).map { .replaceString(at: item.span, with: $0) })
            }
            return text
        }
    }

    /// Puts a file in the place of the list; nil where there is one already.
    private static func naming(_ file: RelativePath, _ python: Fields) -> FixIt? {
        guard python["requirementsFile"] == nil, let key = python.keySpan("requirements"), let value = python["requirements"] else {
            return nil
        }
        return FixIt(
            "replace with '\"requirementsFile\": \(JSONText.quoted(file.text))'",
            [FixIt.Edit(key, "\"requirementsFile\""), FixIt.Edit(value.span, JSONText.quoted(file.text))])
    }

    private static func tools(_ fields: Fields, _ problems: inout Problems) -> [String] {
        guard let node = fields["tools"] else { return [] }
        var seen: Set<String> = []
        return texts(node, what: "'tools' in \(fields.owner)", &problems).map { text, item in
            if !ToolName.isOne(text) {
                problems.error("bad-tool", "a tool is the name of a program, such as 'git', without folders", at: item.span)
            } else if !seen.insert(text).inserted {
                problems.error("duplicate-item", "'tools' in \(fields.owner) names \"\(text)\" twice", at: item.span)
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
