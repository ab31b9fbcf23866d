import Canonical
import Diagnostics
import Locking
import Planning
import Platform
import Storage
import Synchronization
import Testing

@testable import Running

extension Fixture {
    /// Proves as a process of its own would.
    @discardableResult fileprivate func prove(
        _ variations: [Variation] = Variation.allCases, stages: [String] = [], jobs: Int = 1,
        signal: @escaping @Sendable () -> Int32? = { nil },
        performer: (any ActionPerformer)? = nil
    ) throws -> ProofReport {
        var options = BuildOptions()
        options.stages = stages
        options.jobs = jobs
        options.signal = signal
        return Prover(try workspace(), performer: performer ?? self.performer, options: options, variations: variations).prove()
    }

    fileprivate func level(_ stage: String) throws -> ProofLevel {
        let key = try #require(try lockfile().result(stage: stage)).key
        return try ProofLevel.of(key, try store())
    }
}

extension ProofReport {
    fileprivate var lines: [String] {
        failures.flatMap(\.diagnostics).map { ([$0.message] + $0.notes.map(\.message)).joined(separator: "\n") }
    }
}

/// Makes `output` of `stage` something else under `variation`.
private func varying(_ stage: String, _ output: String, _ variation: Variation, _ content: ActionOutput) -> JoiningPerformer.Hook {
    { (action, environment) throws(ActionFailure) in
        guard action.stage == stage, environment.variation == variation else { return nil }
        var made: [String: ActionOutput] = ["train": .file([]), "test": .file([])]
        made[output] = content
        return made
    }
}

/// A performer that knows what cannot be tried.
private struct Picky: ActionPerformer {
    let inner: JoiningPerformer
    let obstacles: [Variation: String]

    func perform(_ action: Action, inputs: ActionInputs, environment: PerformEnvironment) throws(ActionFailure) -> [String: ActionOutput] {
        try inner.perform(action, inputs: inputs, environment: environment)
    }

    func obstacle(to variation: Variation, for action: Action) -> String? { obstacles[variation] }
}

@Test func `stages that give the same bytes under every variation reach the highest level`() throws {
    let fixture = try Fixture()
    try fixture.build()
    #expect(try fixture.level("split") == .unproven)
    let report = try fixture.prove()
    #expect(report.status == .done)
    #expect(report.stages.map(\.stage) == ["split", "train", "evaluate"])
    #expect(report.stages.allSatisfy { $0.trials.map(\.variation) == Variation.allCases && $0.trials.allSatisfy(\.verdict.isSame) })
    #expect(report.level == .kernels)
    #expect(try fixture.level("split") == .kernels)
}

@Test func `doing it once more shows one level, and later proofs add to it`() throws {
    let fixture = try Fixture()
    try fixture.build()
    #expect(try fixture.prove([.again]).level == .repeated)
    #expect(try fixture.prove([.kernels, .threads, .again]).level == .repeated)
    let others = Variation.allCases.filter { $0.level == .varied && $0 != .threads }
    #expect(try fixture.prove(others).level == .kernels)
    #expect(try fixture.level("evaluate") == .kernels)
}

@Test func `a proof writes no result, no output and no lock`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let before = try fixture.everything()
    let lock = try Files.read(fixture.path("mlops.lock"))
    let objects = try Files.list(fixture.cache.appending("actions")).count
    fixture.performer.intercept(varying("split", "train", .time, .file([1, 2, 3])))
    #expect(try fixture.prove().status == .notReproducible)
    #expect(try fixture.everything() == before)
    #expect(try Files.read(fixture.path("mlops.lock")) == lock)
    #expect(try Files.list(fixture.cache.appending("actions")).count == objects)
    #expect(try fixture.store().contains(Digest.of([1, 2, 3])) == false)
    fixture.performer.intercept(nil)
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
}

@Test func `what differs is told by stage, variation, output, byte and both sides`() throws {
    let fixture = try Fixture()
    let built = try fixture.build()
    let text = try fixture.read("build/split/test.csv")
    fixture.performer.intercept(
        { (action, environment) throws(ActionFailure) in
            guard action.stage == "split", environment.variation == .hashSeed else { return nil }
            let train = try? fixture.read("build/split/train.csv")
            return ["train": .file(Array((train ?? "").utf8)), "test": .file(Array((text + "0x7f3a51c0e040\n").utf8))]
        })
    let report = try fixture.prove([.again, .threads, .hashSeed, .kernels])
    #expect(report.status == .notReproducible)
    #expect(
        report.lines == [
            """
            stage 'split' is not reproducible: run with another hash seed, output 'test' differs from byte \(text.utf8.count) of \
            'build/split/test.csv' on
            at row 2
            recorded no row
            now      0x7f3a51c0e040
            """
        ])
    #expect(report.failures.map(\.code) == ["prove/differs"])
    #expect(report["split"]?.level == .repeated && report["train"]?.level == .repeated)
    guard case .differs(let differences) = report["split"]?.trials[2].verdict else {
        Issue.record("no difference")
        return
    }
    #expect(differences.map(\.output) == ["test"])
    #expect(differences[0].before == built["split"]?.outputs[1].object.digest)
}

