import Canonical
import Storage
import Testing

@Suite struct TreeTests {
    static let file = Digest.of([1])

    static func sample() -> Tree {
        Tree([
            TreeEntry(name: Array("run.sh".utf8), content: .file(file, size: 1, isExecutable: true)),
            TreeEntry(name: [0xFF], content: .link(target: Array("a".utf8))),
            TreeEntry(name: Array("a".utf8), content: .file(file, size: 1, isExecutable: false)),
            TreeEntry(name: Array("b".utf8), content: .tree(Digest.of(Tree([]).encode()), size: 0, files: 0)),
        ])
    }

    @Test func `a tree is read back from its encoding`() throws {
        let tree = Self.sample()
        #expect(try Tree.decode(tree.encode()) == tree)
        #expect(tree.entries.map(\.name) == [[0x61], [0x62], Array("run.sh".utf8), [0xFF]])
        #expect(tree.totals?.size == 2)
        #expect(tree.totals?.files == 2)
        #expect(try Tree.decode(Tree([]).encode()) == Tree([]))
    }

    @Test func `nothing is read that could not have been written`() throws {
        let bytes = Self.sample().encode()
        // Whatever decodes encodes to the very same bytes.
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = value
                if let tree = try? Tree.decode(changed) { #expect(tree.encode() == changed) }
            }
        }
        for count in bytes.indices { #expect(throws: Tree.Malformed.self) { try Tree.decode(Array(bytes[..<count])) } }
        #expect(throws: Tree.Malformed.self) { try Tree.decode(bytes + [0]) }
        #expect(throws: Tree.Malformed.self) { try Tree.decode([]) }
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\0", String(repeating: "n", count: 256)])
    func `names that a folder cannot hold are refused`(_ name: String) throws {
        #expect(!Tree.isName(Array(name.utf8)))
        guard name.utf8.count <= 255 else { return }
        // One entry with a name of another length, put in by hand.
        var bytes = Array("mlbtree1".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, UInt8(ascii: "f"), UInt8(name.utf8.count)]
        bytes += Array(name.utf8) + Self.file.bytes + [1, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: Tree.Malformed.self) { try Tree.decode(bytes) }
    }

    @Test func `sizes beyond any file system are refused`() {
        let digest = Self.file
        let entries = ["a", "b"].map { TreeEntry(name: Array($0.utf8), content: .tree(digest, size: .max, files: 1)) }
        let bytes = Tree(entries).encode()
        #expect(throws: Tree.Malformed.self) { try Tree.decode(bytes) }
        let large = Array("mlbtree1".utf8) + [UInt8](repeating: 0xFF, count: 8)
        #expect(throws: Tree.Malformed.self) { try Tree.decode(large) }
        let many = Array("mlbtree1".utf8) + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        #expect(throws: Tree.Malformed.self) { try Tree.decode(many) }
    }
}
