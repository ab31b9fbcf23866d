import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// The contract of ``ObjectStore`` in code; every store passes it.
enum ObjectStoreConformance {
    static func check(_ store: some ObjectStore, damage: (Digest, [UInt8]) throws -> Void) throws {
        // What is put is there, under the digest of its bytes, as often as it is put.
        let samples: [[UInt8]] = [[], [0], Array("abc".utf8), [UInt8](repeating: 0xFF, count: 3_000_000)]
        for bytes in samples {
            #expect(try store.contains(Digest.of(bytes)) == false)
            #expect(throws: StoreError.missing(Digest.of(bytes))) { try store.read(Digest.of(bytes)) }
            let digest = try store.put(bytes)
            #expect(digest == Digest.of(bytes))
            #expect(try store.contains(digest))
            #expect(try store.read(digest) == bytes)
            #expect(try store.put(bytes) == digest)
        }
        try store.flush()
        try store.flush()
        for bytes in samples { #expect(try store.read(Digest.of(bytes)) == bytes) }

        // Other bytes are never given out; putting heals.
        let digest = Digest.of(Array("abc".utf8))
        for bytes in [Array("abd".utf8), [], Array("abcd".utf8)] {
            try damage(digest, bytes)
            let error = #expect(throws: StoreError.self) { try store.read(digest) }
            if case .corrupt(let named, _) = error {
                #expect(named == digest)
            } else {
                Issue.record("corrupt is what it is: \(error as Any)")
            }
            #expect(throws: StoreError.missing(digest)) { try store.read(digest) }
            #expect(try store.put(Array("abc".utf8)) == digest)
            try store.flush()
            #expect(try store.read(digest) == Array("abc".utf8))
        }

        // Trees.
        let tree = try store.put(files: [("b", [1]), ("a/x", [2]), ("a/y/z", [3, 3])])
        #expect(tree == (try store.put(files: [("a/y/z", [3, 3]), ("b", [1]), ("a/x", [2])])))
        #expect(tree.kind == .tree && tree.files == 3 && tree.size == 4)
        #expect(try store.files(of: tree.digest).map(\.path) == ["a/x", "a/y/z", "b"])
        #expect(try store.files(of: tree.digest).map(\.bytes) == [[2], [3, 3], [1]])
        #expect(try store.missing(in: tree) == [])
        try store.verify(tree)
        #expect(try store.missing(in: StoredObject(file: [42])) == [Digest.of([42])])
    }
}

@Suite struct ObjectStoreConformanceTests {
    @Test func `a directory is a store`() throws {
        let folder = try TemporaryFolder()
        let store = try DirectoryStore.open(folder.appending("store"))
        try ObjectStoreConformance.check(store) { digest, bytes in
            let hex = digest.hex
            try Files.write(bytes, to: folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
        }
    }

    @Test func `memory is a store`() throws {
        let store = MemoryStore()
        try ObjectStoreConformance.check(store) { digest, bytes in store.damage(digest, bytes) }
    }
}
