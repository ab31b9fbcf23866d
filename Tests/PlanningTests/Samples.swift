import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import TestSupport
import Testing

extension DataPin.Kind {
    static let ofFile = DataPin.Kind(word: "file") ?? { preconditionFailure("'file' is a kind") }()
    static let ofTree = DataPin.Kind(word: "tree") ?? { preconditionFailure("'tree' is a kind") }()
}

/// The manifest that `text` spells; the test fails when that has an error.
func readManifest(_ text: String, _ place: SourceLocation = #_sourceLocation) throws -> Manifest {
    let result = ManifestReader.read(SourceText(name: "mlops.json", text: text))
    #expect(!result.hasErrors, "\(result.diagnostics.map(\.message))", sourceLocation: place)
    return try #require(result.value, sourceLocation: place)
}

/// A lockfile that pins each data entry of `manifest` at the digest of its name.
func lockfile(for manifest: Manifest) -> Lockfile {
    Lockfile(
        data: manifest.data.map { entry in
            .init(entry.name, DataPin(digest: Digest.of(Array(entry.name.utf8)), kind: .ofFile, size: entry.name.utf8.count, files: 1))
        })
}

/// The lines of `Specs/FILE` below the heading `## NAME`, up to the next one of its level.
func section(_ name: String, of file: String, _ place: SourceLocation = #_sourceLocation) throws -> [Substring] {
    let text = String(decoding: try Files.read(Places.repository().appending("Specs").appending(file)), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "## \(name)"), sourceLocation: place)
    return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
}

/// The code blocks among `lines`, without the lines that mark them.
func codeBlocks(_ lines: [Substring]) -> [String] {
    var blocks: [String] = []
    var block: String?
    for line in lines {
        if line.hasPrefix("```") {
            if let text = block { blocks.append(text) }
            block = block == nil ? "" : nil
        } else {
            block?.append(line + "\n")
        }
    }
    return blocks
}

/// The first word in backticks of each row of the first table among `lines` that says a part.
func firstCells(_ lines: [Substring]) -> Set<String> {
    let table = lines.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
    return Set(table.filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) })
}

/// xorshift64: the same numbers on every run.
struct Numbers {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for index in elements.indices.dropFirst() { elements.swapAt(index, next(index + 1)) }
        return elements
    }
}

/// The manifest most tests here use: one data entry, four stages.
let penguins = """
    {
      "version": 1,
      "name": "penguins",
      "parameters": { "seed": 42, "trees": 200, "unused": 1 },
      "data": { "penguins": { "path": "data/penguins.csv" }, "other": { "path": "data/other.tsv" } },
      "stages": {
        "evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "split.test" } },
        "split": { "uses": "split", "inputs": { "table": "data.penguins" }, "with": { "test": 0.25, "seed": "${seed}" } },
        "train": { "uses": "train", "inputs": { "table": "split.train" },
                   "with": { "target": "species", "learner": { "kind": "boosted-trees", "trees": "${trees}" }, "seed": "${seed}" } },
        "again": { "uses": "split", "inputs": { "table": "data.other" } }
      }
    }
    """
