import Canonical
import Manifests
import Platform

/// What files of requirements ask for, put into one list.
struct RequirementsList {
    struct Line: Hashable {
        /// As pip is to read it, without comments and line breaks.
        let text: String
        /// Its file, and the number of its first line.
        let file: String
        let number: Int
    }

    struct Problem: Hashable {
        enum Sort: Hashable { case missing, outside, bad }

        var sort = Sort.bad
        let file: String
        /// Nil for the file as a whole.
        let line: Int?
        let message: String
        let wayOut: String
    }

    var requirements: [Line] = []
    var constraints: [Line] = []
    /// Options that say where packages are to be had; relative folders made absolute.
    var options: [String] = []
    /// Every file that was read, by its path in the workspace, with what it says.
    var files: [(path: String, digest: Digest)] = []
    var problems: [Problem] = []
    /// Whether pip is to take only files with the hashes that stand beside the requirements.
    var needsHashes = false
}

/// Reads `requirements.txt`: nested files, constraints, hashes, options; refuses what a lock cannot hold.
///
/// A lock can hold wheels that any index or folder may give, by name and digest: no sources, no addresses of single files.
struct RequirementsReader {
    private let root: HostPath
    private var list = RequirementsList()
    private var seen: Set<String> = []

    private static let largest = 4 << 20
    /// Nobody nests deeper.
    private static let deepest = 16

    static func read(_ path: RelativePath, root: HostPath) -> RequirementsList {
        var reader = RequirementsReader(root: root)
        reader.read(path.text, from: nil, asConstraints: false, depth: 0)
        return reader.list
    }

    /// A list of requirements that stand in the manifest.
    static func list(of requirements: [String], file: String) -> RequirementsList {
        var list = RequirementsList()
        list.requirements = requirements.map { RequirementsList.Line(text: $0, file: file, number: 0) }
        return list
    }

    private init(root: HostPath) {
        self.root = root
    }

    // MARK: Files

