import Canonical
import Diagnostics

/// Reads the keys of a stage that runs a command.
enum CommandReading {
    static func read(
        _ fields: Fields, _ environments: EnvironmentNames, _ options: inout OptionReading, _ problems: inout Problems
    ) -> Command? {
        var timeout: Int?
        if let node = fields["timeout"] { timeout = seconds(node, of: fields, &problems) }
        let threads = fields.integer("threads", 1...Grammar.maxThreads, &problems)
        let entropy = fields.choice("entropy", Command.Entropy.self, &problems)
        let variables = fields["variables"].map {
            EnvironmentReading.variables($0, owner: "'variables' in \(fields.owner)", &problems)
        }
        let environment = environments.read(fields, &problems)
        let resources = resources(fields, &problems)
        let addresses = fields.choice("addresses", Command.Addresses.self, &problems)
        guard let run = fields["run"], let arguments = arguments(run, fields, &options, &problems) else { return nil }
        return Command(
            arguments: arguments, span: run.span, timeout: timeout, threads: threads ?? 1, variables: variables ?? [],
            entropy: entropy ?? .derived, addresses: addresses ?? .fixed, resources: resources,
            environment: environment ?? environments.standing)
    }

    private static func resources(_ fields: Fields, _ problems: inout Problems) -> Command.Resources {
        guard let node = fields["resources"],
            let read = Fields.read(
                node, Grammar.resources, owner: "'resources' of \(fields.owner)", keySpan: fields.keySpan("resources"), &problems)
        else { return Command.Resources() }
        return Command.Resources(
            memory: size("memory", of: read, &problems), processes: read.integer("processes", 1...Grammar.maxProcesses, &problems),
            fileSize: size("fileSize", of: read, &problems), outputSize: size("outputSize", of: read, &problems))
    }

    /// Bytes, written as a number or with a unit.
    private static func size(_ key: String, of fields: Fields, _ problems: inout Problems) -> Int? {
        guard let node = fields[key] else { return nil }
        if node.wholeNumber != nil || node.isRefused { return fields.integer(key, 1...ByteSizeText.most, &problems) }
        let what = "'\(key)' in \(fields.owner)"
        guard node.kind == .string else {
            problems.error(
                "wrong-type", "\(what) must be a size such as '512MiB', or a number of bytes, not \(Fields.described(node, problems))",
                at: node.span)
            return nil
        }
        guard let text = fields.string(key, &problems) else { return nil }
        guard let bytes = ByteSizeText.bytes(text) else {
            problems.error(
                "bad-size", "\(what) must be a whole number with 'KiB', 'MiB', 'GiB' or 'TiB', such as '512MiB', not '\(text)'",
                at: node.span, fixIt: ByteSizeText.mended(text).map { .replaceString(at: node.span, with: $0) })
            return nil
        }
        guard bytes <= ByteSizeText.most else {
            problems.error("size-range", "\(what) must be below '8192TiB', not '\(text)'", at: node.span)
            return nil
        }
        return bytes
    }

    private static func seconds(_ node: JSONNode, of fields: Fields, _ problems: inout Problems) -> Int? {
        let what = "'timeout' in \(fields.owner)"
        if node.isRefused { return nil }
        guard node.kind == .string else {
            let meant = node.wholeNumber.flatMap { DurationText.mended(String($0)) }
            problems.error(
                "wrong-type", "\(what) must be a duration such as '90s', '5m' or '1h30m', not \(Fields.described(node, problems))",
                at: node.span, fixIt: meant.map { .replaceString(at: node.span, with: $0) })
            return nil
        }
        guard let text = fields.string("timeout", &problems) else { return nil }
        guard let seconds = DurationText.seconds(text) else {
            problems.error(
                "bad-duration", "\(what) must be a duration such as '90s', '5m' or '1h30m', not '\(text)'", at: node.span,
                fixIt: DurationText.mended(text).map { .replaceString(at: node.span, with: $0) })
            return nil
        }
        guard (1...DurationText.longest).contains(seconds) else {
            problems.error("duration-range", "\(what) must be from '1s' to '720h', not '\(text)'", at: node.span)
            return nil
        }
        return seconds
    }

