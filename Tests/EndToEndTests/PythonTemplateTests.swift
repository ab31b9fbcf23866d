import Canonical
import Platform
import TestSupport
import Testing

/// Scripts as people write them, in a locked environment: the same bytes wherever they are built.
///
/// Needs a package index once, Python 3.11 with pip, and namespaces; skipped, with the reason, where one of them is missing.
@Suite(.serialized, .enabled("the python template cannot be locked here") { LockedPython.bench != nil })
struct PythonTemplateTests {
    /// Nothing of the host can be found through it.
    private static let blind = ["PATH": "/nonexistent"]

    struct Variation: Sendable, CustomTestStringConvertible {
        let name: String
        var place = "work"
        var environment: [String: String] = [:]
        var wrapper: [String] = []
        var jobs = "2"

        var testDescription: String { name }

        static let all: [Variation] = [
            Variation(name: "another folder", place: "a/deeper/place"),
            Variation(name: "spaces and letters beyond ASCII", place: "é ü/Ordner mit \"Zeichen\" $HOME"),
            Variation(name: "another time zone and locale", environment: ["TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"]),
            Variation(
                name: "variables that Python and its libraries heed",
                environment: [
                    "PYTHONHASHSEED": "7", "PYTHONPATH": "/tmp", "OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7", "LD_PRELOAD": "",
                    "LD_LIBRARY_PATH": "/tmp",
                ]),
            Variation(name: "umask 077", wrapper: ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"]),
            Variation(name: "umask 000", wrapper: ["/bin/sh", "-c", "umask 000; exec \"$@\"", "sh"]),
            Variation(name: "one job", jobs: "1"),
            Variation(name: "eight jobs", jobs: "8"),
        ]
    }

    @Test(arguments: Variation.all) func `the archive's identity is the same with`(variation: Variation) throws {
        let first = try #require(LockedPython.bench)
        let expected = try Self.identity(of: first)
        let bench = try Workbench(place: variation.place)
        try Self.copySources(of: first, to: bench)
        try Self.copyObjects(of: first, to: bench)
        let environment = variation.environment.merging(Self.blind) { $1 }
        let built = try bench.run("build", "--locked", "--jobs", variation.jobs, environment: environment, wrapper: variation.wrapper)
        #expect(built.status == 0, "\(built)")
        #expect(try Self.identity(of: bench) == expected)
        #expect(try bench.read("mlops.lock") == first.read("mlops.lock"))
    }

    @Test func `another user with an empty home and nothing on the PATH builds the same bytes`() throws {
        let first = try #require(LockedPython.bench)
        let expected = try Self.identity(of: first)
        let bench = try Workbench()
        try Self.copySources(of: first, to: bench)
        try Self.copyObjects(of: first, to: bench)
        let program = bench.folder.appending("mlbuild")
        try Files.copy(from: try Workbench.program(), to: program, mode: 0o755)
        guard try ProcessRunner.run(["chown", "-R", "65534:65534", bench.folder.path.description]).status == 0 else {
            try Test.cancel("only root can become another user")
        }
        func run(_ arguments: String...) throws -> Ending {
            let wrapper = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program.description]
            return Ending(
                try ProcessRunner.run(wrapper + arguments, environment: bench.environment(Self.blind), directory: bench.root))
        }
        guard (try? run("--version"))?.status == 0 else { try Test.cancel("the program does not run as another user here") }
        let built = try run("build", "--locked")
        guard built.status != 4 else { try Test.cancel("no sandbox for that user: \(built.words)") }
        #expect(built.status == 0, "\(built)")
        #expect(try Self.identity(try run("package", "--json")) == expected)
    }

    @Test func `a rebuild gives the same bytes, under variations too`() throws {
        let bench = try #require(LockedPython.bench)
        let checked = try bench.run("build", "--check", environment: Self.blind)
        #expect(checked.status == 0, "\(checked)")
        let varied = try bench.run("build", "--vary", environment: Self.blind)
        #expect(varied.status == 0 || varied.status == 5, "\(varied)")
        let status = try bench.run("status", "--json", environment: Self.blind)
        for record in try status.records() where record["record"]?.stringValue == "stage" {
            let level = try #require(record["level"]?.stringValue)
            #expect(level == "R2" || level == "R3", "\(record): \(varied)")
        }
    }

