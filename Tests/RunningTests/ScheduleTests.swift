import Testing

@testable import Running

/// A diamond with a tail: 0 feeds 1 and 2, both feed 3; 4 stands alone.
private let diamond = [[], [0], [0], [1, 2], []]

@Test func `the lowest action that is ready goes first`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 1, 2, 3, 4])
    #expect(schedule.next() == 0)
    #expect(schedule.next() == 4)
    #expect(schedule.next() == nil)
    schedule.succeed(0)
    #expect(schedule.next() == 1)
    #expect(schedule.next() == 2)
    #expect(schedule.next() == nil)
    schedule.succeed(2)
    #expect(schedule.next() == nil)
    schedule.succeed(1)
    #expect(schedule.next() == 3)
    #expect(!schedule.isFinished)
    schedule.succeed(3)
    schedule.succeed(4)
    #expect(schedule.isFinished)
}

@Test func `an action that is named twice as an input is waited for once`() {
    var schedule = Schedule(dependencies: [[], [0, 0]], selected: [0, 1])
    #expect(schedule.next() == 0)
    schedule.succeed(0)
    #expect(schedule.next() == 1)
}

@Test func `a failure skips everything downstream and nothing else`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 1, 2, 3, 4])
    #expect(schedule.next() == 0)
    #expect(schedule.fail(0) == [1, 2, 3])
    #expect(schedule.states[3] == .skipped(because: 0))
    #expect(schedule.next() == 4)
    schedule.succeed(4)
    #expect(schedule.isFinished)
}

@Test func `what a second failure reaches is skipped for the first`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 1, 2, 3])
    #expect(schedule.next() == 0)
    schedule.succeed(0)
    #expect(schedule.next() == 1)
    #expect(schedule.next() == 2)
    #expect(schedule.fail(2) == [3])
    #expect(schedule.fail(1) == [])
    #expect(schedule.states[3] == .skipped(because: 2))
    #expect(schedule.isFinished)
}

@Test func `what depends on a result that is taken back is skipped, unless it has begun`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 1, 2, 3, 4])
    #expect(schedule.next() == 0)
    schedule.succeed(0)
    #expect(schedule.next() == 1)
    #expect(schedule.revoke(0) == [2, 3])
    #expect(schedule.states[2] == .skipped(because: 0))
    #expect(schedule.next() == 4)
    #expect(schedule.next() == nil)
    schedule.succeed(1)
    schedule.succeed(4)
    #expect(schedule.isFinished)
    #expect(schedule.revoke(4) == [])
    #expect(schedule.isFinished)
}

@Test func `a schedule ends when all that was ready is skipped`() {
    var schedule = Schedule(dependencies: [[], [0], [0]], selected: [0, 1, 2])
    #expect(schedule.next() == 0)
    schedule.succeed(0)
    #expect(!schedule.isFinished)
    #expect(schedule.revoke(0) == [1, 2])
    #expect(schedule.isFinished)
    #expect(schedule.next() == nil)
}

@Test func `a stopped schedule finishes once what runs has ended`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 1, 2, 3, 4])
    #expect(schedule.next() == 0)
    schedule.stop()
    #expect(schedule.next() == nil)
    #expect(!schedule.isFinished)
    schedule.succeed(0)
    #expect(schedule.isFinished)
    #expect(schedule.states[1] == .ready)
}

@Test func `an action outside the selection never starts`() {
    var schedule = Schedule(dependencies: diamond, selected: [0, 2])
    #expect(schedule.next() == 0)
    schedule.succeed(0)
    #expect(schedule.next() == 2)
    schedule.succeed(2)
    #expect(schedule.isFinished)
    #expect(schedule.states[1] == .unselected)
}

@Test func `a chain of 100,000 fails without recursion`() {
    let count = 100_000
    var schedule = Schedule(dependencies: (0..<count).map { $0 == 0 ? [] : [$0 - 1] }, selected: Array(0..<count))
    #expect(schedule.next() == 0)
    #expect(schedule.fail(0).count == count - 1)
    #expect(schedule.isFinished)
}

@Test func `of many that are ready each comes once, in order`() {
    let count = 10_000
    var schedule = Schedule(dependencies: Array(repeating: [], count: count), selected: Array(0..<count))
    #expect((0..<count).allSatisfy { schedule.next() == $0 })
    #expect(schedule.next() == nil)
}
