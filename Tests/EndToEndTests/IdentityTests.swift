import Canonical
import Platform
import TestSupport
import Testing

/// One commit, one identity: whatever the machine, the user and the way to the workspace.
@Suite struct IdentityTests {
    /// One way to build the same workspace.
    struct Variation: Sendable, CustomTestStringConvertible {
        let name: String
        var place = "work"
        var environment: [String: String] = [:]
        var wrapper: [String] = []
        var jobs: String?

        var testDescription: String { name }

        static let all: [Variation] = [
            Variation(name: "another folder", place: "a/deeper/place"),
            Variation(name: "spaces and letters beyond ASCII", place: "é ü/Ordner mit \"Zeichen\" $HOME/数据"),
            Variation(name: "another time zone", environment: ["TZ": "Pacific/Kiritimati"]),
            Variation(name: "another locale", environment: ["LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "ar"]),
            Variation(name: "the C locale", environment: ["LC_ALL": "C"]),
            Variation(name: "another environment", environment: ["SOURCE_DATE_EPOCH": "1", "MLBUILD_SEED": "7", "OMP_NUM_THREADS": "1"]),
            Variation(name: "umask 077", wrapper: umask("077")),
            Variation(name: "umask 000", wrapper: umask("000")),
            Variation(name: "umask 022", wrapper: umask("022")),
            Variation(name: "one job", jobs: "1"),
            Variation(name: "two jobs", jobs: "2"),
            Variation(name: "eight jobs", jobs: "8"),
            Variation(name: "one core", wrapper: ["taskset", "-c", "0"]),
        ]

        private static func umask(_ mask: String) -> [String] { ["/bin/sh", "-c", "umask \(mask); exec \"$@\"", "sh"] }
    }

    @Test(arguments: Variation.all) func `the identity and the lock are the same with`(variation: Variation) throws {
        let bench = try Workbench(template: "tabular", place: variation.place)
        let built: Ending
        if let jobs = variation.jobs {
            built = try bench.run("build", "--jobs", jobs, environment: variation.environment, wrapper: variation.wrapper)
        } else {
            built = try bench.run("build", environment: variation.environment, wrapper: variation.wrapper)
        }
        #expect(built.status == 0, "\(built)")
        let packed = try bench.run("package", "--json", environment: variation.environment, wrapper: variation.wrapper)
        try Self.expectGolden(bench, packed)
    }

    @Test func `the identity and the lock are the same from a warm store`() throws {
        let first = try Workbench(template: "tabular")
        try Self.expectGolden(first, try first.run("package", "--json"))
        let second = try Workbench(template: "tabular", sharing: first)
        let built = try second.run("build", "--json")
        #expect(
            try built.stages() == [
                "split": "restored: missing, missing", "train": "restored: missing, missing",
                "evaluate": "restored: missing, missing, missing",
            ])
        try Self.expectGolden(second, try second.run("package", "--json"))
        #expect(try first.contents() == second.contents())
    }

    @Test func `the identity and the lock are the same from a folder above, with -C`() throws {
        let bench = try Workbench(template: "tabular", place: "up/work")
        let built = try bench.run("-C", "up/work", "build", directory: bench.folder.path)
        #expect(built.status == 0, "\(built)")
        let packed = try bench.run("package", "--json", "-C", "../up/./work", directory: bench.folder.appending("up"))
        try Self.expectGolden(bench, packed)
        let packedInside = try bench.run("package", "--json", directory: bench.path("data"))
        try Self.expectGolden(bench, packedInside)
    }

    @Test func `the workspace above is found by folders, not by the text of the path`() throws {
        let bench = try Workbench(template: "minimal", place: "up/work")
        try Files.makeDirectories(bench.folder.appending("up/beside/deep"))
        let stray = try bench.run("-C", "../beside/deep", "check")
        #expect(stray.status == 1, "the workspace is beside that folder, not above it: \(stray)")
        try Files.makeSymbolicLink(bench.path("link"), to: Array("../beside".utf8))
        #expect(try bench.run("-C", "data/../data", "check").status == 0)
    }

    @Test func `the identity and the lock are the same for another user`() throws {
        let wrapper = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let bench = try Workbench(template: "tabular")
        // Not every user may read the folder of the build, so that one gets a program of its own.
        let program = bench.folder.appending("mlbuild")
        try Files.copy(from: try Workbench.program(), to: program, mode: 0o755)
        guard try ProcessRunner.run(["chown", "-R", "65534:65534", bench.folder.path.description]).status == 0 else {
            try Test.cancel("only root can become another user")
        }
        func run(_ arguments: String...) throws -> Ending {
            Ending(
                try ProcessRunner.run(wrapper + [program.description] + arguments, environment: bench.environment(), directory: bench.root))
        }
        guard (try? run("--version"))?.status == 0 else { try Test.cancel("the program does not run as another user here") }
        try Self.expectGolden(bench, try run("package", "--json"))
    }

    private static func expectGolden(_ bench: Workbench, _ packed: Ending) throws {
        let expected = try Expected.of("tabular")
        #expect(packed.status == 0, "\(packed)")
        let identity = try packed.records().first { $0["record"]?.stringValue == "archive" }?["identity"]?.stringValue
        #expect(identity.map { $0 + "\n" } == expected.identity)
        #expect(try bench.read("mlops.lock") == expected.lock)
    }
}
