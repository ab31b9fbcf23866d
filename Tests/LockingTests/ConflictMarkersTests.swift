import Canonical
import Diagnostics
import Testing

@testable import Locking

@Suite struct ConflictMarkersTests {
    private static let old = Digest.of(Array("old".utf8))
    private static let mine = Digest.of(Array("mine".utf8))
    private static let yours = Digest.of(Array("yours".utf8))

    private static func pin(_ digest: Digest) -> String {
        "{\"digest\": \"\(digest)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
    }

    private static let twoWay = """
        {
        "pins": {
        "data/agreed":
          \(pin(old)),
        "data/rows":
        <<<<<<< HEAD
          \(pin(mine)),
        =======
          \(pin(yours)),
        >>>>>>> branch
        "version": 1
        },
        "results": {
        "version": 1
        }
        }

        """

    private static let threeWay = twoWay.replacing(
        "=======\n", with: "||||||| base\n<<<<<<<<< inner\n  \(pin(old)),\n=========\n  {},\n>>>>>>>>> inner\n=======\n")

    @Test(arguments: [twoWay, threeWay, twoWay.replacing("\n", with: "\r\n")])
    func `a conflict is one error at its first marker`(text: String) throws {
        let source = SourceText(name: "mlops.lock", text: text)
        let result = LockfileReader.read(source)
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/conflict"])
        let diagnostic = try #require(result.diagnostics.first)
        #expect(diagnostic.message == "the lockfile holds an unresolved merge conflict")
        #expect(diagnostic.notes.map(\.message) == ["'mlbuild lock' keeps the pins that both sides agree on and derives the others again"])
        #expect(diagnostic.location?.span.map { source.position(at: $0.lower).line } == 6)
    }

    @Test(arguments: [twoWay, threeWay, twoWay.replacing("\n", with: "\r\n")])
    func `what both sides agree on is recovered`(text: String) {
        let lockfile = LockfileReader.recover(SourceText(name: "mlops.lock", text: text))
        #expect(lockfile.data.map(\.name) == ["agreed"])
        #expect(lockfile.pin(data: "agreed")?.digest == Self.old)
    }

    @Test func `the same pin on both sides of a conflict is agreed on`() {
        let text = Self.twoWay.replacing(Self.yours.description, with: Self.mine.description)
        #expect(LockfileReader.recover(SourceText(name: "mlops.lock", text: text)).pin(data: "rows")?.digest == Self.mine)
    }

    @Test func `nothing is recovered when a side cannot be read`() {
        let text = Self.twoWay.replacing("=======\n", with: "=======\n{\n")
        #expect(LockfileReader.recover(SourceText(name: "mlops.lock", text: text)) == Lockfile())
    }

    @Test func `several conflicts are counted`() {
        let text = Self.twoWay + Self.twoWay
        let result = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(result.diagnostics.map(\.message) == ["the lockfile holds 2 unresolved merge conflicts"])
    }

    @Test(arguments: ["<<<<<<<", "=======", ">>>>>>> x", "<<<<<<<\n<<<<<<<\n", ">>>>>>>\n=======\n", "|||||||"])
    func `markers without their partners are a conflict too`(text: String) {
        let source = SourceText(name: "mlops.lock", text: text)
        #expect(LockfileReader.read(source).diagnostics.map(\.code) == ["lock/conflict"])
        #expect(LockfileReader.recover(source) == Lockfile())
    }

    @Test func `a conflict with a later version is left to a later mlbuild`() {
        let text = """
            {
            "pins": {
            <<<<<<< HEAD
            "version": 1
            =======
            "version": 2
            >>>>>>> branch
            },
            "results": {
            "version": 1
            }
            }

            """
        let source = SourceText(name: "mlops.lock", text: text)
        let result = LockfileReader.read(source)
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/newer-version"])
        #expect(
            result.diagnostics.map(\.message) == [
                "in one side of a merge conflict the lockfile has version 2, and this mlbuild reads version 1"
            ])
        #expect(result.diagnostics.first?.location?.span.map { source.position(at: $0.lower).line } == 3)
    }
}
