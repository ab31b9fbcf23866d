import Locking

/// Why pip gave no wheels, told from phrases that its versions 22 to 26 share.
struct PipFailure {
    enum Cause: Hashable {
        /// No index knows the project.
        case unknownPackage(String)
        /// The project is known, and no version that it has for this Python is asked for; the newest ones, oldest first.
        case noVersion(String, available: [String])
        /// There are files of the version that is asked for, and none fits.
        case noWheel(String, Misfit)
        /// Requirements contradict one another; what pip says about them, and the constraints among them.
        case conflict([String], constraints: [String])
        case otherBytes(String, expected: String, got: String)
        /// Hashes are asked for, and this one is not among them.
        case noHash([String])
        /// No index answers; in a few words, why.
        case unreachable(String)
        /// An index wants to know who asks, or does not like who does.
        case forbidden(String)
        case badRequirement(String)
        case other
    }

    enum Misfit: Hashable {
        /// Only source archives.
        case onlySources
        /// Wheels for other Pythons or platforms.
        case otherTags
        /// It says which versions of Python it takes, such as `>=3.12`.
        case otherPython(String)
    }

    let cause: Cause
    /// pip's own last words, with secrets masked.
    let lastLines: [String]

    init(_ run: PipRun, mask: SecretText) {
        lastLines = run.errors.filter { !$0.hasPrefix("WARNING: ") && !$0.hasPrefix("[notice]") && !$0.allSatisfy(\.isWhitespace) }.suffix(
            6
        ).map {
            mask.masked($0, limit: 400)
        }
        let reading = PipReading(run: run)
        cause = reading.cause()
    }
}

/// Finds the cause in what pip said.
private struct PipReading {
    let run: PipRun

    func cause() -> PipFailure.Cause {
        if let cause = hashes() { return cause }
        if has("ResolutionImpossible") || has("conflicting dependencies") { return conflict() }
        if let requirement = after("No matching distribution found for ") { return unmatched(Self.bare(requirement)) }
        if let requirement = after("Invalid requirement: ") { return .badRequirement(requirement) }
        if let text = after("requires a different Python: ") {
            // `ERROR: Package 'x' requires a different Python: 3.11.7 not in '>=3.12'`
            let name = run.errors.lazy.compactMap { Self.quoted($0) }.first ?? ""
            return .noWheel(name, .otherPython(Self.quoted(text) ?? text))
        }
        if let failure = fetchFailure(of: nil) { return failure }
        return .other
    }

    private func has(_ phrase: String) -> Bool { run.errors.contains { $0.contains(phrase) } }

    /// What follows `phrase` in the last line of an error that holds it.
    private func after(_ phrase: String) -> String? {
        run.errors.last { $0.contains(phrase) }.flatMap { line in
            line.firstRange(of: phrase).map { String(line[$0.upperBound...]) }
        }
    }

    private func hashes() -> PipFailure.Cause? {
        if has("DO NOT MATCH THE HASHES") {
            let start = run.errors.lastIndex { $0.contains("DO NOT MATCH THE HASHES") } ?? 0
            let lines = run.errors[start...].map { $0.drop { $0 == " " } }
            let expected = lines.first { $0.hasPrefix("Expected ") }?.split(separator: " ").last.map(String.init) ?? ""
            let got = lines.first { $0.hasPrefix("Got ") }?.split(separator: " ").last.map(String.init) ?? ""
            let requirement = lines.dropFirst().first.map { String($0.prefix { $0 != " " }) } ?? ""
            return .otherBytes(requirement, expected: expected, got: got)
        }
        if has("Hashes are required in --require-hashes mode") || has("all requirements must have their versions pinned with ==") {
            return .noHash(run.errors.filter { $0.hasPrefix("    ") }.map { String($0.drop { $0 == " " }) })
        }
        return nil
    }

