import Canonical

/// Renders what an archive says about its model as a page of Markdown.
///
/// The text follows from the description alone. Names and values are escaped, so that none can change the page's form.
package enum ModelCard {
    /// The page for `description`; `task` is the model's task, such as `classification`, where it is known.
    package static func render(_ description: ModelDescription, task: String? = nil) -> String {
        var blocks = ["# \(escaped(description.name)) \(escaped(description.modelVersion))", summary(description, task)]
        blocks += signature(description.signature)
        blocks += section("Metrics", ["Metric", "Value"], metrics(description.metrics, prefix: "", depth: 0))
        blocks += section("Gates", ["Metric", "Least", "Most", "Measured", "Verdict"], description.gates.map(gate))
        blocks += section("Data", ["Name", "Files", "Bytes", "Digest"], description.data.map(content))
        blocks += section("Stages", ["Stage", "Kind", "Action key"], description.stages.map(stage))
        blocks += ["## Files", files(description)]
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ description: ModelDescription, _ task: String?) -> String {
        let what = task.map { "A \(escaped($0)) model" } ?? "A model"
        return switch description.kind {
        case .engine: "\(what), trained by mlbuild's own engine: the same inputs give these bytes on any machine."
        case .opaque: "\(what) that a command of its workspace made. mlbuild knows its bytes by their digests and does not look inside."
        }
    }

    // The engine's signatures have lists of named ports; any other shape is shown as it is.
    private static func signature(_ signature: JSONValue) -> [String] {
        var blocks: [String] = []
        for (key, title) in [("inputs", "Inputs"), ("outputs", "Outputs")] {
            guard let ports = signature[key]?.arrayValue, ports.allSatisfy({ $0["name"]?.stringValue != nil }) else {
                let text = JSONText.pretty(signature)
                // A line of JSON never consists of backticks, so nothing inside can close the fence.
                return ["## Signature", "```json\n\(text)```"]
            }
            blocks += section(title, ["Name", "Type", "Details"], ports.map(port))
        }
        return blocks
    }

    private static func port(_ port: JSONValue) -> [String] {
        let details = (port.objectValue ?? []).filter { $0.name != "name" && $0.name != "type" }
        return [
            escaped(port["name"]?.stringValue ?? ""), port["type"].map(text) ?? "",
            details.map { "\(escaped($0.name)): \(text($0.value))" }.joined(separator: "; "),
        ]
    }

    private static func metrics(_ value: JSONValue, prefix: String, depth: Int) -> [[String]] {
        guard depth < JSONLimits.document.depth, let members = value.objectValue else { return [[escaped(prefix), text(value)]] }
        return members.flatMap { metrics($0.value, prefix: prefix.isEmpty ? $0.name : "\(prefix).\($0.name)", depth: depth + 1) }
    }

    private static func gate(_ gate: GateVerdict) -> [String] {
        [escaped(gate.metric), number(gate.minimum), number(gate.maximum), number(gate.value), gate.isMet ? "met" : "**not met**"]
    }

    private static func content(_ record: ContentRecord) -> [String] {
        [escaped(record.name), String(record.files), String(record.size), "`\(record.digest)`"]
    }

    private static func stage(_ stage: StageRecord) -> [String] {
        [escaped(stage.name), escaped(stage.kind), "`\(stage.key)`"]
    }

    private static func files(_ description: ModelDescription) -> String {
        var lines = ["- `model/`: the model", "- `recipe/`: what it is made from; building it again gives the same bytes"]
        if let samples = description.samples {
            lines.append("- `samples/`: \(samples.rows) rows with the predictions that the model gives for them")
        }
        lines.append("- `\(ModelDescription.path)`: all of this for programs, with the digest of every file")
        return lines.joined(separator: "\n")
    }

    private static func section(_ title: String, _ columns: [String], _ rows: [[String]]) -> [String] {
        if rows.isEmpty { return [] }
        let lines = [columns, columns.map { _ in "---" }] + rows
        return ["## \(title)", lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")]
    }

    private static func number(_ value: Double?) -> String {
        value.map { JSONText.line(.number($0)) } ?? ""
    }

    private static func text(_ value: JSONValue) -> String {
        escaped(value.stringValue ?? JSONText.line(value))
    }

    /// `text` as one line of Markdown that shows exactly it.
    ///
    /// Every mark that Markdown could act on gets a backslash; control characters become spaces.
    static func escaped(_ text: String) -> String {
        var result = ""
        var previous: Unicode.Scalar = " "
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029 {
                result += " "
            } else if isMark(scalar) {
                // Inside a word an underline is just that.
                let next = index + 1 < scalars.count ? scalars[index + 1] : " "
                let isInWord = scalar == "_" && isWord(previous) && isWord(next)
                result += isInWord ? "_" : "\\\(scalar)"
            } else {
                result.unicodeScalars.append(scalar)
            }
            previous = scalar
        }
        return result
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        "\\`*_{}[]<>#!|~&$@".unicodeScalars.contains(scalar)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }
}
