import Testing

@testable import Running

@Test(
    arguments: [
        ([], .done),
        ([.done, .problem, .refused, .stageFailed], .refused),
        ([.notReproducible, .interrupted], .notReproducible),
        ([.stageFailed, .terminated], .stageFailed),
        ([.done, .interrupted], .interrupted),
        ([.interrupted, .terminated], .terminated),
    ] as [([BuildStatus], BuildStatus)])
func `of several statuses the highest up to 5 wins, and a signal only when nothing failed`(statuses: [BuildStatus], worst: BuildStatus) {
    #expect(BuildStatus.worst(of: statuses) == worst)
}

@Test func `SIGINT ends with 130, SIGTERM with 143`() {
    #expect(BuildStatus.signalled(2).rawValue == 130)
    #expect(BuildStatus.signalled(15).rawValue == 143)
}

@Test(
    arguments: [
        (0, "1970-01-01T00-00-00.000000000Z"),
        (951_782_399_000_000_001, "2000-02-28T23-59-59.000000001Z"),
        (951_868_800_000_000_000, "2000-03-01T00-00-00.000000000Z"),
        (-1, "1969-12-31T23-59-59.999999999Z"),
        (4_107_542_399_999_999_999, "2100-02-28T23-59-59.999999999Z"),
    ] as [(Int64, String)])
func `a moment has a name that sorts`(nanoseconds: Int64, name: String) {
    #expect(UTCTime(nanoseconds: nanoseconds).name == name)
}
