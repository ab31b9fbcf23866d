import Canonical
import Platform
import TestSupport
import Testing

/// Builds that end before their time.
@Suite struct CrashTests {
    private static let terminate: Int32 = 15
    private static let interrupt: Int32 = 2
    private static let kill: Int32 = 9

    /// So many builds are killed; a campaign asks for more with `MLBUILD_KILLS`.
    private static let kills = Host.environment("MLBUILD_KILLS").flatMap { Int($0) } ?? 25
    private static let seed = Host.environment("MLBUILD_SEED").flatMap { UInt64($0) } ?? 1

    /// Time for a build to go through all it does, in nanoseconds; kills fall evenly into it.
    private static func length(of bench: Workbench) throws -> Int64 {
        let start = Clock.monotonic()
        try #require(try bench.run("package").status == 0)
        return Clock.monotonic() - start
    }

    @Test func `a build that was killed leaves nothing that the next one does not mend`() throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        let expected = try Expected.of("tabular")
        let cold = try Self.length(of: bench)
        var random = SeededGenerator(seed: Self.seed)
        let golden = try bench.contents()
        for round in 0..<Self.kills {
            // In turn: from nothing; from a store that has everything; after a change that runs half.
            switch round % 3 {
            case 0:
                try Files.removeTree(bench.cache)
                try bench.remove("build", "dist", ".mlbuild", "mlops.lock")
            case 1: try bench.remove("build", "dist", ".mlbuild")
            default:
                try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": \(20 + round)")
                try bench.remove("dist")
            }
            let delay = Int64.random(in: 0...cold, using: &random)
            let victim = try bench.start(["package"])
            Clock.sleep(nanoseconds: delay)
            try victim.send(Self.kill)
            _ = try victim.finish()
            if round % 3 == 2 { try bench.edit("mlops.json", "\"trees\": \(20 + round)", "\"trees\": 100") }

