import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import StageKinds
import Storage
import Synchronization
import TestSupport

@testable import Running

/// A workspace in a folder of its own, with a store beside it, and a performer that joins bytes instead of learning.
final class Fixture: Sendable {
    /// Absent for one that another process made and removes.
    private let folder: TemporaryFolder?
    let performer = JoiningPerformer()
    let root: HostPath
    let cache: HostPath

    /// A chain with a fan: `split` feeds `train` and `evaluate`, `train` feeds `evaluate`.
    static let chain = """
        {
          "version": 1, "name": "demo",
          "parameters": { "trees": 10 },
          "data": { "rows": { "path": "data/rows.csv" } },
          "stages": {
            "split":    { "uses": "split", "inputs": { "table": "data.rows" } },
            "train":    { "uses": "train", "inputs": { "table": "split.train" },
                          "with": { "target": "y", "learner": { "kind": "boosted-trees", "trees": "${trees}" } } },
            "evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "split.test" } }
          }
        }
        """

    /// Two stages that have nothing to do with each other.
    static let pair = """
        {
          "version": 1, "name": "demo",
          "data": { "a": { "path": "data/a.csv" }, "b": { "path": "data/b.csv" } },
          "stages": {
            "left":  { "uses": "split", "inputs": { "table": "data.a" } },
            "right": { "uses": "split", "inputs": { "table": "data.b" } },
            "after": { "uses": "split", "inputs": { "table": "left.train" } }
          }
        }
        """

    init(_ manifest: String = Fixture.chain, files: [String: String] = ["data/rows.csv": "x,y\n1,a\n2,b\n"]) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        root = folder.appending("work")
        cache = folder.appending("cache")
        try Files.makeDirectories(root)
        try write(manifest, to: Manifest.fileName)
        for (name, text) in files { try write(text, to: name) }
        try lock()
    }

    /// The fixture whose workspace lies at `root` already.
    init(at root: HostPath) {
        folder = nil
        self.root = root
        cache = root.parent.appending("cache")
    }

    func write(_ text: String, to name: String) throws {
        try Files.makeDirectories(path(name).parent)
        try Files.write(Array(text.utf8), to: path(name))
    }
    func read(_ name: String) throws -> String { String(decoding: try Files.read(path(name)), as: UTF8.self) }
    func path(_ name: String) -> HostPath { root.appending(name) }
    func exists(_ name: String) throws -> Bool { try Files.status(path(name), followLinks: false) != nil }
    func remove(_ name: String) throws { try Files.removeTree(path(name)) }
    func edit(_ name: String, _ old: String, _ new: String) throws {
        let text = try read(name)
        precondition(text.contains(old), "an edit changes something")
        try write(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new), to: name)
    }

    /// Everything that lies in the workspace, without the state folder.
    func everything() throws -> [String] {
        try lying().filter { $0.hasPrefix("work/") && !$0.hasPrefix("work/.mlbuild/") }.map { String($0.dropFirst(5)) }
    }

    private func lying() throws -> [String] {
        guard let folder else { throw Problem("only who made a fixture looks around in it") }
        return try folder.everything()
    }

    /// Every temporary name in the workspace and in the store.
    func temporaries() throws -> [String] {
        try lying().filter { $0.contains("/.mlbuild-") || $0.hasPrefix("cache/tmp/") && !$0.hasSuffix("/") }
    }

    func store() throws -> DirectoryStore { try DirectoryStore.open(cache) }

    func manifest() throws -> Manifest {
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, bytes: try Files.read(path(Manifest.fileName))))
        guard let manifest = read.value else { throw Problem(read.diagnostics.map(\.message).joined(separator: "; ")) }
        return manifest
    }

    func lockfile() throws -> Lockfile {
        let read = LockfileReader.read(SourceText(name: Lockfile.fileName, bytes: try Files.read(path(Lockfile.fileName))))
        guard let lockfile = read.value else { throw Problem(read.diagnostics.map(\.message).joined(separator: "; ")) }
        return lockfile
    }

    /// Pins the data as it is now, keeping the results.
    func lock() throws {
        let previous = try exists(Lockfile.fileName) ? try lockfile() : nil
        let resolved = try Resolver.resolve(try manifest(), previous: previous, root: root, store: try store(), update: [], signatures: nil)
        guard let resolution = resolved.value else { throw Problem(resolved.diagnostics.map(\.message).joined(separator: "; ")) }
        try Files.write(resolution.lockfile.encode(), to: path(Lockfile.fileName))
    }

    func workspace(_ store: DirectoryStore? = nil) throws -> Workspace {
        let manifest = try manifest()
        let lockfile = try lockfile()
        let planned = Planner.plan(manifest, lockfile)
        guard let graph = planned.value else { throw Problem(planned.diagnostics.map(\.message).joined(separator: "; ")) }
        return Workspace(root: root, manifest: manifest, lockfile: lockfile, graph: graph, store: try store ?? self.store())
    }

    /// Builds as a process of its own would: everything is read anew.
    @discardableResult
    func build(
        _ stages: [String] = [], store: DirectoryStore? = nil, _ change: (inout BuildOptions) -> Void = { _ in },
        events: @escaping BuildEventSink = { _ in }
    ) throws -> BuildReport {
        var options = BuildOptions()
        options.stages = stages
        options.signal = { nil }
        change(&options)
        return Builder(try workspace(store), performer: performer, options: options, events: events).build()
    }

    /// What ``NoOpIndex`` says.
    func check(_ targets: [String] = []) -> NoOpAnswer { NoOpIndex.check(root: root, store: cache, targets: targets) }

    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

