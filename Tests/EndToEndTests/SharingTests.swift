import Canonical
import Platform
import TestSupport
import Testing

/// Several processes at once.
@Suite struct SharingTests {
    private static func finish(_ children: [ChildProcess]) throws -> [Ending] {
        try children.map { Ending(try $0.finish()) }
    }

    @Test(arguments: [2, 5]) func `builds of one workspace at once wait for each other, and agree`(count: Int) throws {
        let expected = try Expected.of("tabular")
        let bench = try Workbench(template: "tabular", inMemory: true)
        for round in 0..<3 {
            if round > 0 { try bench.remove("build", ".mlbuild") }
            if round > 1 { try Files.removeTree(bench.cache) }
            let endings = try Self.finish(try (0..<count).map { _ in try bench.start(["build"]) })
            for ending in endings { #expect(ending.status == 0, "\(ending)") }
            #expect(try bench.read("mlops.lock") == expected.lock)
            #expect(try bench.temporaries() == [])
            #expect(try bench.quarantined() == [])
        }
    }

    @Test func `workspaces that share a new store build at once, and agree`() throws {
        let expected = try Expected.of("tabular")
        let first = try Workbench(template: "tabular", inMemory: true)
        let benches = try [first] + (0..<3).map { _ in try Workbench(template: "tabular", sharing: first, inMemory: true) }
        let endings = try Self.finish(try benches.map { try $0.start(["package"]) })
        for ending in endings { #expect(ending.status == 0, "\(ending)") }
        for bench in benches {
            #expect(try bench.read("mlops.lock") == expected.lock)
            #expect(try bench.contents() == first.contents())
        }
        #expect(try first.temporaries() == [])
        #expect(try first.quarantined() == [])
    }

    @Test func `looking, locking and packing go on beside a build`() throws {
        let expected = try Expected.of("tabular")
        let bench = try Workbench(template: "tabular", inMemory: true)
        #expect(try bench.run("lock").status == 0)
        let commands = [["build"], ["status"], ["graph"], ["lock"], ["package"], ["check"], ["build", "--dry-run"], ["lock", "--check"]]
        let endings = try Self.finish(try commands.map { try bench.start($0) })
        for (command, ending) in zip(commands, endings) { #expect(ending.status == 0, "\(command): \(ending)") }
        #expect(try bench.read("mlops.lock") == expected.lock)
        #expect(try bench.temporaries() == [])
    }
}
