import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

/// The texts under `Specs/` against themselves and the sources.
@Suite struct SpecificationTests {
    /// One fenced block of a specification.
    private struct Block {
        let file: String
        let line: Int
        let language: String
        let text: String
    }

    private static func blocks() throws -> [Block] {
        var blocks: [Block] = []
        for file in try Repository.files(below: "Specs", suffix: ".md") {
            var open: (line: Int, language: String, lines: [Substring])?
            for (index, line) in try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard line.hasPrefix("```") else {
                    open?.lines.append(line)
                    continue
                }
                if let block = open {
                    blocks.append(Block(file: file, line: block.line, language: block.language, text: block.lines.joined(separator: "\n")))
                    open = nil
                } else {
                    open = (index + 1, String(line.dropFirst(3)), [])
                }
            }
            #expect(open == nil, "\(file): the block of line \(open?.line ?? 0) is not closed")
        }
        return blocks
    }

    @Test func `every JSON example parses`() throws {
        let blocks = try Self.blocks().filter { $0.language == "json" }
        #expect(!blocks.isEmpty)
        for block in blocks {
            // Records stand one on a line.
            let isLines = block.text.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }
            for text in isLines ? block.text.split(separator: "\n").map(String.init) : [block.text] {
                let read = JSONDocument.parse(SourceText(name: block.file, text: text))
                #expect(!read.hasErrors, "\(block.file), block of line \(block.line): \(read.diagnostics.first?.message ?? "")")
            }
        }
    }

    @Test func `every file of JSON under Specs parses, but for the invalid examples`() throws {
        for file in try Repository.files(below: "Specs", suffix: ".json") where !file.hasPrefix("Specs/examples/invalid/") {
            let read = JSONDocument.parse(SourceText(name: file, bytes: Array(try Repository.text(file).utf8)))
            #expect(!read.hasErrors, "\(file): \(read.diagnostics.first?.message ?? "")")
        }
    }

    @Test func `a specification that a source or another text refers to is there`() throws {
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            for line in try SwiftSource(file).lines {
                guard let mark = line.firstRange(of: "// SPEC: ") else { continue }
                let name = line[mark.upperBound...].prefix { $0 != "#" && $0 != " " && $0 != "," }
                #expect(try Repository.exists("Specs/\(name)"), "\(file) refers to '\(name)'")
            }
        }
        for file in try Repository.files(below: "Specs", suffix: ".md") {
            for name in try Repository.text(file).matches(of: /`([a-z.\-]+\.(?:md|schema\.json))`/).map({ String($0.1) }) {
                let places = ["Specs/\(name)", "Templates/tabular/\(name)", name]
                #expect(try places.contains { try Repository.exists($0) }, "\(file) names '\(name)'")
            }
        }
    }
}
