import Platform
import TestSupport
import Testing

/// A slice of each campaign of the fault bench; see `Tests/FaultBench/README.md` for all of it.
@Suite(.serialized) struct FaultBenchTests {
    /// Runs the bench that lies beside the tests.
    private static func bench(_ words: [String]) throws -> Ending {
        let program = try Places.products().appending("FaultBench")
        return Ending(try ProcessRunner.run([program.description] + words))
    }

    @Test(arguments: [
        ["replay", "--stride", "4", "--seed", "5", "--seconds", "40"], ["kills", "--count", "200", "--seconds", "40"],
        ["flips", "--count", "10000", "--seconds", "40"], ["power", "--count", "45", "--seconds", "30"],
        ["pairs", "--count", "150", "--seconds", "30"], ["crowd", "--count", "8", "--seconds", "30"],
        ["protections", "--stride", "7", "--seed", "2"],
    ])
    func `power cuts, kills and damage to files lose nothing and serve nothing wrong`(words: [String]) throws {
        let ending = try Self.bench(words)
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("\(words[0]): "), "\(ending)")
    }

    @Test func `whichever call goes wrong, however it goes wrong, the next run mends it`() throws {
        let ending = try Self.bench(["points", "--stride", "5", "--seed", "3", "--seconds", "60"])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("points: "), "\(ending)")
    }

    private static let hasKeygen = (try? ProcessRunner.run(["ssh-keygen", "-?"])) != nil

    @Test(.enabled(if: hasKeygen, "skipped: there is no ssh-keygen"))
    func `a server that lies, stalls and breaks harms nothing, and learns nothing`() throws {
        let ending = try Self.bench(["hostile", "--stride", "97", "--seed", "4", "--seconds", "25"])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("hostile: "), "\(ending)")
    }
}
