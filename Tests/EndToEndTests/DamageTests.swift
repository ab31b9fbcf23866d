import Canonical
import Platform
import TestSupport
import Testing

/// A store and a state folder in which something is not as it was written.
@Suite struct DamageTests {
    /// What can happen to a file.
    enum Damage: Sendable, CustomStringConvertible {
        /// One bit of the byte at this part of the file, 0 to 1.
        case flip(at: Double, bit: Int)
        case cut
        case emptied
        case grown
        case folder
        case fifo
        case gone

        /// Three flips and everything else that can lie in a file's place.
        static let all: [Damage] = [
            .flip(at: 0, bit: 0), .flip(at: 0.5, bit: 3), .flip(at: 1, bit: 7), .cut, .emptied, .grown, .folder, .fifo, .gone,
        ]

        /// Something that mlbuild never makes lies there then.
        var isNoFile: Bool {
            switch self {
            case .folder, .fifo: true
            case .flip, .cut, .emptied, .grown, .gone: false
            }
        }

        var description: String {
            switch self {
            case .flip(let part, let bit): "bit \(bit) flipped at \(part) of it"
            case .cut: "cut to a half"
            case .emptied: "emptied"
            case .grown: "a byte longer"
            case .folder: "a folder in its place"
            case .fifo: "a fifo in its place"
            case .gone: "gone"
            }
        }

        func strike(_ file: HostPath) throws {
            var bytes = try Files.read(file)
            try Files.removeTree(file)
            switch self {
            case .flip(let part, let bit): if !bytes.isEmpty { bytes[Int(Double(bytes.count - 1) * part)] ^= 1 << UInt8(bit) }
            case .cut: bytes.removeLast(bytes.count - bytes.count / 2)
            case .emptied: bytes = []
            case .grown: bytes.append(0)
            case .folder:
                try Files.makeDirectory(file)
                return
            case .fifo:
                try #require(try ProcessRunner.run(["mkfifo", file.description]).status == 0)
                return
            case .gone: return
            }
            try Files.write(bytes, to: file, mode: 0o444)
        }
    }

    private static func built() throws -> Workbench {
        let bench = try Workbench(template: "tabular", inMemory: true)
        // Small enough to be built a hundred times.
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 5")
        let first = try bench.run("build")
        try #require(first.status == 0, "\(first)")
        return bench
    }

    @Test func `damage to an object or a record is found when it is used, put aside and healed`() throws {
        let bench = try Self.built()
        let golden = try bench.contents()
        let files =
            try Tree.everything(bench.cache.appending("objects")).map { "objects/" + $0 }
            + Tree.everything(bench.cache.appending("actions")).map { "actions/" + $0 }
        #expect(files.count > 10)
        func content() throws -> [Digest] { try files.map { Digest.of(try Files.read(bench.cache.appending($0))) } }
        let sound = try content()
        for name in files {
            for damage in Damage.all {
                let context = "\(name), \(damage)"
                try Files.removeTree(bench.cache.appending("quarantine"))
                try Files.makeDirectory(bench.cache.appending("quarantine"))
                try damage.strike(bench.cache.appending(name))
                try bench.remove("build")
                // The data's own object is used by what reads the data, and by nothing that comes from the store.
                let next = try bench.run("build", "--json")
                try #require(next.status == 0, "\(context): \(next)")
                let forced = try bench.run("build", "--force", "split", "train", "evaluate", "--json")
                try #require(forced.status == 0, "\(context): \(forced)")
                try #require(try bench.contents() == golden, "\(context)")
                let aside = try bench.quarantined()
                if case .gone = damage { #expect(aside == [], "\(context)") } else { #expect(!aside.isEmpty, "\(context): \(next)") }
                try #require(try content() == sound, "\(context): \(next) \(forced)")
            }
        }
        try bench.expectNothingToDo(stages: 3)
    }

    @Test func `damage to what is remembered costs time and nothing else`() throws {
        let bench = try Self.built()
        let golden = try bench.contents()
        let state = try Tree.everything(bench.path(".mlbuild"))
        #expect(state.contains("index") && state.contains("contents") && state.contains("signatures"))
        let files = state.map { bench.path(".mlbuild").appending($0) } + [bench.cache.appending("format")]
        for file in files {
            for damage in Damage.all {
                let context = "\(file), \(damage)"
                guard try Files.status(file)?.kind == .regular else { continue }
                try damage.strike(file)
                try bench.remove("build/split")
                let next = try bench.run("build")
                if damage.isNoFile, next.status == 4 {
                    // What is no file was put there by somebody and is not mlbuild's to remove; it says what stands in the way.
                    #expect(next.words.contains("'\(file)'"), "\(context): \(next)")
                    try Files.removeTree(file)
                } else {
                    try #require(next.status == 0, "\(context): \(next)")
                }
                let again = try bench.run("build")
                try #require(again.status == 0, "\(context): \(again)")
                try #require(try bench.contents() == golden, "\(context): \(again)")
            }
        }
        try bench.expectNothingToDo(stages: 3)
    }

    /// So many bits are flipped, in places that a seed chooses; a campaign asks for more with `MLBUILD_FLIPS`.
    private static let flips = Host.environment("MLBUILD_FLIPS").flatMap { Int($0) } ?? 20

    @Test func `no flipped bit anywhere in store and state is ever served`() throws {
        let bench = try Self.built()
        let golden = try bench.contents()
        var random = SeededGenerator(seed: Host.environment("MLBUILD_SEED").flatMap { UInt64($0) } ?? 1)
        for round in 0..<Self.flips {
            let places = [bench.cache, bench.path(".mlbuild")]
            let folder = places[Int.random(in: 0..<places.count, using: &random)]
            let names = try Tree.everything(folder).filter { !$0.hasPrefix("quarantine/") && !$0.hasPrefix("journal/") }
            let name = try #require(names.randomElement(using: &random))
            let damage = Damage.flip(at: Double.random(in: 0...1, using: &random), bit: Int.random(in: 0..<8, using: &random))
            let context = "round \(round): \(folder.appending(name)), \(damage)"
            try damage.strike(folder.appending(name))
            if Bool.random(using: &random) { try bench.remove("build") } else { try bench.remove("build/split", "build/evaluate") }
            let next = try bench.run("build")
            try #require(next.status == 0, "\(context): \(next)")
            try #require(try bench.contents() == golden, "\(context)")
        }
    }

    @Test func `a store of a later format is refused, and nothing in it is touched`() throws {
        let bench = try Self.built()
        let line = "mlbuild store 99\n"
        try Files.removeTree(bench.cache.appending("format"))
        try Files.write(Array("\(line)\(Digest.of(Array(line.utf8)))\n".utf8), to: bench.cache.appending("format"))
        let before = try Tree.digests(bench.cache)
        let refused = try bench.run("build", "--rehash")
        #expect(refused.status == 4, "\(refused)")
        #expect(refused.words.contains("hint: update mlbuild"), "\(refused)")
        #expect(try Tree.digests(bench.cache) == before)
    }

    @Test func `the whole state may go at any time`() throws {
        let bench = try Self.built()
        let golden = try bench.contents()
        try bench.remove(".mlbuild")
        #expect(try bench.run("build").words.contains("3 up to date"))
        try Files.removeTree(bench.cache)
        #expect(try bench.run("build").status == 0)
        #expect(try bench.contents() == golden)
        try bench.remove(".mlbuild", "build", "mlops.lock")
        try Files.removeTree(bench.cache)
        #expect(try bench.run("build").status == 0)
        #expect(try bench.contents() == golden)
    }
}