    private static func arguments(
        _ node: JSONNode, _ fields: Fields, _ options: inout OptionReading, _ problems: inout Problems
    ) -> Command.Arguments? {
        let what = "'run' in \(fields.owner)"
        let inputs = Set(fields["inputs"]?.members.map(\.key) ?? [])
        let outputs = Set(fields["outputs"]?.members.map(\.key) ?? [])
        if let line = node.string {
            if line.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
                problems.error("empty", "\(what) must have a command, not an empty text", at: node.span)
                return nil
            }
            check(line, in: node, what: what, isShell: true, inputs, outputs, &options, &problems)
            return .shell(line)
        }
        guard node.kind == .array else {
            problems.error("wrong-type", "\(what) must be a list of strings or a string, not \(node.phrase)", at: node.span)
            return nil
        }
        var vector: [String] = []
        for item in node.children {
            guard let text = item.string else {
                let scalar = item.embedded
                problems.error(
                    "wrong-type", "an item of \(what) must be a string, not \(item.phrase)", at: item.span,
                    fixIt: scalar == nil ? nil : .wrap(item.span, "\"", "\"", "put it in quotes"))
                continue
            }
            check(text, in: item, what: "an item of \(what)", isShell: false, inputs, outputs, &options, &problems)
            if vector.isEmpty, text.isEmpty {
                problems.error("empty", "the first item of \(what) must be the name of a program, not an empty text", at: item.span)
            }
            vector.append(text)
        }
        if node.elements.isEmpty {
            problems.error("empty", "\(what) must have at least the name of a program", at: node.span)
        }
        return .vector(vector)
    }

    /// Checks the `${...}` of an argument or a line; the text itself stays as it is.
    private static func check(
        _ text: String, in node: JSONNode, what: String, isShell: Bool, _ inputs: Set<String>, _ outputs: Set<String>,
        _ options: inout OptionReading, _ problems: inout Problems
    ) {
        if text.utf8.contains(0) {
            problems.error("nul-character", "\(what) has a NUL character, which no program can be given", at: node.span)
        }
        guard Template.isNeeded(for: text), let template = Template.read(text, in: node, &problems) else { return }
        if isShell { checkHereDocuments(template, in: node, &problems) }
        for case .reference(let name, let range) in template.pieces {
            let span = problems.span(of: range, in: node)
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "inputs": checkPort(parts, among: inputs, noun: "input", at: span, &problems)
            case "outputs": checkPort(parts, among: outputs, noun: "output", at: span, &problems)
            default:
                guard let value = options.parameters.take(name, at: span, &problems) else { continue }
                options.named.insert(name)
                if value.embedded == nil { OptionReading.reportEmbedding(of: value, name, at: span, &problems) }
            }
        }
    }

    /// Reports what stands where quotes around a value would be letters of the text.
    private static func checkHereDocuments(_ template: Template, in node: JSONNode, _ problems: inout Problems) {
        var place = ShellPlace()
        for piece in template.pieces {
            switch piece {
            case .text(let text): for byte in text.utf8 { place.pass(byte) }
            case .reference(let name, let range):
                let span = problems.span(of: range, in: node)
                switch place.unquotable {
                case .hereDocument(let isQuoted):
                    let wayOut =
                        isQuoted
                        ? "give '${\(name)}' to the program as an argument, or put 'export value=${\(name)}' before the line with '<<'"
                        : "put 'value=${\(name)}' before the line with '<<', and write '$value' here"
                    problems.error(
                        "here-document", "'${\(name)}' stands in a here-document, where it would be no text of its own", at: span,
                        notes: [Diagnostic.Note(wayOut)])
                case .delimiter:
                    problems.error("here-document", "the word behind '<<' must be a plain one, not '${\(name)}'", at: span)
                case nil: _ = place.quoted("")
                }
            }
        }
    }

    private static func checkPort(
        _ parts: [String], among known: Set<String>, noun: String, at span: SourceSpan, _ problems: inout Problems
    ) {
        guard parts.count == 2 else {
            problems.error("unknown-placeholder", "'${\(noun)s}' needs the name of an \(noun), such as '${\(noun)s.NAME}'", at: span)
            return
        }
        if known.contains(parts[1]) { return }
        let names = known.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let near = problems.closest(to: parts[1], among: names)
        let isExact = span.upper - span.lower == parts[0].utf8.count + parts[1].utf8.count + 4
        problems.error(
            "unknown-placeholder", "the stage has no \(noun) '\(parts[1])'", at: span,
            notes: near != nil || names.isEmpty ? [] : [Diagnostic.Note("its \(noun)s are \(quotedList(Array(names.prefix(20))))")],
            fixIt: isExact ? near.map { .replace(span, with: "${\(noun)s.\($0)}") } : nil)
    }
}
