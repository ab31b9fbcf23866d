import Canonical
import Platform

/// A command of mlbuild in a situation in which things may go wrong.
struct Scenario {
    let name: String
    /// The command that meets the fault, and that is run again after it.
    let words: [String]
    /// Makes the situation; the bench is empty before.
    let prepare: (Bench) throws -> Void
    /// Whether a run that had nothing left to do said so.
    let isHit: (ChildEnd) -> Bool
    /// Commands whose locks may be found after a fault too: those of a build that came as far as pinning.
    var halfway: [[String]] = []
    /// Whether it removes what was not used within the last tick of the clock.
    var collects = false
    /// Whether all that is in the store is damaged before.
    var damages = false
    /// With what it says that it could not do all of its work.
    var complaint = "error: "
    /// Of a scenario with very many calls each so many-th is struck; another seed strikes others.
    var every = 1

    /// Whether a campaign with this seed strikes at call or change `number`.
    func isStruck(_ number: Int, seed: UInt64) -> Bool { (number + Int(truncatingIfNeeded: seed)) % every == 0 }

    static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    static var all: [Scenario] {
        [
            Scenario(name: "init", words: ["init", "--template", "minimal", "."], prepare: Situation.empty) {
                $0.text.contains("there already")
            },
            Scenario(name: "lock", words: ["lock", "--json"], prepare: Situation.fresh) { $0.text.contains("\"written\": false") },
            Scenario(name: "lock-edited", words: ["lock", "--json"], prepare: Situation.edited) { $0.text.contains("\"written\": false") },
            Scenario(name: "lock-one", words: ["lock", "--json"], prepare: Situation.oneEdited) {
                $0.text.contains("\"written\": false")
            },
            Scenario(
                name: "build", words: ["build", "--json"], prepare: Situation.fresh, isHit: Situation.isUpToDate, halfway: [["lock"]]),
            Scenario(name: "build-restore", words: ["build", "--json"], prepare: Situation.withoutOutputs, isHit: Situation.isUpToDate),
            Scenario(name: "build-changed", words: ["build", "--json"], prepare: Situation.otherOption, isHit: Situation.isUpToDate),
            Scenario(
                name: "build-heal", words: ["build", "--json"], prepare: Situation.damagedObject, isHit: Situation.isUpToDate, damages: true
            ),
            Scenario(name: "package", words: ["package", "--json"], prepare: Situation.built, isHit: Situation.isUpToDate),
            Scenario(name: "checkout", words: ["data", "checkout", "--json"], prepare: Situation.strayedData) { end in
                end.text.contains("\"checkout\"") && !end.text.contains("\"kind\"") && end.isDone
            },
            Scenario(name: "remote", words: ["remote", "add", "second", "file:///nowhere/else"], prepare: Situation.withRemote) {
                $0.text.contains("second")
            },
            Scenario(
                name: "gc", words: ["cache", "gc", "--grace", "0s", "--imported"], prepare: Situation.outlived,
                isHit: { $0.isDone }, collects: true),
            Scenario(
                name: "verify", words: ["cache", "verify", "--repair"], prepare: Situation.damagedWithSources,
                isHit: { $0.isDone && $0.text.contains("all sound") }, damages: true, complaint: " lacks "),
            Scenario(name: "import", words: ["lock", "--json"], prepare: Situation.archived) { $0.text.contains("\"written\": false") },
            Scenario(name: "push", words: ["push", "--json"], prepare: Situation.withRemote) { $0.text.contains("\"objects\": 0") },
            Scenario(name: "pull", words: ["pull", "--json"], prepare: Situation.emptyStore) { $0.text.contains("\"objects\": 0") },
            Scenario(name: "push-large", words: ["push", "--json"], prepare: Situation.large) { $0.text.contains("\"objects\": 0") },
            Scenario(name: "pull-large", words: ["pull", "--json"], prepare: Situation.largeElsewhere) {
                $0.text.contains("\"objects\": 0")
            },
            Scenario(name: "push-signed", words: ["push", "--json", "--sign", "../home/key"], prepare: Situation.signing) {
                $0.text.contains("\"objects\": 0") && $0.text.contains("\"results\": 0")
            },
            Scenario(
                name: "build-shared", words: ["build", "--json"], prepare: Situation.resultsElsewhere, isHit: Situation.isUpToDate),
        ] + (Situation.hasSandbox ? [command] : [])
    }

    /// A command in its sandbox, with all the programs that it sees.
    private static var command: Scenario {
        Scenario(name: "build-command", words: ["build", "--json"], prepare: Situation.command, isHit: Situation.isUpToDate, every: 12)
    }
}

/// The situations that scenarios begin with.
enum Situation {
    static let manifest = """
        {
          "version": 1,
          "name": "bench",
          "parameters": { "seed": 7, "strength": 1.0 },
          "data": { "rows": { "path": "data/rows.csv" }, "files": { "path": "data/files" } },
          "stages": {
            "split": { "uses": "split", "inputs": { "table": "data.rows" }, "with": { "test": 0.25, "seed": "${seed}" } },
            "train": {
              "uses": "train", "inputs": { "table": "split.train" },
              "with": { "target": "y", "learner": { "kind": "linear", "penalty": "ridge", "strength": "${strength}" }, "seed": "${seed}" }
            },
            "evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "split.test" } }
          },
          "model": { "from": "train.model", "version": "1.0.0", "metrics": "evaluate.metrics" }
        }

        """

