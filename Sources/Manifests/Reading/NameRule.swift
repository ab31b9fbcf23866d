import Canonical
import Diagnostics

/// What names may look like: `[a-z][a-z0-9_-]*`, at most 64 bytes; some without `_`.
struct NameRule {
    /// What such a name names: `a stage`.
    let noun: String
    let allowsUnderscore: Bool
    /// Words that mean something else where the name is used, with that meaning.
    let reserved: [String: String]

    static let longest = 64
    static let workspace = NameRule(noun: "a workspace", allowsUnderscore: false, reserved: [:])
    static let stage = NameRule(
        noun: "a stage", allowsUnderscore: false, reserved: ["data": "'data.NAME' in a reference is an entry of 'data'"])
    static let environment = NameRule(
        noun: "an environment", allowsUnderscore: false,
        reserved: [
            Environment.defaultName: "it is what the key 'environment' declares",
            Environment.baseName: "it is the one that holds 'sh' and coreutils alone",
        ])
    static let data = NameRule(noun: "data", allowsUnderscore: true, reserved: [:])
    static let input = NameRule(noun: "an input", allowsUnderscore: true, reserved: [:])
    static let output = NameRule(noun: "an output", allowsUnderscore: true, reserved: [:])
    static let parameter = NameRule(
        noun: "a parameter", allowsUnderscore: true,
        reserved: ["inputs": "'${inputs.X}' is an input's path", "outputs": "'${outputs.X}' is an output's path"])

    /// The rule as a regular expression, for the schema.
    var pattern: String {
        let words = reserved.keys.sorted()
        let guarded = words.isEmpty ? "" : "(?!(\(words.joined(separator: "|")))$)"
        return "^\(guarded)[a-z][a-z0-9\(allowsUnderscore ? "_" : "")-]{0,\(Self.longest - 1)}$"
    }

    var phrase: String {
        "lower-case letters, digits\(allowsUnderscore ? ", '-' and '_'" : " and '-'"), a letter first, at most \(Self.longest) of them"
    }

    func allows(_ name: String) -> Bool {
        guard let first = name.utf8.first, Self.isLetter(first), name.utf8.count <= Self.longest else { return false }
        return name.utf8.allSatisfy { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "-") || isUnderscore($0) }
    }

    /// The name with capitals lowered and separators mended, where that gives a good one.
    func mended(_ name: String) -> String? {
        guard name.utf8.count <= Self.longest else { return nil }
        let separators: Set<Unicode.Scalar> = [" ", ".", "_", "/", ":"]
        var result = ""
        for scalar in name.unicodeScalars {
            let keeps = scalar == "_" && allowsUnderscore
            result.unicodeScalars.append(!keeps && separators.contains(scalar) ? "-" : scalar)
        }
        result = result.lowercased()
        return result != name && allows(result) && reserved[result] == nil ? result : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private func isUnderscore(_ byte: UInt8) -> Bool { allowsUnderscore && byte == UInt8(ascii: "_") }
}

extension NameRule {
    /// Reports a name that breaks the rule; `isTaken` says whether the mended name is already another's.
    func check(_ name: String, at span: SourceSpan, isTaken: (String) -> Bool = { _ in false }, _ problems: inout Problems) {
        if let meaning = reserved[name] {
            problems.error("reserved-name", "'\(name)' cannot name \(noun): \(meaning)", at: span)
        } else if !allows(name) {
            let mended = mended(name).flatMap { isTaken($0) ? nil : $0 }
            let message = "'\(Self.shortened(name))' cannot name \(noun); a name has \(phrase)"
            problems.error("bad-name", message, at: span, fixIt: mended.map { .replaceString(at: span, with: $0) })
        }
    }

    /// Checks the keys of an object as names, and that no two are equal once case and Unicode spelling are set aside.
    func checkKeys(of members: [JSONMemberNode], _ problems: inout Problems) {
        var seen: [String: JSONMemberNode] = [:]
        seen.reserveCapacity(members.count)
        let exact = Set(members.map(\.key))
        for member in members {
            // String equality is canonical equivalence, so that this finds two spellings of one accented letter as well.
            let folded = member.key.lowercased()
            let first = seen[folded]
            if let first, !first.key.utf8.elementsEqual(member.key.utf8) {
                problems.error(
                    "name-clash",
                    "the names '\(Self.shortened(first.key))' and '\(Self.shortened(member.key))' differ only in case or spelling",
                    at: member.keySpan, notes: [problems.note("the other is here", at: first.keySpan)])
                continue
            }
            if first == nil { seen[folded] = member }
            check(member.key, at: member.keySpan, isTaken: exact.contains, &problems)
        }
    }

    private static func shortened(_ name: String) -> String {
        name.utf8.count <= 80 ? name : String(name.unicodeScalars.prefix(60)) + "..."
    }
}
