import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

/// A folder of its own with a workspace, a store and a home, in which the real program runs.
final class Workbench: Sendable {
    let folder: TemporaryFolder
    /// The workspace.
    let root: HostPath
    /// The store.
    let cache: HostPath
    private let home: HostPath

    /// With a `template`, the workspace is a copy of its folder in the repository; without, it is empty.
    ///
    /// `place` names the workspace's folder; `sharing` takes the store of another bench.
    init(template: String? = nil, place: String = "work", sharing other: Workbench? = nil, inMemory: Bool = false) throws {
        folder = try TemporaryFolder(inMemory: inMemory)
        root = folder.appending(place)
        cache = other?.cache ?? folder.appending("cache")
        home = folder.appending("home")
        try Files.makeDirectories(home)
        try Files.makeDirectories(root)
        if let template { try Tree.copy(Places.repository().appending("Templates").appending(template), to: root) }
    }

    /// The program under test, which lies beside the tests.
    static func program() throws -> HostPath {
        guard let program = try Places.mlbuild() else { throw MissingProgram(folder: try Places.products()) }
        return program
    }

    /// There is no program to test.
    struct MissingProgram: Error, CustomStringConvertible {
        let folder: HostPath
        var description: String { "there is no 'mlbuild' in '\(folder)': 'swift build' in the configuration of the tests makes it" }
    }

    /// What the program is given of the environment, and nothing else.
    func environment(_ extra: [String: String] = [:]) -> [String: String] {
        var result = ["PATH": Host.environment("PATH") ?? "/usr/bin:/bin", "HOME": home.description, "MLBUILD_CACHE": cache.description]
        result.merge(extra) { $1 }
        return result
    }

    /// Runs `mlbuild` with `arguments` in the workspace, to its end.
    ///
    /// - Parameters:
    ///   - extra: Variables beside `PATH`, `HOME` and `MLBUILD_CACHE`.
    ///   - wrapper: Words before the program's, such as those of a shell that changes the umask.
    @discardableResult
    func run(
        _ arguments: String..., environment extra: [String: String] = [:], directory: HostPath? = nil, wrapper: [String] = []
    ) throws -> Ending {
        Ending(
            try ProcessRunner.run(
                wrapper + [Self.program().description] + arguments, environment: environment(extra), directory: directory ?? root))
    }

    /// Starts `mlbuild` and comes back at once.
    func start(_ arguments: [String], environment extra: [String: String] = [:]) throws -> ChildProcess {
        try ProcessRunner.start([Self.program().description] + arguments, environment: environment(extra), directory: root)
    }

    /// Builds again, and expects that nothing is left to do.
    ///
    /// On a machine that has much else to do a build may not come to trust the time stamps it leaves; then the next one does.
    func expectNothingToDo(stages: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var ending = try run("build")
        for _ in 0..<10 where ending.words != "nothing to do: \(stages) stages up to date\n" {
            #expect(ending.status == 0 && ending.words.contains(": \(stages) up to date in"), "\(ending)", sourceLocation: sourceLocation)
            ending = try run("build")
        }
        #expect(ending.words == "nothing to do: \(stages) stages up to date\n", sourceLocation: sourceLocation)
    }

    func path(_ name: String) -> HostPath { root.appending(name) }
    func read(_ name: String) throws -> String { String(decoding: try Files.read(path(name)), as: UTF8.self) }

    func write(_ text: String, to name: String) throws {
        try Files.makeDirectories(path(name).parent)
        try Files.write(Array(text.utf8), to: path(name))
    }

