internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// Takes what a command left in its work folder: every output that it declares, and nothing else.
struct OutputIntake: Sendable {
    let action: Action
    let store: DirectoryStore
    let work: HostPath
    /// Bytes that all outputs may have together.
    let limit: Int?
    /// Whether nobody can write to the folder any more, so that files need not be copied.
    let isQuiet: Bool

    /// The outputs, put into the store; else everything that is wrong with what lies there.
    func take() throws(ActionFailure) -> [String: ActionOutput] {
        var problems: [Diagnostic] = []
        let undeclared: [Found]
        do throws(SystemError) {
            undeclared = try findUndeclared()
        } catch {
            throw .store(.refused(error))
        }
        var outputs: [String: ActionOutput] = [:]
        var taken = 0
        for output in action.outputs {
            do throws(AdoptionError) {
                let object = try store.adopt(
                    output.path.text, asTree: output.isTree, from: work, limit: limit.map { max(0, $0 - taken) }, moving: isQuiet)
                taken += object.size
                outputs[output.name] = .stored(object)
            } catch {
                if case .store(let error) = error { throw .store(error) }
                problems.append(Self.problem(error, with: output, of: action.stage, limit: limit, instead: undeclared))
                // One that is too large makes all that follow so.
                if case .tooLarge = error { break }
            }
        }
        if !undeclared.isEmpty { problems.append(Self.undeclared(undeclared, by: action.stage)) }
        guard problems.isEmpty else { throw .failed(problems) }
        return outputs
    }

    // MARK: What nobody declared

    /// Something in the work folder that is neither an output, an input nor a folder on the way to one.
    struct Found: Hashable, Sendable {
        /// Relative to the work folder; bytes that are not UTF-8 are written `%XX`.
        let path: String
        let isFolder: Bool

        var shown: String { isFolder ? "'\(path)/'" : "'\(path)'" }
    }

    /// Everything undeclared in the work folder, sorted by bytes; of a folder only itself.
    func findUndeclared() throws(SystemError) -> [Found] {
        let known = Set((action.inputs.map(\.path) + action.outputs.map(\.path)).map { Array($0.text.utf8) })
        let ways = SandboxView.folders(to: action.inputs.map(\.path) + action.outputs.map(\.path))
        let top = try Descriptor.folder(work)
        var found: [(path: [UInt8], isFolder: Bool)] = []
        var waiting: [[UInt8]] = [[]]
        while let folder = waiting.popLast() {
            let entries = folder.isEmpty ? try top.list() : try top.folder(folder).list()
            for entry in entries {
                let path = folder.isEmpty ? entry.name : folder + [UInt8(ascii: "/")] + entry.name
                if known.contains(path) { continue }
                let isWay = entry.kind == .directory && ways.contains { $0.text.utf8.elementsEqual(path) }
                if isWay { waiting.append(path) } else { found.append((path, entry.kind == .directory)) }
            }
        }
        found.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return found.map { Found(path: PathText.encode($0.path), isFolder: $0.isFolder) }
    }

    private static let shownCount = 5

    static func undeclared(_ found: [Found], by stage: String) -> Diagnostic {
        let shown = found.prefix(shownCount)
        let rest = found.count - shown.count
        var list = shown.map(\.shown).joined(separator: ", ")
        if rest > 0 { list += " and \(rest) more" }
        let entries = shown.map { "\(JSONText.quoted(name(for: $0.path))): \(JSONText.quoted($0.isFolder ? $0.path + "/" : $0.path))" }
        return Diagnostic(
            code: "run/undeclared-output", "stage '\(stage)' wrote \(list), which it does not declare", at: CommandRunFailure.manifest,
            notes: [
                Diagnostic.Note("if it is a result, declare it in 'outputs': \(entries.joined(separator: ", "))"),
                Diagnostic.Note("if it is not, let the command write it below '$TMPDIR', which is thrown away"),
            ])
    }

    /// A name for an output at a path, in the letters that names have.
    static func name(for path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        let stem = last.split(separator: ".").first.map(String.init) ?? last
        let letters = stem.lowercased().utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): byte
            default: UInt8(ascii: "-")
            }
        }
        let name = letters.drop { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        return name.isEmpty ? "output" : String(decoding: name.prefix(64), as: UTF8.self)
    }

    // MARK: What is wrong with an output

    private static func problem(
        _ error: AdoptionError, with output: StageOutput, of stage: String, limit: Int?, instead undeclared: [Found]
    ) -> Diagnostic {
        let location = output.span.map { Diagnostic.Location(source: Manifest.fileName, span: $0) } ?? CommandRunFailure.manifest
        let name = "output '\(output.name)' of stage '\(stage)'"
        func diagnostic(_ code: String, _ message: String, _ notes: String...) -> Diagnostic {
            Diagnostic(code: code, message, at: location, notes: notes.map { Diagnostic.Note($0) })
        }
        let missing = diagnostic(
            "run/missing-output", "stage '\(stage)' did not write its output '\(output.name)' at '\(output.path)'",
            undeclared.isEmpty
                ? "it is to be written to '${outputs.\(output.name)}', which is '\(output.path)' in the folder where the command starts"
                : "it wrote \(undeclared.prefix(shownCount).map(\.shown).joined(separator: ", ")) instead")
        switch error {
        case .missing, .store: return missing
        case .wrongKind(let found):
            return output.isTree
                ? diagnostic(
                    "run/output-kind", "\(name) is declared as a folder, and \(found) lies at '\(output.path)'",
                    "declare it without a slash at the end: \(JSONText.quoted(output.path.text))")
                : diagnostic(
                    "run/output-kind", "\(name) is declared as a file, and \(found) lies at '\(output.path)'",
                    "declare it with a slash at the end: \(JSONText.quoted(output.path.text + "/"))")
        case .link(let path, let target):
            return diagnostic(
                "run/output-link", "\(name) has a link: '\(path)' leads to '\(target)'",
                "outputs are made of files and folders; let the command copy what the link leads to")
        case .special(let path, let kind):
            return diagnostic(
                "run/output-special", "\(name) has \(kind): '\(path)'",
                "outputs are made of files and folders; let the command remove it, or make it below '$TMPDIR'")
        case .tooLarge:
            return diagnostic(
                "run/output-size", "the outputs of stage '\(stage)' have more than \(limit ?? 0) bytes together",
                "the bound is 'outputSize' in the stage's 'resources'; raise it if that much is meant")
        case .tooDeep(let path):
            return diagnostic(
                "run/output-depth", "\(name) is nested too deeply: '\(path.prefix(120))...'",
                "outputs have at most 256 folders in one another, and paths of at most 2048 bytes")
        case .changing(let path):
            return diagnostic(
                "run/background-process", "'\(path)' in \(name) is still written to by something that the command left behind",
                "let the command wait for what it starts")
        }
    }
}
