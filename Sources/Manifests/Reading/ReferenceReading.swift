import Canonical
import Diagnostics
import StageKinds

/// Reads references and finds what they lead to.
struct ReferenceReading {
    private let drafts: [StageDraft]
    private let stageNames: [String]
    private let stageIndex: [String: Int]
    /// For a stage with very many outputs, the place of each by its name.
    private let outputIndex: [Int: [String: Int]]
    private let dataNames: [String]
    private let dataEntries: [String: DataEntry]
    private let knownData: Set<String>
    /// The names of data and of stages.
    private let allNames: [String]
    /// For each path that data has, the name of the first entry with it.
    private let dataPaths: [RelativePath: String]

    init(drafts: [StageDraft], dataNames: [String], data: [DataEntry]) {
        self.drafts = drafts
        self.dataNames = dataNames
        stageNames = drafts.map(\.name)
        stageIndex = Dictionary(drafts.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let large = drafts.indices.filter { drafts[$0].outputs.count > 16 }
        outputIndex = Dictionary(
            uniqueKeysWithValues: large.map { index in
                let names = drafts[index].outputs.enumerated().map { ($1.name, $0) }
                return (index, Dictionary(names, uniquingKeysWith: { first, _ in first }))
            })
        dataEntries = Dictionary(data.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        knownData = Set(dataNames)
        allNames = dataNames + stageNames
        let paths = data.compactMap { entry in entry.path.map { ($0, entry.name) } }
        dataPaths = Dictionary(paths, uniquingKeysWith: { first, _ in first })
    }

    /// What a reference leads to, as far as it is known.
    struct Target {
        let reference: Reference
        /// Nil where the thing itself has errors.
        let type: ArtifactType?
        /// The form of a table, where it does not have to be found through other stages.
        let form: TableForm?
        /// What messages call it, such as `data 'penguins'`.
        let phrase: String
        let span: SourceSpan?
        /// Whether a command made it, so that nothing more is known of it.
        let isOpaque: Bool
        /// The extension of the file's name, in lower case, where it comes from outside.
        var fileExtension: String?
    }

    func index(ofStage name: String) -> Int? {
        stageIndex[name]
    }

    /// The place of an output among those of its stage.
    func index(ofOutput name: String, ofStage index: Int) -> Int? {
        if let outputs = outputIndex[index] { return outputs[name] }
        return drafts[index].outputs.firstIndex { $0.name == name }
    }

    /// The data entry that pins the file or folder at `path`.
    func data(at path: RelativePath) -> String? {
        dataPaths[path]
    }

    /// Reads the reference in `node`; nil after saying what is wrong.
    ///
    /// `types` are those that fit the place, nil for all: they decide what an incomplete reference was probably meant to be.
    func read(_ node: JSONNode, what: String, fitting types: Set<ArtifactType>?, _ problems: inout Problems) -> Target? {
        guard let text = Fields.string(node, what: what, &problems) else { return nil }
        let bytes = Array(text.utf8)
        if bytes.starts(with: "./".utf8) {
            return file(String(decoding: bytes.dropFirst(2), as: UTF8.self), in: node, what: what, &problems)
        }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !bytes.contains(UInt8(ascii: "/")) else {
            reportSyntax(text, in: node, what: what, fitting: types, &problems)
            return nil
        }
        let nameSpan = problems.span(of: parts[0].utf8.count + 1..<bytes.count, in: node)
        if let name = RelativePath(text).flatMap({ dataPaths[$0] }), !leadsSomewhere(parts[0], parts[1]) {
            reportPath(of: name, in: node, what: what, &problems)
            return nil
        }
        if parts[0] == "data" { return data(parts[1], in: node, at: nameSpan, &problems) }
        let stageSpan = problems.span(of: 0..<parts[0].utf8.count, in: node)
        return output(parts[0], parts[1], in: node, stageSpan, nameSpan, &problems)
    }

    /// Whether there is data, or an output, of these names.
    private func leadsSomewhere(_ owner: String, _ name: String) -> Bool {
        if owner == "data" { return knownData.contains(name) }
        return stageIndex[owner].map { index(ofOutput: name, ofStage: $0) != nil } ?? false
    }

    private func reportPath(of name: String, in node: JSONNode, what: String, _ problems: inout Problems) {
        problems.error(
            "reference-syntax", "\(what) names data '\(name)' by its path; a reference to it is 'data.\(name)'", at: node.span,
            fixIt: .replaceString(at: node.span, with: "data.\(name)"))
    }

    private func reportSyntax(
        _ text: String, in node: JSONNode, what: String, fitting types: Set<ArtifactType>?, _ problems: inout Problems
    ) {
        let path = RelativePath(PathReading.withoutSlash(text))
        if let name = path.flatMap({ dataPaths[$0] }), !knownData.contains(text) {
            reportPath(of: name, in: node, what: what, &problems)
            return
        }
        var meant = completed(text, types)
        if meant.isEmpty, text.utf8.contains(UInt8(ascii: "/")) {
            if path != nil { meant = ["./\(text)"] }
        } else if meant.isEmpty, let near = problems.closest(to: text, among: allNames) {
            meant = completed(near, types)
        }
        problems.error(
            "reference-syntax", "\(what) must be 'data.NAME', 'STAGE.OUTPUT' or './path'", at: node.span,
            notes: meant.count < 2 ? [] : [Diagnostic.Note("'\(text)' may be one of \(quotedList(meant))")],
            fixIt: meant.count == 1 ? .replaceString(at: node.span, with: meant[0]) : nil)
    }

    /// The references that begin or end with the name alone and lead to something of the types.
    private func completed(_ name: String, _ types: Set<ArtifactType>?) -> [String] {
        var meant: [String] = []
        if knownData.contains(name) {
            let type = dataEntries[name].map(Self.type)
            if type.map({ types?.contains($0) ?? true }) ?? true { meant.append("data.\(name)") }
        }
        if let index = stageIndex[name], drafts[index].knowsOutputs {
            let fitting = drafts[index].outputs.lazy.filter { types?.contains($0.type) ?? true }
            meant += fitting.prefix(10).map { "\(name).\($0.name)" }
        }
        return meant
    }

    /// What a data entry is, as far as its name tells.
    private static func type(of entry: DataEntry) -> ArtifactType {
        if entry.unpack == .archive, entry.form?.isFolder != true { return .tree }
        return entry.form != nil ? .table : entry.isFolder ? .tree : .file
    }

    private func file(_ text: String, in node: JSONNode, what: String, _ problems: inout Problems) -> Target? {
        if text.isEmpty {
            problems.error("path-syntax", "\(what) is the whole workspace; name the files or folders that are read", at: node.span)
            return nil
        }
        guard let (path, isFolder) = PathReading.read(text, in: node, skipping: 2, what: what, .read, &problems) else { return nil }
        let form = isFolder ? nil : TableForm(at: path)
        let type: ArtifactType = isFolder ? .tree : form == nil ? .file : .table
        return Target(
            reference: .file(path), type: type, form: form, phrase: "'./\(path)'", span: nil, isOpaque: false,
            fileExtension: path.fileExtension)
    }

    private func data(_ name: String, in node: JSONNode, at span: SourceSpan, _ problems: inout Problems) -> Target? {
        guard knownData.contains(name) else {
            let near = problems.closest(to: name, among: dataNames)
            problems.error(
                "unknown-data", "there is no data '\(name)'", at: span, notes: near == nil ? noteOn(dataNames, "the data") : [],
                fixIt: near.map { .replaceString(at: node.span, with: "data.\($0)") })
            return nil
        }
        let entry = dataEntries[name]
        return Target(
            reference: .data(name), type: entry.map(Self.type), form: entry?.form, phrase: "data '\(name)'", span: entry?.span,
            isOpaque: false, fileExtension: entry?.path?.fileExtension)
    }

    private func output(
        _ stage: String, _ name: String, in node: JSONNode, _ stageSpan: SourceSpan, _ nameSpan: SourceSpan, _ problems: inout Problems
    ) -> Target? {
        guard let index = stageIndex[stage] else {
            if let near = problems.closest(to: stage, among: stageNames) {
                problems.error(
                    "unknown-stage", "there is no stage '\(stage)'", at: stageSpan,
                    fixIt: .replaceString(at: node.span, with: "\(near).\(name)"))
            } else {
                // `train.csv` is more likely a file than a stage with such an output.
                let isFile = RelativePath("\(stage).\(name)").flatMap(TableFormat.init(extensionOf:)) != nil
                problems.error(
                    "unknown-stage", "there is no stage '\(stage)'", at: stageSpan, notes: noteOn(stageNames, "the stages"),
                    fixIt: isFile ? .replaceString(at: node.span, with: "./\(stage).\(name)") : nil)
            }
            return nil
        }
        let draft = drafts[index]
        guard let output = self.index(ofOutput: name, ofStage: index).map({ draft.outputs[$0] }) else {
            guard draft.knowsOutputs else { return Target(reference: .output(stage: stage, name: name)) }
            reportOutput(name, of: draft, in: node, at: nameSpan, &problems)
            return nil
        }
        let isOpaque = output.kind == nil
        let form = output.path.flatMap(TableForm.init(at:))
        return Target(
            reference: .output(stage: stage, name: name), type: output.type, form: output.type == .table ? form : nil,
            phrase: "'\(stage).\(name)'", span: output.span ?? draft.span, isOpaque: isOpaque)
    }

    private func reportOutput(
        _ name: String, of draft: StageDraft, in node: JSONNode, at span: SourceSpan, _ problems: inout Problems
    ) {
        if let absent = draft.absentOutputs.first(where: { $0.name == name }), case .whenPositive(let option) = absent.condition {
            problems.error(
                "unknown-output", "stage '\(draft.name)' has no output '\(name)' without the option '\(option)'", at: span,
                notes: [problems.note("set '\(option)' in its 'with'", at: draft.span)])
            return
        }
        let known = draft.outputs.map(\.name)
        let near = problems.closest(to: name, among: known)
        problems.error(
            "unknown-output", "stage '\(draft.name)' has no output '\(name)'", at: span,
            notes: near == nil ? noteOn(known, "its outputs") : [],
            fixIt: near.map { .replaceString(at: node.span, with: "\(draft.name).\($0)") })
    }

    private func noteOn(_ known: [String], _ noun: String) -> [Diagnostic.Note] {
        known.isEmpty || known.count > 20 ? [] : [Diagnostic.Note("\(noun) are \(quotedList(known))")]
    }
}

extension ReferenceReading.Target {
    /// A reference to an output of a stage that could not be read.
    fileprivate init(reference: Reference) {
        self.init(reference: reference, type: nil, form: nil, phrase: "'\(reference)'", span: nil, isOpaque: true)
    }
}
