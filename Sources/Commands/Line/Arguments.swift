internal import Diagnostics

/// A command line that has been read: a verb, its flags and its operands.
package struct Arguments: Sendable {
    package let verb: Verb
    private let switches: Set<String>
    private let values: [String: [String]]
    package let operands: [String]

    package func has(_ flag: String) -> Bool { switches.contains(flag) }
    package func value(_ flag: String) -> String? { values[flag]?.last }
    package func values(_ flag: String) -> [String] { values[flag] ?? [] }

    /// What a command line asks for.
    package enum Request: Sendable {
        case run(Arguments)
        case overview
        case help(Verb)
        case topic(HelpTopic)
        case version
    }

    /// Reads the words after the program's name.
    ///
    /// Flags may stand before and after operands; `--` ends them; `--name=value` and `-jN` are understood.
    /// A flag whose value may be left out counts as a switch without it.
    ///
    /// - Throws: ``UsageError`` that says what was expected, with the nearest known word.
    package static func read(_ words: [String]) throws(UsageError) -> Request {
        var verb: Verb?
        var switches: Set<String> = []
        var values: [String: [String]] = [:]
        var operands: [String] = []
        var rest = words[...]
        var onlyOperands = false
        var wantsHelp = false

        func flags() -> [Flag] { (verb?.flags ?? []) + Verb.common }

        while let word = rest.popFirst() {
            if !onlyOperands, word == "--" {
                onlyOperands = true
                continue
            }
            if !onlyOperands, word.hasPrefix("-"), word != "-" {
                if verb == nil, word == "--version" || word == "-V" { return .version }
                let parts = try split(word, flags: flags(), verb: verb)
                if parts.flag.name == "help", parts.value == nil {
                    wantsHelp = true
                    continue
                }
                guard let valueName = parts.flag.value else {
                    if parts.value != nil { throw UsageError("'--\(parts.flag.name)' takes no value", verb: verb) }
                    switches.insert(parts.flag.name)
                    continue
                }
                if parts.flag.isOptional, parts.value == nil {
                    switches.insert(parts.flag.name)
                    continue
                }
                guard let value = parts.value ?? rest.popFirst() else {
                    throw UsageError("'--\(parts.flag.name)' needs a value: \(valueName)", verb: verb)
                }
                if !parts.flag.repeats, values[parts.flag.name] != nil {
                    throw UsageError("'--\(parts.flag.name)' is given twice", verb: verb)
                }
                values[parts.flag.name, default: []].append(value)
                continue
            }
            if verb == nil {
                if word == "help" {
                    guard let word = rest.popFirst() else { return .overview }
                    if let topic = HelpTopic(rawValue: word) { return .topic(topic) }
                    return .help(try known(word, or: HelpTopic.allCases.map(\.rawValue)))
                }
                verb = try known(word)
            } else {
                operands.append(word)
            }
        }
        guard let verb else {
            if wantsHelp || words.isEmpty { return .overview }
            throw UsageError("no command is named", verb: nil)
        }
        if wantsHelp { return .help(verb) }
        try check(operands, of: verb, switches)
        return .run(Arguments(verb: verb, switches: switches, values: values, operands: operands))
    }

    private static func known(_ word: String, or others: [String] = []) throws(UsageError) -> Verb {
        if let verb = Verb(rawValue: word) { return verb }
        throw UsageError(
            "unknown command '\(word)'", verb: nil, suggestion: Suggestion.closest(to: word, among: Verb.allCases.map(\.rawValue) + others))
    }

    private static func split(_ word: String, flags: [Flag], verb: Verb?) throws(UsageError) -> (flag: Flag, value: String?) {
        if word.hasPrefix("--") {
            let body = word.dropFirst(2)
            let name = String(body.prefix { $0 != "=" })
            let value = body.firstIndex(of: "=").map { String(body[body.index(after: $0)...]) }
            if let flag = flags.first(where: { $0.name == name }) { return (flag, value) }
            let near = Suggestion.closest(to: name, among: flags.map(\.name)).map { "--" + $0 }
            throw UsageError(
                "unknown flag '--\(name)'" + (verb.map { " for '\($0.rawValue)'" } ?? " before the command"), verb: verb, suggestion: near)
        }
        let letter = word[word.index(after: word.startIndex)]
        guard let flag = flags.first(where: { $0.short == letter }) else {
            throw UsageError("unknown flag '\(word)'" + (verb.map { " for '\($0.rawValue)'" } ?? " before the command"), verb: verb)
        }
        let value = word.dropFirst(2)
        if value.isEmpty { return (flag, nil) }
        if flag.value == nil { throw UsageError("unknown flag '\(word)'; flags of one letter are not joined", verb: verb) }
        return (flag, String(value.first == "=" ? value.dropFirst() : value))
    }

    private static func check(_ operands: [String], of verb: Verb, _ switches: Set<String>) throws(UsageError) {
        let known = verb.operands
        let required = known.count { $0.number == .required }
        if operands.count < required {
            throw UsageError("'\(verb.rawValue)' needs \(known[operands.count].name): \(known[operands.count].meaning)", verb: verb)
        }
        if known.last?.number != .repeated, operands.count > known.count {
            throw UsageError("'\(verb.rawValue)' does not take '\(operands[known.count])'", verb: verb)
        }
    }
}

/// The command line is wrong: what was expected, and the nearest word that would have been right.
package struct UsageError: Error, Sendable {
    package let message: String
    package let verb: Verb?
    package let suggestion: String?

    init(_ message: String, verb: Verb?, suggestion: String? = nil) {
        self.message = message
        self.verb = verb
        self.suggestion = suggestion
    }
}
