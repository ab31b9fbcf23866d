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
        for entry in data {
            text.append("\"data/", entry.name, "\":\n  ")
            text.append(entry.pin)
            text.append(",\n")
        }
        text.append("\"version\": ", "\(Self.version)", "\n},\n\"results\": {\n")
        for entry in results {
            text.append("\"stage/", entry.name, "\":\n  ")
            text.append(entry.pin)
            text.append(",\n")
        }
        text.append("\"version\": ", "\(Self.version)", "\n}\n}\n")
        return text.bytes
    }
}

/// Writes the parts of a lockfile. Names need no escapes: the rule for names leaves none to be made.
private struct LockfileText {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ parts: String...) {
        for part in parts { bytes.append(contentsOf: part.utf8) }
    }

    mutating func append(_ pin: DataPin) {
        append("{\"digest\": \"", pin.digest.description, "\", \"files\": ", "\(pin.files)")
        append(", \"kind\": \"", pin.kind.word, "\", \"size\": ", "\(pin.size)", "}")
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
