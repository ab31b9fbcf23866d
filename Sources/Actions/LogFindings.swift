internal import Manifests
internal import Planning
internal import Platform

/// What a log's complaints come down to, for a stage with these inputs and outputs.
struct LogFindings: Sendable {
    /// Inputs that the command tried to write to.
    private(set) var writtenInputs: [RelativePath] = []
    /// Inputs that it tried to start as programs.
    private(set) var startedInputs: [RelativePath] = []
    /// Things of the workspace that it looked for and does not declare.
    private(set) var undeclared: [RelativePath] = []
    /// Programs that are not in the environment.
    private(set) var programs: [String] = []
    /// Python modules that are not there.
    private(set) var modules: [String] = []
    /// Variables that were looked up and are not there.
    private(set) var variables: [String] = []
    /// Whether it tried to reach another machine.
    private(set) var triedNetwork = false

    /// - Parameter isThere: whether the workspace has something at a path
    init(_ clues: [LogReading.Clue], inputs: [RelativePath], outputs: [RelativePath], workFolder: String, isThere: (RelativePath) -> Bool) {
        for clue in clues {
            switch clue.complaint {
            case .readOnly, .denied:
                for name in LogReading.names(in: clue.line) {
                    guard let path = LogReading.path(name, workFolder: workFolder), let input = inputs.first(where: { $0.holds(path) })
                    else { continue }
                    if clue.complaint == .denied, Self.isStart(clue.line) {
                        Self.add(path, to: &startedInputs)
                    } else {
                        Self.add(input, to: &writtenInputs)
                    }
                    break
                }
            case .missing:
                for name in LogReading.names(in: clue.line) {
                    guard let path = LogReading.path(name, workFolder: workFolder) else { continue }
                    if (inputs + outputs).contains(where: { $0.holds(path) }) { break }
                    if isThere(path) {
                        Self.add(path, to: &undeclared)
                        break
                    }
                }
                if let program = Self.program(in: clue.line), !programs.contains(program) { programs.append(program) }
            case .module:
                guard let module = LogReading.module(in: clue.line) else { continue }
                let own = Self.places(of: module, beside: inputs).first { path in
                    isThere(path) && !inputs.contains { $0.holds(path) }
                }
                if let own { Self.add(own, to: &undeclared) } else if !modules.contains(module) { modules.append(module) }
            case .variable:
                if let name = Self.variable(in: clue.line), !variables.contains(name) { variables.append(name) }
            case .network: triedNetwork = true
            }
        }
    }

    private static func add(_ path: RelativePath, to paths: inout [RelativePath]) {
        if !paths.contains(path) { paths.append(path) }
    }

    /// Whether a shell complains that it may not start something, rather than write to it.
    private static func isStart(_ line: String) -> Bool {
        (line.hasPrefix("sh: ") || line.hasPrefix("/bin/sh: ")) && !line.contains("cannot create")
    }

    /// The program that a shell, or Python's `subprocess`, has not found: `sh: 1: git: not found`.
    private static func program(in line: String) -> String? {
        let parts = line.split(separator: ":").map { $0.drop { $0 == " " } }
        var name: Substring?
        if parts.last == "not found", parts.count >= 2 { name = parts[parts.count - 2] }
        if parts.last == "command not found", parts.count >= 2 { name = parts[parts.count - 2] }
        if line.hasPrefix("FileNotFoundError: [Errno 2] No such file or directory: '") {
            name = line.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first
        }
        // env: 'git': No such file or directory
        if line.hasPrefix("env: "), let quoted = LogReading.names(in: line).first(where: { $0 != "env" }) { name = quoted[...] }
        guard let name, !name.isEmpty, name.utf8.allSatisfy(LogText.isNameByte), !name.contains("."), !name.allSatisfy(\.isNumber) else {
            return nil
        }
        return String(name)
    }

    /// The name in `KeyError: 'NAME'`.
    private static func variable(in line: String) -> String? {
        let name = line.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first ?? ""
        return !name.isEmpty && name.utf8.allSatisfy(LogText.isNameByte) ? String(name) : nil
    }

    /// Where a module of one's own would lie: beside a script that is an input, or at the top.
    private static func places(of module: String, beside inputs: [RelativePath]) -> [RelativePath] {
        let name = module.split(separator: ".").joined(separator: "/")
        guard let first = module.split(separator: ".").first else { return [] }
        var folders = [""]
        for input in inputs where input.fileExtension == "py" {
            let folder = input.components.dropLast().joined(separator: "/")
            if !folder.isEmpty, !folders.contains(folder) { folders.insert(folder, at: folders.count - 1) }
        }
        return folders.flatMap { folder -> [RelativePath] in
            let start = folder.isEmpty ? "" : folder + "/"
            return [start + name + ".py", start + name, start + first + ".py", start + first].compactMap { RelativePath($0) }
        }
    }
}
