import Canonical
import Diagnostics
import Locking
import Manifests
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
