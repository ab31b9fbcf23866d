import Canonical
import Storage

extension Lockfile {
    /// The text of `mlops.lock`.
    ///
    /// Strict JSON in a layout made for merging: sorted, each entry a line with its name and a line with its value, so that
    /// two branches that change neighbours do not touch the same lines; a constant line ends each section, so that no entry
    /// is the last one and every entry ends with a comma.
    // SPEC: lockfile.md#layout
    package func encode() -> [UInt8] {
        var text = LockfileText()
        text.line("{")
        text.line("\"pins\": {")
        for entry in data {
            text.line("\(JSONText.quoted("data/" + entry.name)):")
            text.line("  \(LockfileText.object(entry.pin)),")
        }
        text.line("\"version\": \(Self.version)")
        text.line("},")
        text.line("\"results\": {")
        for entry in results {
            text.line("\(JSONText.quoted("stage/" + entry.name)):")
            text.line("  \(LockfileText.result(entry.pin)),")
        }
        text.line("\"version\": \(Self.version)")
        text.line("}")
        text.line("}")
        return text.bytes
    }
}

/// Writes the lines of a lockfile.
private struct LockfileText {
    var bytes: [UInt8] = []

    mutating func line(_ text: String) {
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    static func object(_ pin: DataPin) -> String {
        "{\"digest\": \"\(pin.digest.description)\", \"files\": \(pin.files), \"kind\": \"\(pin.kind.word)\", \"size\": \(pin.size)}"
    }

    static func result(_ pin: ResultPin) -> String {
        let outputs = pin.outputs.map { "\(JSONText.quoted($0.name)): \(object($0.object))" }
        return "{\"key\": \"\(pin.key.description)\", \"outputs\": {\(outputs.joined(separator: ", "))}}"
    }
}

extension ObjectKind {
    /// The word for this kind in a lockfile and in a key document.
    package var word: String {
        switch self {
        case .file: "file"
        case .tree: "tree"
        }
    }

    package init?(word: String) {
        switch word {
        case "file": self = .file
        case "tree": self = .tree
        default: return nil
        }
    }
}
