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
    /// Folders of `Sources` that are no module of the table, beside the C targets.
    private static let apart: Set = ["mlbuild", "Benchmarks", "RemoteHTTPS"]

    private static func isC(_ folder: String) throws -> Bool {
        try Repository.exists("Sources/\(folder)/include") || Repository.exists("Sources/\(folder)/module.modulemap")
    }

    @Test func `the table names every Swift module of the sources, and no other`() throws {
        let folders = try Repository.folders("Sources").filter { try !Self.isC($0) }
        #expect(Set(try ModuleRow.all().map(\.name)) == Set(folders).subtracting(Self.apart))
    }

    @Test func `imports go downwards only`() throws {
        let rows = try ModuleRow.all()
        let layers = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.layer) })
        for row in rows {
            for name in row.imports {
                guard let layer = layers[name] else {
                    #expect(try Self.isC(name), "'\(row.name)' imports '\(name)', which is neither in the table nor a C target")
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
                for name in try SwiftSource(file).imports {
                    used.insert(name)
                    #expect(allowed.contains(name), "\(file) imports '\(name)', which the table does not allow '\(row.name)'")
                }
            }
            for name in row.imports {
                #expect(used.contains(name), "the table lets '\(row.name)' import '\(name)', and nothing there does")
            }
        }
    }

    @Test func `neither sources nor tests import Foundation or Dispatch`() throws {
        let banned: Set = ["Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "XCTest"]
        for file in try Repository.files(below: "Sources", suffix: ".swift") + Repository.files(below: "Tests", suffix: ".swift") {
            let found = try SwiftSource(file).imports.filter { banned.contains($0) }
            #expect(found == [], "\(file) imports \(found)")
        }
    }

    @Test func `each module says in its README what it is, in at most 40 lines, and what it may import`() throws {
        for row in try ModuleRow.all() {
            let text = try Repository.text("Sources/\(row.name)/README.md")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } <= 40, "the README of '\(row.name)' is too long")
            #expect(lines.first == "# \(row.name)")
            for heading in ["**Does**", "**Takes / gives**", "**May import**", "**Start reading at**", "**Invariants**"] {
                #expect(lines.contains { $0.hasPrefix(heading) }, "the README of '\(row.name)' has no \(heading)")
            }
            // The list may go on over the following lines, up to the next paragraph.
            let may = lines.drop { !$0.hasPrefix("**May import**") }.prefix { !$0.isEmpty }
            let named = may.joined(separator: " ").split { !$0.isLetter && !$0.isNumber }.map(String.init)
            let modules = Set(named).intersection(try Repository.folders("Sources"))
            #expect(modules == Set(row.imports), "the README of '\(row.name)' names \(modules.sorted()), the table \(row.imports.sorted())")
        }
    }

    @Test func `the README of a module names files that are there`() throws {
        for row in try ModuleRow.all() {
            let text = try Repository.text("Sources/\(row.name)/README.md")
            let names = text.matches(of: /`([A-Za-z0-9+\/.\-]+\.(?:swift|c|h|md))`/).map { String($0.1) }
            for name in names {
                let places = ["Sources/\(row.name)/\(name)", name, "Sources/\(name)", "Specs/\(name)"]
                #expect(try places.contains { try Repository.exists($0) }, "the README of '\(row.name)' names '\(name)'")
            }
        }
    }

    @Test func `each module has tests`() throws {
        for row in try ModuleRow.all() {
            #expect(try !Repository.files(below: "Tests/\(row.name)Tests", suffix: ".swift").isEmpty, "'\(row.name)' has none")
        }
    }

    @Test func `the top level holds what was agreed, and nothing else`() throws {
        let agreed: Set = ["Package.swift", "README.md", "Sources", "Specs", "Templates", "Tests"]
        #expect(try Repository.topLevel() == agreed)
    }

    @Test func `no source is longer than 500 lines`() throws {
        for root in ["Sources", "Tests"] {
            for file in try Repository.files(below: root, suffix: ".swift") {
                let count = try SwiftSource(file).lines.count
                #expect(count <= 501, "\(file) has \(count - 1) lines: divide it by concept")
            }
        }
    }
}