            let context = "round \(round), killed after \(delay) ns, seed \(Self.seed)"
            let next = try bench.run("package", "--json")
            try #require(next.status == 0, "\(context): \(next)")
            let identity = try next.records().first { $0["record"]?.stringValue == "archive" }?["identity"]?.stringValue
            try #require(identity.map { $0 + "\n" } == expected.identity, "\(context)")
            try #require(try bench.contents() == golden, "\(context)")
            try #require(try bench.run("verify", "dist/breast-cancer-1.0.0.mlar").status == 0, "\(context)")
            try #require(try bench.temporaries() == [], "\(context)")
            try #require(try bench.quarantined() == [], "\(context)")
            try Self.checkStore(bench, context)
        }
    }

    @Test func `what a killed process leaves is cleared away by the next one`() throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        try #require(try bench.run("package").status == 0)
        let golden = try bench.contents()
        // As a process that changes the workspace has it, just before it is killed.
        try Files.makeDirectory(bench.path(".mlbuild/busy"))
        let names = ["", "dist/", "build/train/", "build/split/", ".mlbuild/", ".mlbuild/journal/"].map { $0 + ".mlbuild-999-1-x" }
        for name in names { try bench.write("half", to: name) }
        try Files.makeDirectories(bench.cache.appending("tmp/999-5-x"))
        try Files.write(Array("half".utf8), to: bench.cache.appending("tmp/999-5-x/1"))
        try Files.write([], to: bench.cache.appending("leases/999-5-x"))
        try Files.makeDirectories(bench.cache.appending("tmp/998-5-nolease"))
        try Files.write(Array("half".utf8), to: bench.cache.appending("tmp/998-5-nolease/1"))
        #expect(try bench.temporaries().count == names.count + 3)
        let next = try bench.run("build")
        #expect(next.status == 0, "\(next)")
        #expect(try bench.temporaries() == [])
        #expect(try bench.contents() == golden)
    }

    /// Every object has the digest that is its name.
    private static func checkStore(_ bench: Workbench, _ context: String) throws {
        let objects = bench.cache.appending("objects")
        for name in try Tree.everything(objects) {
            let hex = name.split(separator: "/").joined()
            try #require(Digest.of(try Files.read(objects.appending(name))).hex == hex, "\(context): \(name)")
        }
    }

    @Test func `a signal ends the wait for another build's lock`() throws {
        let bench = try Workbench(template: "minimal", inMemory: true)
        try #require(try bench.run("build").status == 0)
        let held = try #require(try FileLock.acquire(bench.path(".mlbuild/lock")))
        let holder = FileLock.holder(of: bench.path(".mlbuild/lock")).map { " (process \($0))" } ?? ""
        for (signal, status) in [(Self.interrupt, Int32(130)), (Self.terminate, Int32(143))] {
            var ending: Ending?
            for _ in 0..<200 {
                let waiting = try bench.start(["build", "--rehash", "--json"])
                Clock.sleep(nanoseconds: 50_000_000)
                try waiting.send(signal)
                ending = Ending(try waiting.finish())
                if ending?.words.contains("waiting for another mlbuild") == true { break }
            }
            #expect(ending?.status == status, "\(String(describing: ending))")
            #expect(ending?.words == "waiting for another mlbuild in this workspace\(holder)\n")
            #expect(try ending?.summary("status")?.integerValue == Int(status))
        }
        withExtendedLifetime(held) {}
    }

    /// A shell that sets a limit and becomes the program; a file that would grow too long is then an error, not the end.
    private static func limited(_ limit: String) -> [String] {
        ["/bin/sh", "-c", "trap '' XFSZ; ulimit \(limit); exec \"$@\"", "sh"]
    }

    @Test(arguments: [
        "-n 4", "-n 5", "-n 6", "-n 7", "-n 8", "-n 10", "-n 16", "-f 0", "-f 1", "-f 30", "-f 80", "-f 200", "-f 250", "-v 200000",
    ])
    func `a build that is refused descriptors, room or memory says so, and the next one goes on from there`(limit: String) throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        let refused = try bench.run("package", wrapper: Self.limited(limit))
        #expect([0, 4].contains(refused.status), "\(limit): \(refused)")
        if refused.status == 4 { #expect(refused.words.contains("error: "), "\(refused)") }
        let next = try bench.run("package", "--json")
        #expect(next.status == 0, "\(limit): \(next)")
        let identity = try next.records().first { $0["record"]?.stringValue == "archive" }?["identity"]?.stringValue
        #expect(identity.map { $0 + "\n" } == (try Expected.of("tabular").identity), "\(limit)")
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
        #expect(try bench.temporaries() == [], "\(limit): \(refused)")
        #expect(try bench.quarantined() == [])
    }

    @Test(arguments: [(interrupt, Int32(130)), (terminate, Int32(143))])
    func `a signal stops a build, and the next one goes on from there`(signal: Int32, status: Int32) throws {
        var landed = 0
        var random = SeededGenerator(seed: Self.seed)
        for round in 0..<6 {
            let bench = try Workbench(template: "tabular", inMemory: true)
            // Enough trees that the build is still at it when the signal comes.
            try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 5000")
            try #require(try bench.run("lock").status == 0)
            let victim = try bench.start(["build", "--json"])
            // The mark of a process that changes the workspace; then into the middle of what it does.
            let deadline = Clock.monotonic() + 60_000_000_000
            while try Files.status(bench.path(".mlbuild/busy")) == nil, Clock.monotonic() < deadline { Clock.sleep(nanoseconds: 1_000_000) }
            Clock.sleep(nanoseconds: Int64.random(in: 0...100_000_000, using: &random))
            try victim.send(signal)
            let ending = Ending(try victim.finish())
            #expect(ending.status == status || ending.status == 0, "round \(round): \(ending)")
            if ending.status == status, ending.output.contains("\"record\"") {
                landed += 1
                #expect(try ending.summary("status")?.integerValue == Int(status), "\(ending)")
                #expect(ending.words.contains("stopped by a signal; 'mlbuild build' goes on from here"), "\(ending)")
                #expect(try bench.temporaries() == [], "one that ends in order leaves nothing behind")
            }
            try bench.edit("mlops.json", "\"trees\": 5000", "\"trees\": 100")
            let next = try bench.run("build")
            #expect(next.status == 0, "round \(round): \(next)")
            #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
            #expect(try bench.temporaries() == [])
        }
        #expect(landed > 0, "no signal reached a build at work")
    }
}

/// Numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
