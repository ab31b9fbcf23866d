import Canonical
import Storage

extension Lockfile {
    /// The text of `mlops.lock`.
    ///
    /// Strict JSON in a layout made for merging: sorted, each entry a line with its name and a line with its value, so that
    /// two branches that change neighbours do not touch the same lines; a constant line ends each section, so that no entry
    /// is the last one and every entry ends with a comma.
    ///
    /// - Complexity: O(bytes)
    // SPEC: lockfile.md#layout
    package func encode() -> [UInt8] {
        var text = LockfileText()
        text.append("{\n\"pins\": {\n")
        // The prefixes sort as the kinds stand here.
        for entry in data { text.append("data/", entry.name) { $0.append(entry.pin) } }
        for entry in environments { text.append("environment/", entry.name) { $0.append(entry.pin) } }
        for entry in programs { text.append("program/", entry.name) { $0.append(entry.pin) } }
        for entry in wheels { text.append("wheel/", entry.name) { $0.append(entry.pin) } }
        text.append("\"version\": ", "\(Self.version)", "\n},\n\"results\": {\n")
        for entry in results { text.append("stage/", entry.name) { $0.append(entry.pin) } }
        text.append("\"version\": ", "\(Self.version)", "\n}\n}\n")
        return text.bytes
    }
}

/// Writes the parts of a lockfile. Names need no escapes: their rules leave none to be made; origins may.
private struct LockfileText {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ parts: String...) {
        for part in parts { bytes.append(contentsOf: part.utf8) }
    }

    mutating func append(_ prefix: String, _ name: String, value: (inout Self) -> Void) {
        append("\"", prefix, name, "\":\n  ")
        value(&self)
        append(",\n")
    }

    private mutating func append(list: [String]) {
        append("[")
        for (index, text) in list.enumerated() { append(index == 0 ? "" : ", ", JSONText.quoted(text)) }
        append("]")
    }

    mutating func append(_ pin: EnvironmentPin) {
        append("{")
        if let libraries = pin.libraries {
            append("\"libraries\": ")
            append(libraries)
            append(", ")
        }
        append("\"platform\": \"", pin.platform, "\"")
        if let python = pin.python { append(", \"python\": \"", python, "\"") }
        append(", \"request\": \"", pin.request.description, "\", \"tools\": ")
        append(list: pin.tools)
        append(", \"wheels\": ")
        append(list: pin.wheels)
        append("}")
    }

    mutating func append(_ pin: ProgramPin) {
        append("{\"origin\": ")
        append(list: pin.origin)
        append(", \"tree\": ")
        append(pin.tree)
        append("}")
    }

    mutating func append(_ pin: WheelPin) {
        append("{\"digest\": \"", pin.digest.description, "\", \"size\": ", "\(pin.size)", "}")
    }

    mutating func append(_ pin: DataPin) {
        append("{")
        if let archive = pin.source?.archive { append("\"archive\": \"", archive.description, "\", ") }
        append("\"digest\": \"", pin.digest.description, "\", \"files\": ", "\(pin.files)")
        if !pin.ignore.isEmpty {
            append(", \"ignore\": ")
            append(list: pin.ignore)
        }
        if pin.isReference { append(", \"keep\": \"", LockfileSections.reference, "\"") }
        append(", \"kind\": \"", pin.kind.word, "\", \"size\": ", "\(pin.size)")
        if let source = pin.source { append(", \"url\": ", JSONText.quoted(source.url)) }
        append("}")
    }

    mutating func append(_ result: ResultPin) {
        append("{\"key\": \"", result.key.description, "\", \"outputs\": {")
        for (index, output) in result.outputs.enumerated() {
            append(index == 0 ? "\"" : ", \"", output.name, "\": ")
            append(output.object)
        }
        append("}}")
    }
}

extension ObjectKind {
    /// The word for this kind in a lockfile and in a key document.
    package var word: String { rawValue }

    package init?(word: String) { self.init(rawValue: word) }
}