    private func conflict() -> PipFailure.Cause {
        guard let start = run.output.lastIndex(where: { $0.contains("The conflict is caused by:") }) else {
            return .conflict([], constraints: [])
        }
        var lines: [String] = []
        var constraints: [String] = []
        for line in run.output[(start + 1)...] {
            guard line.hasPrefix(" ") else { break }
            let text = String(line.drop { $0 == " " })
            lines.append(text)
            let phrase = "The user requested (constraint) "
            if text.hasPrefix(phrase) { constraints.append(String(text.dropFirst(phrase.count))) }
        }
        return .conflict(lines, constraints: constraints)
    }

    // MARK: Nothing matches

    private func unmatched(_ requirement: String) -> PipFailure.Cause {
        let parts = Self.split(requirement)
        let available = versions()
        if available.isEmpty, let failure = fetchFailure(of: parts.project) { return failure }
        let skipped = skippedFiles(of: parts.project)
        // With `==` there is one version to look for; else any file that was passed over tells.
        let wanted = skipped.filter { file in parts.version.map { Self.sameVersion(file.version, $0) } ?? available.isEmpty }
        if let misfit = Self.misfit(of: wanted) { return .noWheel(requirement, misfit) }
        if available.isEmpty, skipped.isEmpty { return .unknownPackage(parts.project) }
        return .noVersion(requirement, available: available)
    }

