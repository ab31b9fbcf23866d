import Canonical
import Diagnostics
import Platform

/// What all runs of the bench so far came to: a file that each run adds to.
struct Report {
    struct Entry {
        let name: String
        var runs = 0
        var cases = 0
        var findings = 0
        var seeds: [UInt64] = []
        var counts: [String: Int] = [:]
    }

    private(set) var entries: [Entry] = []

    /// The report in a file; an empty one when there is none.
    static func read(_ path: HostPath) throws -> Report {
        var report = Report()
        guard let bytes = try Files.readIfPresent(path) else { return report }
        let parsed = JSONDocument.parse(SourceText(name: path.description, bytes: bytes))
        guard !parsed.hasErrors, let root = parsed.value?.root.value, root["version"]?.integerValue == 1 else {
            throw Finding("'\(path)' is no report")
        }
        for value in root["campaigns"]?.arrayValue ?? [] {
            guard let name = value["name"]?.stringValue else { continue }
            var entry = Entry(name: name)
            entry.runs = value["runs"]?.integerValue ?? 0
            entry.cases = value["cases"]?.integerValue ?? 0
            entry.findings = value["findings"]?.integerValue ?? 0
            entry.seeds = (value["seeds"]?.stringValue ?? "").split(separator: " ").compactMap { UInt64($0) }
            for member in value["counts"]?.objectValue ?? [] { entry.counts[member.name] = member.value.integerValue }
            report.entries.append(entry)
        }
        return report
    }

    mutating func add(_ tally: Tally, of name: String, seed: UInt64) {
        let index =
            entries.firstIndex { $0.name == name }
            ?? {
                entries.append(Entry(name: name))
                return entries.count - 1
            }()
        entries[index].runs += 1
        entries[index].cases += tally.cases
        entries[index].findings += tally.failures.count
        if !entries[index].seeds.contains(seed) { entries[index].seeds.append(seed) }
        entries[index].seeds.sort()
        for (what, count) in tally.counts { entries[index].counts[what, default: 0] += count }
        entries.sort { $0.name < $1.name }
    }

    /// Replaces the file as one step.
    func write(to path: HostPath) throws { try Files.write(Array(text.utf8), to: path, durable: true) }

    private var text: String {
        let list = entries.map { entry in
            let counts = entry.counts.sorted { $0.key < $1.key }.map { "        \"\($0.key)\": \($0.value)" }
            return """
                    {
                      "name": "\(entry.name)",
                      "runs": \(entry.runs),
                      "cases": \(entry.cases),
                      "findings": \(entry.findings),
                      "seeds": "\(entry.seeds.map(String.init).joined(separator: " "))",
                      "counts": {
                \(counts.joined(separator: ",\n"))
                      }
                    }
                """
        }
        return "{\n  \"version\": 1,\n  \"campaigns\": [\n\(list.joined(separator: ",\n"))\n  ]\n}\n"
    }

    /// For people.
    var table: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        var text = line(["campaign", "runs", "cases", "findings", "seeds"]) + "|---|---|---|---|---|\n"
        for entry in entries {
            text += line([
                entry.name, "\(entry.runs)", "\(entry.cases)", "\(entry.findings)", entry.seeds.map(String.init).joined(separator: " "),
            ])
        }
        for entry in entries {
            text += "\n\(entry.name):\n"
            for (what, count) in entry.counts.sorted(by: { $0.key < $1.key }) { text += "  \(what): \(count)\n" }
        }
        return text
    }
}
