import Platform
import TestSupport
import Testing

/// One row of the table in `Package.swift`, read as text.
struct ModuleRow {
    let layer: Int
    let name: String
    let imports: [String]

    static func all() throws -> [ModuleRow] {
        let text = try Repository.text("Package.swift")
        let rows = text.matches(of: /Module\(\s*layer: (\d+), name: "(\w+)",\s*imports: \[([^\]]*)\]\)/)
        return rows.map { row in
            let names = row.3.matches(of: /"(\w+)"/).map { String($0.1) }
            return ModuleRow(layer: Int(row.1) ?? -1, name: String(row.2), imports: names)
        }
    }
}

@Suite struct ModuleTableTests {
    @Test func `the table names every Swift module of the sources, and no other`() throws {
        let folders = try Repository.folders("Sources").filter { !$0.hasPrefix("C") || $0 == "Canonical" || $0 == "Commands" }
        let apart: Set = ["mlbuild", "Benchmarks"]
        #expect(Set(try ModuleRow.all().map(\.name)) == Set(folders).subtracting(apart))
    }

    @Test func `imports go downwards only`() throws {
        let rows = try ModuleRow.all()
        let layers = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.layer) })
        for row in rows {
            for name in row.imports {
                guard let layer = layers[name] else {
                    #expect(name.hasPrefix("C"), "'\(row.name)' imports '\(name)', which is neither in the table nor a C target")
                    continue
                }
                #expect(layer < row.layer, "'\(row.name)' (layer \(row.layer)) imports '\(name)' (layer \(layer))")
            }
        }
    }

    @Test func `each module imports what its row allows, and nothing else`() throws {
        for row in try ModuleRow.all() {
            var allowed = Set(row.imports)
            allowed.insert("Synchronization")
            if row.name == "Platform" || row.name == "Numerics" { allowed.formUnion(["Glibc", "Darwin"]) }
            var used: Set<String> = []
            for file in try Repository.files(below: "Sources/\(row.name)", suffix: ".swift") {
                for name in try Self.imports(of: file) {
                    used.insert(name)
                    #expect(allowed.contains(name), "\(file) imports '\(name)', which the table does not allow '\(row.name)'")
                }
            }
            for name in row.imports {
                #expect(used.contains(name), "the table lets '\(row.name)' import '\(name)', and nothing there does")
            }
        }
    }

    @Test func `each module says in its README what it is, in at most 40 lines, and what it may import`() throws {
        for row in try ModuleRow.all() {
            let lines = try Repository.text("Sources/\(row.name)/README.md").split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 41, "the README of '\(row.name)' has \(lines.count) lines")
            #expect(lines.first == "# \(row.name)")
            let may = lines.first { $0.hasPrefix("**May import**") }.map(String.init) ?? ""
            let named = may.matches(of: /`(\w+)`/).map { String($0.1) }
            #expect(Set(named) == Set(row.imports), "the README of '\(row.name)' names \(named.sorted()), the table \(row.imports)")
        }
    }

    @Test func `the top level holds what was agreed, and nothing else`() throws {
        let agreed: Set = ["Package.swift", "README.md", "Sources", "Specs", "Templates", "Tests"]
        let here = try Repository.tracked().map { String($0.prefix { $0 != "/" }) }.filter { !$0.hasPrefix(".") }
        #expect(Set(here) == agreed)
    }

    private static func imports(of file: String) throws -> [String] {
        try Repository.text(file).matches(of: /(?m)^\s*(?:@\w+ )?(?:package |internal |private |public |fileprivate )?import (?:struct |class |enum |func )?(\w+)/).map { String($0.1) }
    }
}