    private func versions() -> [String] {
        guard let line = run.errors.last(where: { $0.contains("(from versions: ") }), let start = line.firstRange(of: "(from versions: ")
        else { return [] }
        let list = line[start.upperBound...].prefix { $0 != ")" }
        return list == "none" ? [] : list.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    /// Why the pages of a project could not be read, if one could not for another reason than that it is not there.
    private func fetchFailure(of project: String?) -> PipFailure.Cause? {
        var unreachable: String?
        for line in run.log + run.errors {
            if line.hasPrefix("Could not fetch URL "), let reason = line.firstRange(of: ": ").map({ line[$0.upperBound...] }) {
                if let project, !Self.page(in: line, isOf: project) { continue }
                if reason.hasPrefix("404 ") { continue }
                if reason.hasPrefix("401 ") || reason.hasPrefix("403 ") || reason.hasPrefix("407 ") {
                    return .forbidden(String(reason.prefix(3)))
                }
                if unreachable == nil { unreachable = Self.inFewWords(String(reason)) }
            } else if line.contains("EndOfStreamError") || line.contains("ReadTimeoutError")
                || line.hasPrefix("ERROR: Could not install packages due to an OSError: HTTPSConnectionPool")
            {
                if unreachable == nil { unreachable = Self.inFewWords(line) }
            } else if line.contains("is not a trusted or secure host and is being ignored"), unreachable == nil {
                unreachable = "pip trusts it only over HTTPS, or when '--trusted-host' names it"
            }
        }
        return unreachable.map { .unreachable($0) }
    }

    private static func page(in line: String, isOf project: String) -> Bool {
        let address = line.dropFirst("Could not fetch URL ".count).prefix { $0 != " " }
        let trimmed = address.reversed().drop { $0 == ":" || $0 == "/" }
        return WheelName.project(String(String(trimmed.prefix { $0 != "/" }).reversed())) == WheelName.project(project)
    }

    private static func inFewWords(_ reason: String) -> String {
        let phrases = [
            ("Name or service not known", "its name is not known"),
            ("Temporary failure in name resolution", "its name cannot be looked up"),
            ("nodename nor servname", "its name is not known"), ("No address associated", "its name is not known"),
            ("ProxyError", "the proxy does not answer"), ("Connection refused", "the connection is refused"),
            ("Network is unreachable", "there is no network"), ("No route to host", "there is no way to it"),
            ("timed out", "it does not answer in time"), ("TimeoutError", "it does not answer in time"),
            ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"), ("ssl certificate", "its certificate is not trusted"),
            ("SSLError", "the connection cannot be secured"), ("Connection reset", "it breaks off"),
            ("RemoteDisconnected", "it breaks off"), (" Server Error", "it has an error of its own"),
            ("error responses", "it has an error of its own"),
        ]
        return phrases.first { reason.contains($0.0) }?.1 ?? "it does not answer"
    }

    // MARK: Files that were passed over

    private struct SkippedFile {
        let version: String
        let misfit: PipFailure.Misfit
    }

    private func skippedFiles(of project: String) -> [SkippedFile] {
        run.log.compactMap { line in
            let line = line.drop { $0 == " " }
            let misfit: PipFailure.Misfit
            if line.hasPrefix("Skipping link: No sources permitted") {
                misfit = .onlySources
            } else if line.hasPrefix("Skipping link: none of the wheel's tags") {
                misfit = .otherTags
            } else if line.contains("requires a different Python ("), let start = line.firstRange(of: "not in: '") {
                misfit = .otherPython(String(line[start.upperBound...].prefix { $0 != "'" }))
            } else if line.hasPrefix("Skipping link: unsupported archive format: .whl")
                || line.hasPrefix("Skipping link: invalid wheel filename")
            {
                misfit = .otherTags
            } else {
                return nil
            }
            return Self.file(in: String(line), of: project).map { SkippedFile(version: $0, misfit: misfit) }
        }
    }

    /// The version in the file name of the first address in `line`, when the file is one of `project`.
    private static func file(in line: String, of project: String) -> String? {
        guard let scheme = line.firstRange(of: "://") else { return nil }
        let address = line[scheme.upperBound...].prefix { $0 != " " && $0 != "#" && $0 != "?" }
        let encoded = String(address.split(separator: "/").last ?? "")
        let name = encoded.replacing("%2B", with: "+").replacing("%2b", with: "+").replacing("%21", with: "!")
        if let wheel = WheelName(name) { return wheel.project == WheelName.project(project) ? wheel.version : nil }
        for ending in [".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz"] where name.hasSuffix(ending) {
            let stem = name.dropLast(ending.count)
            guard let dash = stem.lastIndex(of: "-"), WheelName.project(stem[..<dash]) == WheelName.project(project) else { return nil }
            return String(stem[stem.index(after: dash)...])
        }
        return nil
    }

    /// The mildest of what keeps the files from being used: a wheel for others is closer than none at all.
    private static func misfit(of files: [SkippedFile]) -> PipFailure.Misfit? {
        for file in files { if case .otherPython = file.misfit { return file.misfit } }
        if files.contains(where: { $0.misfit == .otherTags }) { return .otherTags }
        return files.isEmpty ? nil : .onlySources
    }

    // MARK: Texts

    /// `numpy==1.19.0` for `numpy==1.19.0 (from -r requirements.txt (line 1))`
    private static func bare(_ requirement: String) -> String {
        let text = requirement.firstRange(of: " (from ").map { String(requirement[..<$0.lowerBound]) } ?? requirement
        return String(text.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// The project, and the version that `==` asks for.
    private static func split(_ requirement: String) -> (project: String, version: String?) {
        let project = requirement.prefix { $0.isLetter || $0.isNumber || "._-".contains($0) }
        guard let equals = requirement.firstRange(of: "=="), !requirement.contains("==="), !requirement.contains(",") else {
            return (String(project), nil)
        }
        let version = requirement[equals.upperBound...].drop { $0 == " " }.prefix { $0 != ";" && $0 != " " }
        return (String(project), version.contains("*") ? nil : String(version))
    }

    /// Whether two spellings mean one version; trailing zeros do not count, and a local part only when both have one.
    private static func sameVersion(_ first: String, _ second: String) -> Bool {
        func trimmed(_ text: String) -> [Substring] {
            var parts = text.lowercased().prefix { $0 != "+" }.split(separator: ".")
            while parts.count > 1, parts.last == "0" { parts.removeLast() }
            return parts.map { Substring($0) }
        }
        return trimmed(first) == trimmed(second)
    }

    private static func quoted(_ text: String) -> String? {
        guard let open = text.firstIndex(of: "'") else { return nil }
        let rest = text[text.index(after: open)...]
        return rest.firstIndex(of: "'").map { String(rest[..<$0]) }
    }
}