    private mutating func read(_ path: String, from place: (file: String, line: Int)?, asConstraints: Bool, depth: Int) {
        func problem(_ message: String, _ wayOut: String, _ sort: RequirementsList.Problem.Sort = .bad) {
            list.problems.append(.init(sort: sort, file: place?.file ?? path, line: place?.line, message: message, wayOut: wayOut))
        }
        guard depth < Self.deepest else {
            return problem("files of requirements are nested too deep", "write the requirements into fewer files")
        }
        // One that is named twice says nothing more; it may even name itself.
        guard seen.insert("\(asConstraints) \(path)").inserted else { return }
        let bytes: [UInt8]
        do throws(SystemError) {
            switch try WorkspaceFile.read(path, root: root, limit: Self.largest) {
            case .bytes(let content): bytes = content
            case .nothing:
                return problem(
                    "there is no '\(path)'",
                    place == nil ? "put the file there, or name another one" : "put the file there, or remove the line", .missing)
            case .outside(let target):
                return problem(EnvironmentProblem.leadsOut(path, target), EnvironmentProblem.inside, .outside)
            }
        } catch {
            return problem("'\(path)' cannot be read: \(error.reason)", "the file must be one that you may read")
        }
        if !list.files.contains(where: { $0.path == path }) { list.files.append((path, Digest.of(bytes))) }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            return problem("'\(path)' is no UTF-8 text", "save it as UTF-8")
        }
        for (number, line) in Self.logicalLines(text) {
            read(line: line, at: (path, number), asConstraints: asConstraints, depth: depth)
        }
    }

    /// Lines with their numbers: comments gone, those that end with `\` joined with the next one.
    static func logicalLines(_ text: String) -> [(number: Int, text: String)] {
        var result: [(Int, String)] = []
        var open: (number: Int, text: String)?
        let bytes = text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? text.utf8.dropFirst(3) : text.utf8[...]
        for (index, raw) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            var line = String(decoding: raw, as: UTF8.self)
            if line.utf8.last == UInt8(ascii: "\r") { line = String(decoding: raw.dropLast(), as: UTF8.self) }
            let isComment = trimmed(line).hasPrefix("#")
            if line.hasSuffix("\\"), !isComment {
                open = (open?.number ?? index + 1, (open?.text ?? "") + line.dropLast())
                continue
            }
            // A comment ends what is open, and so does the end of the file.
            let whole = (open?.text ?? "") + (isComment && open != nil ? " " : "") + line
            result.append((open?.number ?? index + 1, whole))
            open = nil
        }
        if let open { result.append(open) }
        return result.compactMap { number, line in
            let text = trimmed(withoutComment(line))
            return text.isEmpty ? nil : (number, text)
        }
    }

    /// A `#` begins a comment at the start of a line and after white space, not inside of an address.
    private static func withoutComment(_ line: String) -> String {
        var previous: Character = " "
        for index in line.indices {
            if line[index] == "#", previous.isWhitespace { return String(line[..<index]) }
            previous = line[index]
        }
        return line
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    // MARK: Lines

    private mutating func read(line: String, at place: (file: String, line: Int), asConstraints: Bool, depth: Int) {
        if line.hasPrefix("-") { return read(option: line, at: place, asConstraints: asConstraints, depth: depth) }
        if let refusal = Self.refusal(of: line) {
            list.problems.append(.init(file: place.file, line: place.line, message: refusal.message, wayOut: refusal.wayOut))
            return
        }
        if line.contains("--hash") { list.needsHashes = true }
        let entry = RequirementsList.Line(text: line, file: place.file, number: place.line)
        if asConstraints { list.constraints.append(entry) } else { list.requirements.append(entry) }
    }

    private static func refusal(of line: String) -> (message: String, wayOut: String)? {
        let head = line.firstRange(of: " --").map { line[..<$0.lowerBound] } ?? line[...]
        let words = head.prefix { $0 != ";" }
        if words.contains("git+") || words.contains("hg+") || words.contains("svn+") || words.contains("bzr+") {
            return (
                "it is a repository of sources, and a lock holds wheels",
                "build a wheel of it, put that into an index or a folder, and name its version"
            )
        }
        if words.contains("://") || words.contains(" @ ") || words.contains("@/") {
            return (
                "it names the address of one file, and a lock names no host: any index or folder may give a wheel",
                "name the version, and the place with '--find-links' or in pip's configuration"
            )
        }
        let path = words.prefix { !$0.isWhitespace && $0 != "[" }
        if path.hasPrefix(".") || path.hasPrefix("/") || path.hasSuffix(".whl") || path.hasSuffix(".zip") || path.hasSuffix(".tar.gz") {
            return (
                "it is the path of a file or folder, and a lock names wheels that any index or folder may give",
                "name the version, and the folder with '--find-links'"
            )
        }
        return nil
    }

    private mutating func read(option line: String, at place: (file: String, line: Int), asConstraints: Bool, depth: Int) {
        let (name, value) = Self.option(line)
        func refuse(_ message: String, _ wayOut: String) {
            list.problems.append(.init(file: place.file, line: place.line, message: message, wayOut: wayOut))
        }
        switch name {
        case "-r", "--requirement", "-c", "--constraint":
            if value.contains("://") {
                return refuse("it reads requirements from elsewhere, which may change", "put the file into the workspace")
            }
            guard let path = Self.join(place.file, value) else {
                return refuse("'\(value)' lies outside of the workspace", "put the file into the workspace")
            }
            read(path, from: place, asConstraints: asConstraints || name == "-c" || name == "--constraint", depth: depth + 1)
        case "-e", "--editable":
            refuse(
                "an editable install is a folder of sources, and a lock holds wheels",
                "name its scripts as inputs of the stages, or build a wheel")
        case "--no-binary":
            refuse("'--no-binary' asks for sources, and a lock holds wheels", "remove the line")
        case "-i", "--index-url", "--extra-index-url", "--trusted-host":
            if Self.hasSecret(value) {
                return refuse(
                    "the address of an index has a user or password in it, in a file that others read",
                    "put it into pip's configuration, a netrc file or PIP_INDEX_URL, or write '${NAME}' for a variable")
            }
            list.options.append(line)
        case "-f", "--find-links":
            if Self.hasSecret(value) {
                return refuse(
                    "the address has a user or password in it, in a file that others read",
                    "put it into pip's configuration, or PIP_FIND_LINKS")
            }
            if value.contains("://") || value.hasPrefix("/") {
                list.options.append(line)
            } else {
                // pip takes a folder from the place of the file where it finds one there.
                let beside = HostPath(root.appending(place.file).parent.description).appending(value)
                list.options.append("--find-links \(beside)")
            }
        case "--no-index", "--pre", "--prefer-binary": list.options.append(line)
        case "--only-binary", "--use-feature": break
        case "--require-hashes": list.needsHashes = true
        default: refuse("'\(name)' is an option that a lock does not know", "remove the line, or put it into pip's configuration")
        }
    }

    private static func option(_ line: String) -> (name: String, value: String) {
        if !line.hasPrefix("--"), line.utf8.count > 2, !line.dropFirst(2).hasPrefix(" "), !line.dropFirst(2).hasPrefix("=") {
            return (String(line.prefix(2)), trimmed(line.dropFirst(2)))
        }
        let name = line.prefix { !$0.isWhitespace && $0 != "=" }
        return (String(name), unquoted(trimmed(line[name.endIndex...].drop { $0.isWhitespace || $0 == "=" })))
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.utf8.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }

    /// Whether an address holds a user, other than as a variable.
    private static func hasSecret(_ address: String) -> Bool {
        guard let scheme = address.firstRange(of: "://") else { return false }
        let authority = address[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return !authority[..<at].split(separator: ":").allSatisfy { $0.hasPrefix("${") && $0.hasSuffix("}") }
    }

    /// The path in the workspace that `name` means in `file`; nil when it leads out.
    private static func join(_ file: String, _ name: String) -> String? {
        guard !name.hasPrefix("/"), !name.isEmpty else { return nil }
        var parts = file.split(separator: "/").dropLast().map(String.init)
        for part in name.split(separator: "/") where part != "." {
            if part == ".." {
                if parts.isEmpty { return nil }
                parts.removeLast()
            } else {
                parts.append(String(part))
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}
