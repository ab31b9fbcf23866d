import Canonical
import Locking
import Manifests
import Planning
import Platform
import Storage
import Synchronization
import Testing

@testable import Running

/// Runs `body` on so many threads and rethrows the first error.
private func together(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let errors = Mutex<[String]>([])
    Threads.run(count) { index in
        do { try body(index) } catch { errors.withLock { $0.append("\(error)") } }
    }
    if let first = errors.withLock({ $0.first }) { throw Fixture.Problem(first) }
}

@Test func `two builds of one workspace wait for each other, and each stage runs once`() throws {
    let fixture = try Fixture()
    let waits = Mutex(0)
    fixture.performer.intercept { (_, _) throws(ActionFailure) in
        Clock.sleep(nanoseconds: 20_000_000)
        return nil
    }
    try together(4) { _ in
        let report = try fixture.build {
            $0.jobs = 2
        } events: {
            if case .waitingForLock = $0 { waits.withLock { $0 += 1 } }
        }
        guard report.status == .done else { throw Fixture.Problem("\(report.failures.map(\.message))") }
    }
    #expect(fixture.performer.calls.sorted() == ["evaluate", "split", "train"])
    #expect(waits.withLock { $0 } >= 1)
    #expect(try fixture.lockfile().results.count == 3)
    #expect(try fixture.temporaries().isEmpty)
}

@Test func `a build that waits for the lock can be interrupted`() throws {
    let fixture = try Fixture()
    let held = try #require(try WorkspaceLock.acquire(root: fixture.root))
    #expect(try WorkspaceLock.acquire(root: fixture.root, wait: false) == nil)
    try held.release()
    let again = try #require(try WorkspaceLock.acquire(root: fixture.root, wait: false))
    #expect(!again.foundMark)
}

@Test func `a lock that was not given back in order leaves its mark`() throws {
    let fixture = try Fixture()
    _ = try WorkspaceLock.acquire(root: fixture.root)
    let next = try #require(try WorkspaceLock.acquire(root: fixture.root, wait: false))
    #expect(next.foundMark)
    try next.release()
    #expect(try #require(try WorkspaceLock.acquire(root: fixture.root)).foundMark == false)
}

@Test func `many workspaces build with one store at once, and all get the same bytes`() throws {
    let fixtures = try (0..<6).map { _ in try Fixture() }
    let cache = fixtures[0].cache
    let reports = Mutex<[BuildReport]>([])
    try together(6) { index in
        for _ in 0..<3 {
            let report = try fixtures[index].build(store: try DirectoryStore.open(cache)) { $0.jobs = 2 }
            reports.withLock { $0.append(report) }
            try fixtures[index].remove("build")
        }
    }
    let all = reports.withLock { $0 }
    #expect(all.allSatisfy { $0.status == .done })
    #expect(Set(all.map(\.digests)).count == 1)
    let locks = try Set(fixtures.map { try Files.read($0.path(Lockfile.fileName)) })
    #expect(locks.count == 1)
}

@Test func `results of another build that finished meanwhile stay in the lock`() throws {
    let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"])
    // Planned before the other build wrote its result.
    let early = try fixture.workspace()
    try fixture.build(["right"])
    var options = BuildOptions()
    options.stages = ["left"]
    let report = Builder(early, performer: fixture.performer, options: options).build()
    #expect(report.status == .done)
    #expect(try fixture.lockfile().results.map(\.name) == ["left", "right"])
}

@Test func `a plan that no longer holds is refused`() throws {
    let fixture = try Fixture()
    let early = try fixture.workspace()
    try fixture.write("x,y\n5,a\n", to: "data/rows.csv")
    try fixture.lock()
    #expect(Builder(early, performer: fixture.performer).build().failures.map(\.code) == ["build/changed-meanwhile"])
    let later = try fixture.workspace()
    try fixture.edit(Manifest.fileName, "demo", "other")
    #expect(
        Builder(later, performer: fixture.performer).build().failures.map(\.message) == [
            "'mlops.json' was changed while the build waited for another one"
        ])
    #expect(fixture.performer.calls.isEmpty)
}

@Test func `pins that somebody writes while the build runs are not undone`() throws {
    let fixture = try Fixture()
    let path = fixture.path(Lockfile.fileName)
    let other = Lockfile(data: [Lockfile.Entry("rows", DataPin(StoredObject(file: [9])))])
    fixture.performer.intercept { (action, _) throws(ActionFailure) in
        if action.stage == "train" { try? Files.write(other.encode(), to: path) }
        return nil
    }
    #expect(try fixture.build().status == .done)
    #expect(try fixture.lockfile().data == other.data)
    #expect(try fixture.lockfile().results.count == 3)
    #expect(fixture.check() != .nothingToDo(stages: 3))
}

@Test func `jobs run side by side, never more than asked for`() throws {
    let stages = (0..<12).map {
        "\"s\($0)\": { \"uses\": \"split\", \"inputs\": { \"table\": \"data.rows\" }, \"with\": { \"seed\": \($0) } }"
    }
    let fixture = try Fixture(
        """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "data/rows.csv" } }, "stages": { \(stages.joined(separator: ",\n")) } }
        """)
    let running = Mutex<(now: Int, most: Int)>((0, 0))
    fixture.performer.intercept { (_, _) throws(ActionFailure) in
        running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        Clock.sleep(nanoseconds: 20_000_000)
        running.withLock { $0.now -= 1 }
        return nil
    }
    #expect(try fixture.build { $0.jobs = 4 }.ran.count == 12)
    #expect((2...4).contains(running.withLock { $0.most }))
}

@Test func `a stage has ended, for whoever watches, before one that depends on it starts`() throws {
    let length = 60
    let stages = (0..<length).map { index in
        let table = index == 0 ? "data.rows" : "s\(index - 1).train"
        return "\"s\(index)\": { \"uses\": \"split\", \"inputs\": { \"table\": \"\(table)\" } }"
    }
    let fixture = try Fixture(
        """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "data/rows.csv" } }, "stages": { \(stages.joined(separator: ",\n")) } }
        """)
    let ended = Mutex<Set<String>>([])
    let early = Mutex<[String]>([])
    fixture.performer.intercept { (action, _) throws(ActionFailure) in
        for case .output(let stage, _) in action.inputs.map(\.source) where !ended.withLock({ $0.contains(stage) }) {
            early.withLock { $0.append(action.stage) }
        }
        return nil
    }
    try fixture.build {
        $0.jobs = 4
    } events: { event in
        guard case .stageFinished(let report) = event else { return }
        // Whoever watches takes some time to write a line.
        Clock.sleep(nanoseconds: 1_000_000)
        ended.withLock { _ = $0.insert(report.stage) }
    }
    #expect(ended.withLock { $0.count } == length)
    #expect(early.withLock { $0 } == [])
}