    static func rows(_ seed: UInt64, _ count: Int = 40) -> String {
        var random = Seeded(seed)
        var text = "x,z,y\n"
        for _ in 0..<count {
            let (x, z) = (Int.random(in: 0..<100, using: &random), Int.random(in: 0..<100, using: &random))
            text += "\(x),\(z),\(3 * x - z + Int.random(in: 0..<5, using: &random))\n"
        }
        return text
    }

    /// A run that does not end well while a situation is made is a defect of the bench or of mlbuild.
    static func run(_ bench: Bench, _ words: String...) throws {
        let end = bench.run(words)
        guard end.isDone else { throw Finding("'\(words.joined(separator: " "))' without a fault: \(end)") }
    }

    static func empty(_ bench: Bench) throws {
        try Files.makeDirectories(bench.work)
        try Files.makeDirectories(bench.root.appending("home"))
    }

    static func fresh(_ bench: Bench) throws {
        try empty(bench)
        try bench.write(manifest, to: "\(bench.place)/mlops.json")
        try bench.write(rows(1), to: "\(bench.place)/data/rows.csv")
        try bench.write("one\n", to: "\(bench.place)/data/files/a.txt")
        try bench.write("two\n", to: "\(bench.place)/data/files/deep/b.txt")
        try bench.write("three\n", to: "\(bench.place)/data/files/deep/er/c.txt")
        // What is nobody's business.
        try bench.write("a note of the user\n", to: "\(bench.place)/notes.txt")
        try bench.write("a temporary file of the user\n", to: "\(bench.place)/.mlbuild-notes")
        try bench.write("kept by the user\n", to: "\(bench.place)/build/train/kept.txt")
        try bench.write("outside\n", to: "outside/canary.txt")
    }

    static func edited(_ bench: Bench) throws {
        try fresh(bench)
        try run(bench, "lock")
        try bench.write(rows(2), to: "\(bench.place)/data/rows.csv")
        try bench.write("two more\n", to: "\(bench.place)/data/files/deep/b.txt")
    }

    /// So little to make durable that files are synced one by one.
    static func oneEdited(_ bench: Bench) throws {
        try fresh(bench)
        try run(bench, "lock")
        try bench.write(rows(2), to: "\(bench.place)/data/rows.csv")
    }

    static func built(_ bench: Bench) throws {
        try fresh(bench)
        try run(bench, "build")
    }

    static func withoutOutputs(_ bench: Bench) throws {
        try built(bench)
        for name in ["build/split", "build/train/model", "build/evaluate"] { try Files.removeTree(bench.work.appending(name)) }
    }

    static func otherOption(_ bench: Bench) throws {
        try built(bench)
        let text = manifest.split(separator: "\"strength\": 1.0", omittingEmptySubsequences: false).joined(separator: "\"strength\": 2.0")
        try bench.write(text, to: "\(bench.place)/mlops.json")
    }

    /// Every object and every record has a flipped bit, and the outputs are gone.
    static func damagedObject(_ bench: Bench) throws {
        try withoutOutputs(bench)
        for folder in ["objects", "actions"] {
            for (_, _, place) in try Invariants.named(bench.store.appending(folder)) {
                var bytes = try Files.read(place)
                bytes[bytes.count / 2] ^= 4
                try Files.removeFile(place)
                try Files.write(bytes, to: place, mode: 0o444)
            }
        }
    }

    /// The store has results and data that nobody needs any more.
    static func outlived(_ bench: Bench) throws {
        try built(bench)
        for option in ["2.0", "3.0"] {
            let text = manifest.split(separator: "\"strength\": 1.0", omittingEmptySubsequences: false)
            try bench.write(text.joined(separator: "\"strength\": \(option)"), to: "\(bench.place)/mlops.json")
            try run(bench, "build")
        }
        try bench.write(rows(5), to: "\(bench.place)/data/rows.csv")
        try run(bench, "lock")
    }

    static func strayedData(_ bench: Bench) throws {
        try edited(bench)
        try run(bench, "lock")
        // The older state is in the store as well: what lies there now may go.
        try bench.write(rows(1), to: "\(bench.place)/data/rows.csv")
        try Files.removeTree(bench.work.appending("data/files/deep/er"))
        try bench.write("two\n", to: "\(bench.place)/data/files/deep/b.txt")
    }

    static func withRemote(_ bench: Bench) throws {
        try built(bench)
        try Files.makeDirectories(bench.remote)
        try run(bench, "remote", "add", "origin", "file://\(bench.remote)")
    }

    static func emptyStore(_ bench: Bench) throws {
        try withRemote(bench)
        try run(bench, "push")
        try Files.removeTree(bench.store)
    }

    static func isUpToDate(_ end: ChildEnd) -> Bool {
        end.isDone && !end.text.contains("\"outcome\": \"ran\"") && !end.text.contains("\"outcome\": \"restored\"")
    }
}
