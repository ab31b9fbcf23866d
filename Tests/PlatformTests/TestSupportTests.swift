import Platform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What other tests stand on.
@Suite struct TestSupportTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a text that is as expected passes, another one or a missing file is an issue`() throws {
        let file = try folder.write("one\ntwo\n", to: "expected.txt")
        Golden.expect("one\ntwo\n", matches: file)
        if Golden.accepts { return }
        withKnownIssue {
            Golden.expect("one\nthree\n", matches: file)
        } matching: { issue in
            issue.comments.contains { $0.rawValue.contains("line 2\n  expected: two\n  got:      three") }
        }
        withKnownIssue { Golden.expect("one\n", matches: folder.appending("missing.txt")) }
        #expect(try folder.read("expected.txt") == "one\ntwo\n")
        #expect(try folder.everything() == ["expected.txt"])
    }

    @Test func `accepting rewrites the file and still does not pass`() async {
        await #expect(processExitsWith: .success) {
            setenv("MLBUILD_ACCEPT", "1", 1)
            let folder = try TemporaryFolder()
            let file = folder.appending("new/expected.txt")
            withKnownIssue { Golden.expect("text\n", matches: file) }
            #expect(try folder.read("new/expected.txt") == "text\n")
            Golden.expect("text\n", matches: file)
        }
    }

    @Test func `the repository is found, and a folder goes with its object`() throws {
        #expect(try Files.status(Places.repository().appending("Sources/Platform"))?.kind == .directory)
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder).path
        try folder?.write("x", to: "a/b")
        folder = nil
        #expect(try Files.status(path) == nil)
    }
}