extension BuildReport {
    /// The stages that were performed, with why, in the order of the graph.
    var ran: [String] {
        stages.compactMap { if case .ran(let reason) = $0.outcome { "\($0.stage): \(reason.text)" } else { nil } }
    }

    /// Every stage with the name of its outcome.
    var outcomes: [String] { stages.map { "\($0.stage): \($0.outcome.name)" } }

    func failure(_ stage: String) -> StageFailure? {
        if case .failed(let failure) = self[stage]?.outcome { failure } else { nil }
    }

    /// The digest of each output, by stage and name.
    var digests: [String] {
        stages.flatMap { stage in stage.outputs.map { "\(stage.stage).\($0.name) \($0.object.digest.hex)" } }
    }
}

/// Makes outputs by joining bytes, in a way that lets tests see what depends on what.
///
/// A part of `split` depends on some of its input only: `train` on all, `test` on the first line. So an edit below the first line
/// leaves `test` as it was.
final class JoiningPerformer: ActionPerformer {
    typealias Hook = @Sendable (Action, PerformEnvironment) throws(ActionFailure) -> [String: ActionOutput]?

    private let hook = Mutex<Hook?>(nil)
    private let performed = Mutex<[String]>([])

    /// Called before each action; what it gives stands in for the outputs.
    func intercept(_ hook: Hook?) { self.hook.withLock { $0 = hook } }

    /// The stages that were performed so far, in the order they began.
    var calls: [String] { performed.withLock { $0 } }

    func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment
    ) throws(ActionFailure) -> [String: ActionOutput] {
        performed.withLock { $0.append(action.stage) }
        if let hook = hook.withLock({ $0 }), let made = try hook(action, environment) { return made }
        guard case .kind(_, let written) = action.work else { throw .message("no command") }
        let options = JSONText.line(written)
        var all: [UInt8] = Array(options.utf8) + [10]
        for input in action.inputs {
            if inputs.object(input.name).kind == .tree {
                for file in try inputs.tree(input.name) { all += Array("\(file.path):".utf8) + file.bytes }
            } else {
                all += try inputs.bytes(input.name)
            }
        }
        var made: [String: ActionOutput] = [:]
        for output in action.outputs {
            let name = Array("\(output.name)\n".utf8)
            if output.isTree {
                made[output.name] = .tree([("model.json", name + all), ("parts/weights.bin", [0, 1, 2] + all)])
            } else if output.name == "test" {
                made[output.name] = .file(name + all.dropFirst(options.utf8.count + 1).prefix { $0 != 10 } + [10])
            } else {
                made[output.name] = .file(name + all)
            }
        }
        return made
    }
}
