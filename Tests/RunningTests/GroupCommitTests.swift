import Canonical
import Locking
import Manifests
import Planning
import Platform
import Storage
import Synchronization
import Testing

@testable import Running

/// A manifest of `count` stages that have nothing to do with each other, each with its own data.
private func wide(_ count: Int) -> (manifest: String, files: [String: String]) {
    let data = (0..<count).map { "\"d\($0)\": {\"path\": \"data/d\($0).csv\"}" }.joined(separator: ", ")
    let stages = (0..<count).map { "\"s\($0)\": {\"uses\": \"split\", \"inputs\": {\"table\": \"data.d\($0)\"}}" }.joined(separator: ", ")
    let files = (0..<count).map { ("data/d\($0).csv", "x,y\n\($0),a\n") }
    return (
        "{\"version\": 1, \"name\": \"wide\", \"data\": {\(data)}, \"stages\": {\(stages)}}",
        Dictionary(files, uniquingKeysWith: { first, _ in first })
    )
}

/// Records other bytes for the key of an action, as another process would while it works.
private func record(elsewhere store: DirectoryStore, _ action: Action, _ environment: PerformEnvironment) throws(ActionFailure) {
    do throws(StoreError) {
        let outputs = try action.outputs.map { output throws(StoreError) in
            (name: output.name, object: try store.put(file: Array("other \(output.name)".utf8)))
        }
        _ = try store.publish(ActionRecord(document: environment.key.document, outputs: outputs))
    } catch {
        throw .store(error)
    }
}

@Suite struct GroupCommitTests {
    @Test(arguments: [1, 3]) func `many short stages share their syncs`(jobs: Int) throws {
        func syncs(_ count: Int) throws -> Int {
            let (manifest, files) = wide(count)
            let fixture = try Fixture(manifest, files: files)
            let plan = FaultPlan(counting: .sync)
            let report = try plan.run { try fixture.build { $0.jobs = jobs } }
            #expect(report.count(of: "ran") == count)
            return plan.count
        }
        // Each alone would take three passes at least.
        #expect(try syncs(60) < 120)
    }

    @Test func `everything that ran is recorded, durable and in its place when the build ends`() throws {
        let (manifest, files) = wide(40)
        let fixture = try Fixture(manifest, files: files)
        let report = try fixture.build { $0.jobs = 4 }
        #expect(report.status == .done)
        let store = try fixture.store()
        for stage in report.stages {
            let key = try #require(stage.key)
            let record = try #require(try store.record(for: key.digest))
            #expect(record.outputs.count == 2)
            for output in record.outputs { try store.verify(output.object) }
            #expect(try fixture.exists("build/\(stage.stage)/train.csv"))
        }
        #expect(try fixture.lockfile().results.count == 40)
        #expect(try fixture.build().count(of: "upToDate") == 40)
    }

    @Test func `other bytes that another process records meanwhile are not reproducible, and the own ones are placed nowhere`() throws {
        let fixture = try Fixture()
        let store = try fixture.store()
        fixture.performer.intercept { (action, environment) throws(ActionFailure) in
            if action.stage == "split" { try record(elsewhere: store, action, environment) }
            return nil
        }
        let told = Mutex<[String]>([])
        let report = try fixture.build {
            $0.keepGoing = true
        } events: { event in
            if case .stageFinished(let report) = event { told.withLock { $0.append("\(report.stage) \(report.outcome.name)") } }
        }
        #expect(report.status == .notReproducible)
        #expect(report.failure("split")?.code == "build/not-reproducible")
        #expect(try !fixture.exists("build/split/train.csv"))
        #expect(try fixture.lockfile().result(stage: "split") == nil)
        let lines = told.withLock { $0 }
        #expect(lines.first == "split ran")
        #expect(lines.contains("split failed"))
        // What others recorded is what the next build takes.
        fixture.performer.intercept(nil)
        let again = try fixture.build()
        #expect(again.status == .done)
        #expect(try fixture.read("build/split/train.csv") == "other train")
    }

    @Test func `a result that lacks an object fails its own stage and no other`() throws {
        let (manifest, files) = wide(6)
        let fixture = try Fixture(manifest, files: files)
        let nowhere = StoredObject(kind: .file, digest: Digest.of(Array("nowhere".utf8)), size: 7, files: 1)
        fixture.performer.intercept { (action, _) throws(ActionFailure) in
            action.stage == "s3" ? ["train": .stored(nowhere), "test": .stored(nowhere)] : nil
        }
        let report = try fixture.build { $0.keepGoing = true }
        #expect(report.outcomes.filter { $0.hasSuffix("ran") }.count == 5)
        #expect(report.failure("s3")?.code == "build/store")
        #expect(try fixture.exists("build/s5/test.csv"))
    }

    @Test func `when a result cannot be recorded, what needs it and has not begun is skipped`() throws {
        let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "x\n1\n", "data/b.csv": "x\n2\n"])
        let store = try fixture.store()
        fixture.performer.intercept { (action, environment) throws(ActionFailure) in
            // Long enough that the result is recorded at once, while 'right' runs and 'after' waits for its turn.
            if action.stage == "left" {
                try record(elsewhere: store, action, environment)
                Clock.sleep(nanoseconds: 150_000_000)
            }
            if action.stage == "right" { Clock.sleep(nanoseconds: 500_000_000) }
            return nil
        }
        let report = try fixture.build { $0.keepGoing = true }
        #expect(report.outcomes == ["left: failed", "right: ran", "after: skipped"])
    }

    @Test func `the notes of a run are its log and the facts of its record`() throws {
        let fixture = try Fixture()
        let shown = Mutex<[UInt8]>([])
        fixture.performer.intercept { (action, environment) throws(ActionFailure) in
            if action.stage == "split" {
                environment.log(Array("one\n".utf8))
                environment.log(Array("two\n".utf8))
                environment.fact(JSONMember("draws", 1))
                environment.fact(JSONMember("draws", 3))
            }
            if action.stage == "train" {
                environment.log(Array("on the way down\n".utf8))
                throw .message("no")
            }
            return nil
        }
        let report = try fixture.build { _ in
        } events: { event in
            if case .stageOutput("split", let bytes) = event { shown.withLock { $0 += bytes } }
        }
        #expect(try fixture.read(".mlbuild/logs/split.log") == "one\ntwo\n")
        #expect(try fixture.read(".mlbuild/logs/train.log") == "on the way down\n")
        #expect(shown.withLock { $0 } == Array("one\ntwo\n".utf8))
        let key = try #require(report["split"]?.key)
        #expect(try fixture.store().record(for: key.digest)?.facts == .object([JSONMember("draws", 3)]))
        // A run that says nothing has no log; one that does not happen leaves the last one.
        fixture.performer.intercept(nil)
        #expect(try fixture.build().ran.map { $0.prefix(5) } == ["train", "evalu"])
        #expect(try !fixture.exists(".mlbuild/logs/train.log"))
        #expect(try fixture.exists(".mlbuild/logs/split.log"))
    }

    @Test func `a log that cannot be written fails the stage`() throws {
        let fixture = try Fixture()
        let logs = fixture.path(".mlbuild/logs")
        fixture.performer.intercept { (_, environment) throws(ActionFailure) in
            // As the build begins a file would be in the way already.
            do { try Files.write([], to: logs) } catch { Issue.record(error) }
            environment.log([10])
            return nil
        }
        let report = try fixture.build()
        #expect(report.failure("split")?.code == "build/refused")
    }
}