    @Test func `the same scripts outside give other bytes in every run`() throws {
        let first = try #require(LockedPython.bench)
        guard
            let python = ["python3.11", "/usr/bin/python3.11"].first(where: { (try? ProcessRunner.run([$0, "--version"]))?.status == 0 })
        else { try Test.cancel("there is no python3.11 outside") }
        let packages = try #require(try Self.sitePackages(first))
        func vectorizer(_ name: String) throws -> Digest {
            let environment = ["PATH": Host.environment("PATH") ?? "/usr/bin:/bin", "PYTHONPATH": packages.description]
            let folder = first.folder.appending("plain-\(name)")
            try Files.makeDirectories(folder)
            let outcome = try ProcessRunner.run(
                [python, first.path("src/featurize.py").description, first.path("prepared").description, folder.description],
                environment: environment)
            try #require(outcome.status == 0, "\(outcome.errorText)")
            return Digest.of(try Files.read(folder.appending("vectorizer.pkl")))
        }
        #expect(try vectorizer("a") != vectorizer("b"))
    }

    // MARK: Parts

    private static func identity(of bench: Workbench) throws -> String {
        try identity(try bench.run("package", "--json", environment: blind))
    }

    private static func identity(_ packed: Ending) throws -> String {
        try #require(packed.status == 0, "\(packed)")
        return try #require(try packed.records().first { $0["record"]?.stringValue == "archive" }?["identity"]?.stringValue)
    }

    /// What Git would carry: manifest, lock, data, scripts.
    private static func copySources(of first: Workbench, to bench: Workbench) throws {
        for name in try Tree.everything(first.root)
        where ["mlops.", "data/", "src/"].contains(where: { name.hasPrefix($0) }) {
            try Files.makeDirectories(bench.path(name).parent)
            try Files.write(try Files.read(first.path(name)), to: bench.path(name))
        }
    }

    /// What a shared store would give: the objects, and no result of any action.
    private static func copyObjects(of first: Workbench, to bench: Workbench) throws {
        try Files.makeDirectories(bench.cache)
        for name in ["format", "objects"] {
            let outcome = try ProcessRunner.run(
                ["cp", "-a", first.cache.appending(name).description, bench.cache.appending(name).description])
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }
    }

    /// The packages of the environment, as they lie in the store for the sandbox.
    private static func sitePackages(_ bench: Workbench) throws -> HostPath? {
        let views = bench.cache.appending("views")
        for entry in try Files.list(views) {
            let place = views.appending(entry.name).appending("env/lib/python3.11/site-packages")
            if try Files.status(place.appending("sklearn")) != nil { return place }
        }
        return nil
    }
}

/// The workspace that all these tests share.
private enum LockedPython {
    /// A workspace of the template, locked and built once for all tests; nil with a line of why where that cannot be.
    static let bench: Workbench? = {
        do {
            let bench = try Workbench(template: "python")
            let locked = try bench.run("lock", environment: network)
            guard locked.status == 0 else {
                print("skipped: the python template cannot be locked here:\n\(locked.words)")
                return nil
            }
            let built = try bench.run("build")
            guard built.status != 4 else {
                print("skipped: the python template cannot be built here:\n\(built.words)")
                return nil
            }
            return bench
        } catch {
            print("skipped: \(error)")
            return nil
        }
    }()

    /// What pip may need to reach an index.
    private static let network: [String: String] = {
        var result: [String: String] = [:]
        for name in [
            "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT", "SSL_CERT_FILE", "http_proxy",
            "https_proxy", "no_proxy",
        ] {
            if let value = Host.environment(name) { result[name] = value }
        }
        return result
    }()
}