@Test func `in a tree the first file that differs is told, and how many more do`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(
        { (action, environment) throws(ActionFailure) in
            guard action.stage == "train", environment.variation == .again else { return nil }
            let root = fixture.path("build/train")
            guard let log = try? Files.read(root.appending("log.jsonl")), let model = try? Files.read(root.appending("model/model.json"))
            else { return nil }
            return [
                "log": .file(log),
                "model": .tree([("model.json", model + [65]), ("parts/more.bin", [1]), ("parts/weights.bin", [0, 1, 9])]),
            ]
        })
    let report = try fixture.prove([.again])
    let lines = try #require(report.lines.first).split(separator: "\n")
    #expect(lines[0].hasPrefix("stage 'train' is not reproducible: run once more, output 'model' differs from byte "))
    #expect(lines[0].hasSuffix("of 'build/train/model/model.json' on"))
    #expect(lines.last == "2 more files of 'build/train/model' differ")
    #expect(report["train"]?.level == .unproven)
}

@Test func `a stage that differs when nothing is varied is tried no further`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(varying("split", "test", .again, .file([9])))
    let report = try fixture.prove()
    #expect(report["split"]?.trials.map(\.variation) == [.again])
    #expect(report["train"]?.trials.count == Variation.allCases.count)
    #expect(report.lines.count == 2, "both outputs of 'split'")
}

@Test func `a stage that fails under a variation is not the same`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(
        { (action, environment) throws(ActionFailure) in
            if action.stage == "train", environment.variation == .locale { throw .message("cannot decode") }
            return nil
        })
    let report = try fixture.prove()
    #expect(report.status == .stageFailed)
    #expect(report.lines == ["stage 'train' was built, and fails when it is run with another locale\nstage 'train' failed: cannot decode"])
    #expect(report["train"]?.level == .repeated)
    fixture.performer.intercept(varying("split", "test", .threads, .tree([])))
    #expect(try fixture.prove([.threads]).lines.first?.contains("it made 'test' as a folder") == true)
}

@Test func `what cannot be tried is no failure, but no proof of other processors either`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let picky = Picky(inner: fixture.performer, obstacles: [.fileOrder: "no folders", .kernels: "install 'qemu-user'"])
    let report = try fixture.prove(performer: picky)
    #expect(report.status == .done)
    #expect(report.level == .varied)
    guard case .notApplicable("install 'qemu-user'") = report["split"]?.trials.last?.verdict else {
        Issue.record("\(String(describing: report["split"]?.trials.last))")
        return
    }
    // Once it can be tried, the level grows.
    #expect(try fixture.prove([.kernels]).level == .kernels)
}

@Test func `a difference that was seen once stays`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(varying("split", "test", .threads, .file([9])))
    try fixture.prove()
    fixture.performer.intercept(nil)
    let report = try fixture.prove()
    #expect(report.status == .done)
    #expect(report["split"]?.level == .repeated && report["train"]?.level == .kernels)
}

@Test func `a proof of other bytes, a damaged one and none at all say nothing`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.prove()
    let key = try #require(try fixture.lockfile().result(stage: "split")).key
    let store = try fixture.store()
    let proof = try #require(try store.proof(of: key))
    #expect(proof["level"]?.stringValue == "R3")
    for other: JSONValue in [
        ["version": 1, "outputs": ["test": "file sha256:0"], "trials": []], ["version": 2], [:],
        ["version": 1, "outputs": proof["outputs"] ?? [:], "trials": [["variation": "again", "verdict": "perhaps"]]],
    ] {
        try store.record(proof: other, of: key)
        #expect(try ProofLevel.of(key, store) == .unproven)
    }
    try store.record(proof: proof, of: key)
    #expect(try ProofLevel.of(key, store) == .kernels)
    #expect(try ProofLevel.of(Digest.of([1]), store) == .unproven)
}

@Test func `a stage without a current result has nothing to prove, and what follows from it neither`() throws {
    let fixture = try Fixture()
    try fixture.build(["split"])
    let report = try fixture.prove([.again])
    #expect(report.stages.map(\.stage) == ["split"])
    #expect(report.lines == ["stage 'train' has no recorded result that could be made again\n'mlbuild build train' makes it first"])
    #expect(report.status == .problem)
    try fixture.write("x,y\n1,a\n2,c\n", to: "data/rows.csv")
    #expect(try fixture.prove([.again]).failures.map(\.code) == ["build/data-differs"])
}

@Test func `only the named stages and what they need are proven`() throws {
    let fixture = try Fixture()
    try fixture.build()
    #expect(try fixture.prove([.again], stages: ["train"]).stages.map(\.stage) == ["split", "train"])
    #expect(try fixture.prove([.again], stages: ["trian"]).failures.map(\.code) == ["plan/unknown-stage"])
}

@Test func `an interruption ends a proof early, and what was shown by then counts`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let performer = fixture.performer
    let before = performer.calls.count
    let report = try fixture.prove(signal: { performer.calls.count >= before + 4 ? 2 : nil })
    #expect(report.status == .interrupted)
    #expect(report.stages.map { $0.trials.count }.reduce(0, +) == 4)
    #expect(try fixture.level("split") == .repeated)
}

@Test func `many trials at a time give the same report`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(varying("split", "test", .threads, .file([9])))
    let one = try fixture.prove()
    let many = try fixture.prove(jobs: 8)
    #expect(one.lines == many.lines)
    #expect(one.stages.map(\.level) == many.stages.map(\.level))
}
