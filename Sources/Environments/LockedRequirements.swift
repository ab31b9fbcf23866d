import Canonical
import Diagnostics
import Platform

/// The requirements in a `pylock.toml`, each with its version and the hashes of its wheels.
///
/// PEP 751. Which of the wheels fits is left to pip: it is told the hashes of all.
enum LockedRequirements {
    /// Prints a file's tables as JSON; an interpreter knows TOML, its own library or pip's copy of one.
    private static let script = """
        import sys
        sys.path.pop(0)
        try:
            import tomllib
        except ImportError:
            from pip._vendor import tomli as tomllib
        import json
        with open(sys.argv[1], 'rb') as file: text = file.read()
        try:
            tables = tomllib.loads(text.decode('utf-8'))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            print(error, file=sys.stderr)
            sys.exit(3)
        print(json.dumps(tables, default=str))
        """

    enum Outcome {
        case requirements([String])
        case bad(String)
        /// No interpreter at hand reads TOML.
        case unreadable
    }

    /// - Parameter interpreters: who may read the file, in this order.
    static func read(_ bytes: [UInt8], interpreters: [FoundInterpreter], work: HostPath) throws(SystemError) -> Outcome {
        let file = work.appending("pylock.toml")
        try Files.write(bytes, to: file)
        for interpreter in interpreters {
            let outcome = try ProcessRunner.run(
                [interpreter.executable.description, "-c", script, file.description], directory: HostPath("/"),
                isGuarded: true)
            if outcome.status == 3 {
                return .bad(outcome.errorText.split(separator: "\n").last.map(String.init) ?? "it is no TOML")
            }
            guard outcome.status == 0 else { continue }
            let parsed = JSONDocument.parse(SourceText(name: "pylock.toml", bytes: outcome.output))
            guard let value = parsed.value?.root.value, !parsed.hasErrors else { return .bad("its tables are too large or too deep") }
            return requirements(value)
        }
        return .unreadable
    }

    private static func requirements(_ tables: JSONValue) -> Outcome {
        guard let version = tables["lock-version"]?.stringValue else { return .bad("it has no 'lock-version'") }
        guard version.hasPrefix("1.") else { return .bad("it has lock-version \(version), and this mlbuild reads 1") }
        guard let packages = tables["packages"]?.arrayValue else { return .bad("it has no 'packages'") }
        var lines: [String] = []
        for package in packages {
            guard let name = package["name"]?.stringValue, isName(name) else { return .bad("one of its packages has no proper name") }
            if package["vcs"] != nil || package["directory"] != nil || package["archive"] != nil {
                return .bad("package '\(name)' comes from sources, and a lock holds wheels")
            }
            guard let wheels = package["wheels"]?.arrayValue, !wheels.isEmpty else { return .bad("package '\(name)' has no wheels") }
            guard let version = package["version"]?.stringValue, isVersion(version) else { return .bad("package '\(name)' has no version") }
            var line = "\(name)==\(version)"
            if let marker = package["marker"]?.stringValue {
                guard let marker = usable(marker) else {
                    return .bad("package '\(name)' is for extras or groups only, which 'requirementsFile' does not choose: \(marker)")
                }
                line += " ; \(marker)"
            }
            for wheel in wheels {
                guard let hash = wheel["hashes"]?["sha256"]?.stringValue, hash.utf8.count == 64, Digest(hex: hash.lowercased()) != nil
                else {
                    return .bad("a wheel of package '\(name)' has no SHA-256")
                }
                line += " --hash=sha256:\(hash.lowercased())"
            }
            lines.append(line)
        }
        return .requirements(lines)
    }

    /// A marker that a line of requirements may have; nil for one that asks for extras or groups.
    private static func usable(_ marker: String) -> String? {
        if marker.contains("extras") || marker.contains("dependency_groups") { return nil }
        // A line break or an option in it would be read as more than a marker.
        if marker.contains("\n") || marker.contains("\r") || marker.contains(" --") || marker.contains("#") { return nil }
        return marker
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) } && !text.hasPrefix("-")
    }

    private static func isVersion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || "._+!-".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}
