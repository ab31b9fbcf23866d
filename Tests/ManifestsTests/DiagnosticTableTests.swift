import Platform
import TestSupport
import Testing

/// `Specs/diagnostics.md` against the sources and the examples.
@Suite struct DiagnosticTableTests {
    private struct Row {
        let code: String
        let severity: String
        let cells: [String]
    }

    private static func rows() throws -> [Row] {
        let file = Places.repository().appending("Specs").appending("diagnostics.md")
        let lines = String(decoding: try Files.read(file), as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("| `") }
        return lines.map { line in
            let cells = line.split(separator: "|").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            return Row(code: String(cells[0].dropFirst().dropLast()), severity: cells.count > 1 ? cells[1] : "", cells: cells)
        }
    }

    /// The codes in the headlines of all expected texts, with their severities.
    private static func shown() throws -> Set<String> {
        var shown: Set<String> = []
        for example in Example.valid + Example.invalid {
            guard let bytes = try Files.readIfPresent(example.expected) else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasSuffix("]") {
                for severity in ["error", "warning"] where line.contains(": \(severity): ") {
                    guard let open = line.lastIndex(of: "[") else { continue }
                    shown.insert("\(line[line.index(after: open)...].dropLast()) \(severity)")
                }
            }
        }
        return shown
    }

    @Test func `the table is sorted and each row is whole`() throws {
        let rows = try Self.rows()
        #expect(rows.count > 90)
        #expect(rows.map(\.code) == rows.map(\.code).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(Set(rows.map(\.code)).count == rows.count)
        for row in rows { #expect(row.cells.count == 4 && !row.cells.contains(""), "\(row.code)") }
    }

    @Test func `every code that an example shows has a row with its severity`() throws {
        let rows = Set(try Self.rows().map { "\($0.code) \($0.severity)" })
        #expect(try Self.shown().subtracting(rows) == [])
    }

    @Test func `every row of the manifest is shown by an example`() throws {
        // These take a text too long for an example; tests of their own show them.
        let long: Set<String> = ["manifest/too-many-stages error", "manifest/too-many-problems error", "manifest/more-warnings warning"]
        let rows = Set(try Self.rows().filter { $0.code.hasPrefix("manifest/") }.map { "\($0.code) \($0.severity)" })
        #expect(rows.subtracting(try Self.shown()).subtracting(long) == [])
    }

    @Test func `every code in the sources has a row, and each that is beyond the schema too`() throws {
        let rows = Set(try Self.rows().map(\.code))
        let used = try Self.used(in: Places.repository().appending("Sources").appending("Manifests"))
        #expect(used.count > 60)
        #expect(used.subtracting(rows) == [])
        #expect(try SchemaTests.beyond().subtracting(rows) == [])
    }

    /// The codes that the sources under a folder report: the first argument of each `error`, `warning` or `report`.
    private static func used(in folder: HostPath) throws -> Set<String> {
        var used: Set<String> = []
        for entry in try Files.list(folder) {
            let path = folder.appending(entry.name)
            if entry.kind == .directory {
                used.formUnion(try self.used(in: path))
                continue
            }
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            let call = #/(?:problems\.error|problems\.warning|report|add)\((?:\s|value, |place, |\.error, |\.warning, )*"([a-z-]+)"/#
            for match in text.matches(of: call) {
                used.insert("manifest/\(match.1)")
            }
        }
        return used
    }
}
