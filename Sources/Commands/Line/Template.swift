internal import CTemplates
internal import Diagnostics
internal import Manifests

/// A complete small workspace, embedded in the program.
struct Template: Sendable {
    let name: String
    /// In the order of their paths.
    let files: [(path: String, bytes: [UInt8])]

    /// The heading of the template's README.
    var title: String {
        let readme = files.first { $0.path == "README.md" }?.bytes ?? []
        let line = readme.prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line.drop { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: " ") }, as: UTF8.self)
    }

    /// What the template's manifest says.
    var manifest: Manifest? {
        files.first { $0.path == Manifest.fileName }.flatMap {
            ManifestReader.read(SourceText(name: Manifest.fileName, bytes: $0.bytes)).value
        }
    }

    /// All templates, by name.
    static var all: [Template] {
        var count = 0
        guard let first = mlbuild_template_files(&count) else { return [] }
        var templates: [Template] = []
        for file in UnsafeBufferPointer(start: first, count: count) {
            let name = String(cString: file.template_name)
            let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
            let entry = (path: String(cString: file.path), bytes: bytes)
            if let last = templates.last, last.name == name {
                templates[templates.count - 1] = Template(name: name, files: last.files + [entry])
            } else {
                templates.append(Template(name: name, files: [entry]))
            }
        }
        return templates
    }

    static func named(_ name: String) throws(CommandFailure) -> Template {
        let known = all
        if let template = known.first(where: { $0.name == name }) { return template }
        let near = Suggestion.closest(to: name, among: known.map(\.name)).map { "did you mean '\($0)'? " } ?? ""
        throw CommandFailure(.usage, "there is no template '\(name)'", hint: near + "'mlbuild init --list' lists them")
    }
}

/// The lines that keep what mlbuild makes out of Git: its own folders, and the outputs of commands.
enum GitIgnore {
    private static let own = ["/build/", "/dist/", "/.mlbuild/*", "!/.mlbuild/config.json", "!/.mlbuild/signers"]

    static func lines(for manifest: Manifest?) -> [String] {
        let outputs = (manifest?.stages ?? []).flatMap { stage -> [String] in
            guard case .command = stage.work else { return [] }
            return stage.outputs.map { "/\(escaped($0.path.text))\($0.isTree ? "/" : "")" }
        }
        return own + outputs
    }

    static func text(for manifest: Manifest?) -> String {
        lines(for: manifest).map { $0 + "\n" }.joined()
    }

    /// `bytes` with the lines that are missing, or nil when none is; a line with `!` before it says that Git is to have the path.
    static func completed(_ bytes: [UInt8], for manifest: Manifest?) -> [UInt8]? {
        let present = Set(String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init))
        let missing = lines(for: manifest).filter { !present.contains($0) && !present.contains("!" + $0) }
        if missing.isEmpty { return nil }
        let ending: [UInt8] = bytes.isEmpty || bytes.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]
        return bytes + ending + missing.flatMap { Array(($0 + "\n").utf8) }
    }

    /// A path as a pattern that means itself.
    private static func escaped(_ path: String) -> String {
        var pattern = ""
        for character in path {
            if "*?[]\\ ".contains(character) { pattern += "\\" }
            pattern.append(character)
        }
        return pattern
    }
}

/// Words for a POSIX shell.
enum Shell {
    /// `word` so that a shell takes it as one word.
    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-_./+:@,".utf8.contains(byte)
        }
        if plain, !word.isEmpty { return word }
        var quoted = "'"
        for character in word { quoted += character == "'" ? "'\\''" : String(character) }
        return quoted + "'"
    }
}
