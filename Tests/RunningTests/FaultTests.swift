import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage
import Testing

@testable import Running

/// A small workspace whose build still passes through every kind of step, with a file and a tree as outputs.
private let small = """
    { "version": 1, "name": "demo", "data": { "rows": { "path": "rows.csv" } },
      "stages": { "train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "y" } } } }
    """

private func fixture() throws -> Fixture { try Fixture(small, files: ["rows.csv": "x,y\n1,a\n"]) }

private func golden() throws -> [String] { try fixture().build().digests }

private let noSpace: Int32 = 28
private let inputOutput: Int32 = 5
private let tooManyFiles: Int32 = 24

/// How many calls a whole build makes that change something.
private func callCount() throws -> Int {
    let plan = FaultPlan()
    let fixture = try fixture()
    _ = try plan.run { try fixture.build() }
    return plan.count
}

@Test(arguments: [FaultPlan.Fault.failOnce(inputOutput), .failEver(noSpace)])
func `whichever write fails, the next build gives the same bytes and leaves nothing behind`(fault: FaultPlan.Fault) throws {
    let golden = try golden()
    let count = try callCount()
    #expect(count > 40)
    var failed = 0
    for call in 1...count {
        let fixture = try fixture()
        let report: BuildReport?
        do {
            report = try FaultPlan(fault, at: call).run { try fixture.build() }
        } catch is StoreError {
            // The store could not even be opened.
            report = nil
        }
        if report?.status == .done {
            #expect(report?.digests == golden)
        } else {
            failed += 1
            if let report { #expect(report.status == .refused, "call \(call): \(report.status)") }
        }
        let again = try fixture.build()
        #expect(again.status == .done, "after call \(call)")
        #expect(again.digests == golden, "after call \(call)")
        let left = try fixture.temporaries()
        #expect(left == [], "\(left) after call \(call)")
    }
    // Few failures can be passed over, such as that of a hint or of clearing up.
    #expect(failed > count * 3 / 4)
}

@Test func `whichever read fails, nothing wrong is recorded`() throws {
    let golden = try golden()
    let reads: FaultPlan.Operations = [.openForReading, .read]
    let plan = FaultPlan(counting: reads)
    let first = try fixture()
    _ = try plan.run { try first.build() }
    for call in stride(from: 1, through: plan.count, by: 2) {
        let fixture = try fixture()
        do {
            let report = try FaultPlan(.failOnce(tooManyFiles), at: call, counting: reads).run { try fixture.build() }
            #expect(report.status == .done || report.status == .refused || report.status == .problem, "call \(call): \(report.status)")
        } catch is SystemError {
            // The fixture's own reading of manifest or lock.
        } catch is StoreError {
        }
        let again = try fixture.build()
        #expect(again.status == .done, "after call \(call)")
        #expect(again.digests == golden, "after call \(call)")
    }
}

@Test func `short writes and reads change nothing`() throws {
    let golden = try golden()
    for call in [1, 2, 3, 5, 8, 13, 21, 34] {
        let fixture = try fixture()
        let report = try FaultPlan(.shorten, at: call, counting: [.write, .read]).run { try fixture.build() }
        #expect(report.status == .done)
        #expect(report.digests == golden)
    }
}

@Test func `a stage that meets a full disk is not recorded`() throws {
    let fixture = try fixture()
    fixture.performer.intercept { (_, _) throws(ActionFailure) in
        throw .store(.refused(SystemError(operation: "write", path: "x", code: noSpace)))
    }
    let report = try fixture.build()
    #expect(report.status == .refused)
    let failure = try #require(report.failure("train"))
    #expect(failure.code == "build/store")
    // No text is to blame for it.
    #expect(failure.diagnostics[0].location == nil)
    #expect(failure.message == "the store refused: cannot write 'x': no space left on device")
    #expect(
        failure.diagnostics[0].notes.map(\.message) == [
            "make room on that disk, or name another folder for the store with MLBUILD_CACHE; then run the same command again"
        ])
    fixture.performer.intercept(nil)
    #expect(try fixture.build().ran == ["train: came to no result last time"])
}

@Test func `a full disk of the workspace is not taken for that of the store`() throws {
    let fixture = try fixture()
    try fixture.build()
    try Files.removeTree(fixture.path("build"))
    let plan = FaultPlan(.failEver(noSpace), at: 1, counting: [.write])
    let report = try plan.run { try fixture.build() }
    #expect(report.status == .refused)
    let failure = try #require(report.failure("train"))
    #expect(failure.code == "build/refused")
    #expect(failure.message.hasPrefix("cannot write '\(fixture.path("build/train"))/"))
    #expect(failure.diagnostics[0].notes.map(\.message) == ["make room on that disk; then run the same command again"])
    #expect(try fixture.build().status == .done)
}

@Test func `what the system refuses names the path and the reason, and points into no text`() throws {
    let fixture = try fixture()
    try fixture.build()
    try Files.removeTree(fixture.path("build"))
    let plan = FaultPlan(.failEver(13), at: 1, counting: [.makeDirectory])
    let report = try plan.run { try fixture.build() }
    #expect(report.status == .refused)
    let failure = try #require(report.failure("train") ?? report.failures.first)
    #expect(failure.code == "build/refused")
    #expect(failure.diagnostics[0].location == nil)
    #expect(failure.message.hasSuffix("': permission denied"))
    #expect(failure.diagnostics[0].notes.map(\.message) == ["look who owns it and what its permissions are"])
}

@Test func `a build that is killed at any change leaves nothing that the next one trusts wrongly`() async throws {
    let golden = try golden()
    let count = try callCount()
    // Each is a process of its own, so a sample; it moves through all phases, before and after the call.
    for call in stride(from: 1, through: count, by: 4) {
        let fixture = try fixture()
        let root = fixture.root.description
        let isBefore = call % 8 == 1
        await #expect(processExitsWith: .signal(9)) { [root = root as String, call = call as Int, isBefore = isBefore as Bool] in
            let there = Fixture(at: HostPath(root))
            _ = try FaultPlan(isBefore ? .killBefore : .killAfter, at: call).run { try there.build() }
            // Threads and clocks make the number of calls differ a little: a build that made fewer is killed when it is done.
            try FaultPlan(.killBefore, at: 1).run { try there.write("", to: "unused") }
        }
        // Where the index says that nothing is to be done, nothing may be left over either.
        if fixture.check() == .nothingToDo(stages: 1) { #expect(try fixture.temporaries() == [], "after call \(call)") }
        let again = try fixture.build()
        #expect(again.status == .done, "after call \(call)")
        #expect(again.digests == golden, "after call \(call)")
        let left = try fixture.temporaries()
        #expect(left == [], "\(left) after call \(call)")
    }
}
