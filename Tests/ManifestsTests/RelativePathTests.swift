import Manifests
import Testing

@Suite struct RelativePathTests {
    @Test(arguments: [
        ("", RelativePath.Fault.empty), ("/a", .absolute), ("..", .parentComponent), ("a/../b", .parentComponent),
        (".", .currentComponent),
        ("a/./b", .currentComponent), ("a//b", .emptyComponent), ("a/", .emptyComponent), ("a\\b", .backslash),
        ("a\u{0}b", .controlCharacter),
        ("a\nb", .controlCharacter),
        (String(repeating: "x", count: 256), .longComponent), (String(repeating: "x/", count: 1100) + "x", .long),
    ]) func `a text that is no path says why`(_ text: String, _ fault: RelativePath.Fault) {
        #expect(throws: fault) { try RelativePath(checking: text) }
    }

    @Test func `dots within names are names`() throws {
        #expect(try RelativePath(checking: "..a/b..c/...").components == ["..a", "b..c", "..."])
    }

    @Test func `a folder holds what is in it, by components`() throws {
        let folder = try RelativePath(checking: "a")
        #expect(folder.holds(try RelativePath(checking: "a")))
        #expect(folder.holds(try RelativePath(checking: "a/b")))
        #expect(!folder.holds(try RelativePath(checking: "ab")))
        #expect(!(try RelativePath(checking: "a/b")).holds(folder))
    }

    @Test func `equality is that of bytes, not of Unicode`() throws {
        let composed = try RelativePath(checking: "caf\u{E9}")
        let decomposed = try RelativePath(checking: "cafe\u{301}")
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func `a combining mark after a separator hides neither`() throws {
        #expect(try RelativePath(checking: "a/\u{301}b").components.count == 2)
        #expect(throws: RelativePath.Fault.parentComponent) { try RelativePath(checking: "a/../\u{301}b") }
        #expect(try RelativePath(checking: "a.\u{301}csv").fileExtension == "\u{301}csv")
    }

    @Test func `an extension is the end of the last component`() throws {
        #expect(try RelativePath(checking: "a.b/c.tar.GZ").fileExtension == "gz")
        #expect(try RelativePath(checking: "a.b/c").fileExtension == nil)
        #expect(try RelativePath(checking: ".csv").fileExtension == nil)
        #expect(try RelativePath(checking: "c.").fileExtension == nil)
        #expect(TableFormat(extensionOf: try RelativePath(checking: "Rows.CSV")) == .csv)
    }
}
