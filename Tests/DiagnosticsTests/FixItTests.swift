import Diagnostics
import Testing

@Suite struct FixItTests {
    @Test func `fix-its are applied together, back to front`() {
        let bytes = Array("abcdef".utf8)
        let result = FixIt.apply(
            [FixIt("one", [.init(SourceSpan(0, 1), "A")]), FixIt("two", [.init(SourceSpan(4, 6), "")])], to: bytes)
        #expect(String(decoding: result.bytes, as: UTF8.self) == "Abcd")
        #expect(result.applied == 2)
    }

    @Test func `of two that overlap only the first is applied`() {
        let result = FixIt.apply(
            [FixIt("one", [.init(SourceSpan(1, 4), "X")]), FixIt("two", [.init(SourceSpan(3, 5), "Y")])], to: Array("abcdef".utf8))
        #expect(String(decoding: result.bytes, as: UTF8.self) == "aXef")
        #expect(result.applied == 1)
    }

    @Test(arguments: [
        ("epoch", "epochs"), ("tarin", "train"), ("learnig-rate", "learning-rate"), ("Seed", "seed"),
    ])
    func `the nearest word is suggested`(written: String, meant: String) {
        let known = ["train", "epochs", "learning-rate", "seed", "target"]
        #expect(Suggestion.closest(to: written, among: known) == meant)
    }

    @Test func `nothing is suggested for a word that is far from all`() {
        #expect(Suggestion.closest(to: "banana", among: ["train", "epochs"]) == nil)
        #expect(Suggestion.closest(to: String(repeating: "x", count: 100_000), among: ["x"]) == nil)
    }
}
