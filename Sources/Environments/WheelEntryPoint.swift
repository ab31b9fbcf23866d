/// A command that a wheel asks to be made: it calls one function.
struct EntryPoint: Hashable, Sendable {
    static let firstLine = "#!/env/bin/python"

    let name: String
    let module: String
    /// Dotted: `main`, `Cli.run`.
    let function: String

    /// The script that is the command.
    var text: String {
        let root = function.split(separator: ".").first.map(String.init) ?? function
        return """
            \(Self.firstLine)
            import sys
            from \(module) import \(root)
            if __name__ == "__main__":
                sys.exit(\(function)())

            """
    }

    /// What is wrong in a list of entry points.
    struct Malformed: Error {
        let line: String
    }

    /// The commands in the text of `entry_points.txt`: those of `console_scripts` and `gui_scripts`; of one name, the last.
    static func read(_ text: String) throws(Malformed) -> [EntryPoint] {
        var points: [String: EntryPoint] = [:]
        var isCommands = false
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = trim(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            if trimmed.hasPrefix("["), trimmed.hasSuffix("]") {
                let section = trim(trimmed.dropFirst().dropLast())
                isCommands = section == "console_scripts" || section == "gui_scripts"
                continue
            }
            if !isCommands { continue }
            let parts = trimmed.split(separator: "=", maxSplits: 1).map { trim($0) }
            guard parts.count == 2 else { throw Malformed(line: String(trimmed)) }
            // `module:function [extra]`: the extras were a matter of resolving.
            let target = parts[1].split(separator: "[", maxSplits: 1).first.map { trim($0) } ?? ""
            let halves = target.split(separator: ":", maxSplits: 1).map { trim($0) }
            guard halves.count == 2, isDotted(halves[0]), isDotted(halves[1]), isCommandName(parts[0]) else {
                throw Malformed(line: String(trimmed))
            }
            points[String(parts[0])] = EntryPoint(name: String(parts[0]), module: String(halves[0]), function: String(halves[1]))
        }
        return points.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func trim(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return rest
    }

    private static func isCommandName(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
            && !name.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0x2F }
    }

    /// Whether the text is names with dots between them, so that nothing else can be said in a script.
    private static func isDotted(_ text: Substring) -> Bool {
        let names = text.split(separator: ".", omittingEmptySubsequences: false)
        return names.allSatisfy { name in
            guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
            return name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
        }
    }
}