    func edit(_ name: String, _ old: String, _ new: String) throws {
        let text = try read(name)
        try #require(text.contains(old), "an edit changes something")
        try write(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new), to: name)
    }

    func remove(_ names: String...) throws {
        for name in names { try Files.removeTree(path(name)) }
    }

    /// The content of every file in the workspace but for mlbuild's own state.
    func contents() throws -> [String: Digest] {
        try Tree.digests(root).filter { !$0.key.hasPrefix(".mlbuild/") }
    }

    /// Temporary files of mlbuild, wherever in workspace and store.
    func temporaries() throws -> [String] {
        let left = try Tree.everything(root).filter { $0.contains(".mlbuild-") }
        guard try Files.status(cache) != nil else { return left }
        let store = try Tree.everything(cache).filter { $0.contains(".mlbuild-") || $0.hasPrefix("tmp/") || $0.hasPrefix("leases/") }
        return left + store
    }

    /// Takes an object away from the store.
    func forget(_ bytes: [UInt8]) throws {
        let hex = Digest.of(bytes).hex
        try Files.removeFile(cache.appending("objects").appending(String(hex.prefix(2))).appending(String(hex.dropFirst(2))))
    }

    /// The names of what the store has put aside as damaged.
    func quarantined() throws -> [String] {
        try Files.list(cache.appending("quarantine")).map { String(decoding: $0.name, as: UTF8.self) }
    }
}

/// How a run of the program ended.
struct Ending: CustomStringConvertible {
    let outcome: ProcessRunner.Outcome
    var status: Int32 { outcome.status }
    var output: String { outcome.outputText }
    var words: String { outcome.errorText }

    init(_ outcome: ProcessRunner.Outcome) { self.outcome = outcome }

    /// For messages of tests that fail.
    var description: String { "status \(status)\n--- standard output\n\(output)--- standard error\n\(words)---" }

    /// The JSON Lines on standard output.
    func records() throws -> [JSONValue] {
        try output.split(separator: "\n").map { line in
            let read = JSONDocument.parse(SourceText(name: "record", text: String(line)))
            let document = try #require(read.hasErrors ? nil : read.value, "no JSON: \(line)")
            return document.root.value
        }
    }

    /// What became of each stage, as `build --json` says it: `ran: never built`, `restored: missing`, `upToDate`.
    func stages() throws -> [String: String] {
        var result: [String: String] = [:]
        for record in try records() where record["record"]?.stringValue == "stage" {
            let stage = try #require(record["stage"]?.stringValue)
            var text = try #require(record["outcome"]?.stringValue)
            if let reason = record["reason"]?["text"]?.stringValue { text += ": " + reason }
            if let list = record["restored"]?.arrayValue {
                text += ": " + list.compactMap { $0["reason"]?.stringValue }.joined(separator: ", ")
            }
            result[stage] = text
        }
        return result
    }

    /// What the last record says under `name`.
    func summary(_ name: String) throws -> JSONValue? {
        let last = try #require(try records().last)
        try #require(last["record"]?.stringValue == "summary")
        return last[name]
    }
}

/// Folders as they are seen from outside.
enum Tree {
    /// Every file below `folder`, sorted.
    static func everything(_ folder: HostPath) throws -> [String] {
        var result: [String] = []
        for entry in try Files.list(folder) {
            let name = String(decoding: entry.name, as: UTF8.self)
            guard entry.kind == .directory else {
                result.append(name)
                continue
            }
            let inside = try everything(folder.appending(entry.name))
            result += inside.map { "\(name)/\($0)" }
        }
        return result.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The digest of every file below `folder`.
    static func digests(_ folder: HostPath) throws -> [String: Digest] {
        var result: [String: Digest] = [:]
        for name in try everything(folder) { result[name] = Digest.of(try Files.read(folder.appending(name))) }
        return result
    }

    static func copy(_ folder: HostPath, to target: HostPath) throws {
        for name in try everything(folder) {
            let place = target.appending(name)
            try Files.makeDirectories(place.parent)
            try Files.write(try Files.read(folder.appending(name)), to: place)
        }
    }
}

/// The facts about a template's build that never change by accident.
struct Expected {
    /// `mlops.lock` after a build of everything.
    let lock: String
    /// What `package` says the identity is; empty for a template without a model.
    let identity: String

    static let folder = Places.repository().appending("Tests/Golden")

    static func of(_ template: String) throws -> Expected {
        func text(_ name: String) throws -> String {
            String(decoding: try Files.readIfPresent(folder.appending("\(template).\(name)")) ?? [], as: UTF8.self)
        }
        return Expected(lock: try text("lock"), identity: try text("identity"))
    }
}
