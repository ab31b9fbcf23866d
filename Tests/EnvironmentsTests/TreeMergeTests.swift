import Canonical
import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

struct TreeMergeTests {
    private func tree(_ store: DirectoryStore, _ files: [(path: String, text: String)]) throws -> StoredObject {
        try store.put(files: files.map { ($0.path, Array($0.text.utf8)) })
    }

    private func pin(_ bench: EnvironmentBench, _ files: [(path: String, text: String)]) throws -> ProgramPin {
        ProgramPin(tree: DataPin(try tree(bench.store, files)), origin: [])
    }

    @Test func `folders are laid over each other`() throws {
        let bench = try EnvironmentBench()
        let first = try tree(bench.store, [("a/x", "1"), ("a/b/same", "s"), ("only/deep/y", "2")])
        let second = try tree(bench.store, [("a/b/same", "s"), ("a/b/z", "3")])
        let merged = try TreeMerge.merge([.init(part: "one", tree: first), .init(part: "two", tree: second)], bench.store)
        let expected = try tree(bench.store, [("a/x", "1"), ("a/b/same", "s"), ("a/b/z", "3"), ("only/deep/y", "2")])
        #expect(merged == expected)
    }

    @Test func `two contents of one path are an error that names it and both parts`() throws {
        let bench = try EnvironmentBench()
        let sh = try pin(bench, [("usr/bin/sh", "1"), ("usr/lib/libz.so.1", "old")])
        let git = try pin(bench, [("usr/bin/git", "2"), ("usr/lib/libz.so.1", "new")])
        let clash = EnvironmentError.clash(path: "usr/lib/libz.so.1", parts: ["git", "sh"])
        #expect(throws: clash) { try bench.assemble(bench.lockfile(tools: [("git", git), ("sh", sh)])) }
        #expect(clash.description == "'git' and 'sh' differ in 'usr/lib/libz.so.1'")
        let odd = try pin(bench, [("usr/bin/sh/x", "1")])
        #expect(throws: EnvironmentError.clash(path: "usr/bin/sh", parts: ["odd", "sh"])) {
            try bench.assemble(bench.lockfile(tools: [("odd", odd), ("sh", sh)]))
        }
    }

    @Test func `two wheels that bring one file are an error unless it is the same`() throws {
        let bench = try EnvironmentBench()
        let python = try pin(bench, [("env/lib/python3.11/os.py", "")])
        func wheel(_ project: String, _ text: String) throws -> WheelFile {
            let wheel = SmallWheel(project: project, files: [("shared/__init__.py", text), ("\(project).py", "")])
            let bytes = wheel.bytes
            return WheelFile(fileName: wheel.fileName, digest: try bench.store.put(bytes), size: bytes.count)
        }
        let same = try bench.assemble(bench.lockfile(python: ("python-3", python), tools: [], wheels: [wheel("a", ""), wheel("b", "")]))
        let paths = try TreePath.files(of: same, bench.store).map { String(decoding: $0.path, as: UTF8.self) }
        #expect(paths.contains("env/lib/python3.11/site-packages/shared/__init__.py"))
        let lock = bench.lockfile(python: ("python-3", python), tools: [], wheels: [try wheel("a", ""), try wheel("b", "x")])
        let parts = ["a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl"]
        #expect(throws: EnvironmentError.clash(path: "env/lib/python3.11/site-packages/shared/__init__.py", parts: parts)) {
            try bench.assemble(lock)
        }
    }

    @Test func `what is not in the store, or for another machine, is an error`() throws {
        let bench = try EnvironmentBench()
        let sh = try pin(bench, [("usr/bin/sh", "1")])
        let lost = ProgramPin(tree: DataPin(digest: Digest.of([7]), kind: .tree, size: 1, files: 1), origin: [])
        #expect(throws: EnvironmentError.missing(pin: "git")) { try bench.assemble(bench.lockfile(tools: [("git", lost), ("sh", sh)])) }
        let python = try pin(bench, [("env/lib/python3.11/os.py", "")])
        let wheel = WheelFile(fileName: "a-1.0-py3-none-any.whl", digest: Digest.of([8]), size: 1)
        #expect(throws: EnvironmentError.missing(pin: "a-1.0-py3-none-any.whl")) {
            try bench.assemble(bench.lockfile(python: ("python-3", python), tools: [("sh", sh)], wheels: [wheel]))
        }
        #expect(throws: EnvironmentError.platform(locked: "linux-odd", here: EnvironmentPlatform.here)) {
            try bench.assemble(bench.lockfile(tools: [("sh", sh)], platform: "linux-odd"))
        }
    }

    @Test func `the root has the sandbox's folders, links of merged systems and fixed texts`() throws {
        let bench = try EnvironmentBench()
        let sh = try pin(bench, [("usr/bin/sh", "1"), ("usr/lib64/ld.so", "2")])
        let root = try bench.assemble(bench.lockfile(tools: [("sh", sh)]))
        let entries = try bench.store.tree(root.digest).entries
        #expect(
            entries.map { String(decoding: $0.name, as: UTF8.self) } == [
                "bin", "dev", "etc", "home", "lib64", "proc", "tmp", "usr", "work",
            ])
        #expect(entries[0].content == .link(target: Array("usr/bin".utf8)))
        let texts = try bench.store.files(of: root.digest).map(\.path)
        #expect(texts == ["etc/group", "etc/hosts", "etc/nsswitch.conf", "etc/passwd", "usr/bin/sh", "usr/lib64/ld.so"])
    }

    @Test func `an environment is made once and comes from the store afterwards, in another process too`() throws {
        let bench = try EnvironmentBench()
        let sh = try pin(bench, [("usr/bin/sh", "1")])
        let lock = bench.lockfile(tools: [("sh", sh)])
        let first = try bench.assemble(lock)
        let environment = try #require(lock.pin(environment: "default"))
        let key = CanonicalJSON.digest(try EnvironmentParts(environment, lock).document)
        let other = try DirectoryStore.open(bench.folder.appending("store"))
        #expect(try other.record(for: key)?.output("root") == first)
        #expect(try EnvironmentTree.assemble(environment, lock, store: other) == first)
    }

    @Test func `parts that gave another tree before are an error with both`() throws {
        let bench = try EnvironmentBench()
        let lock = bench.lockfile(tools: [("sh", try pin(bench, [("usr/bin/sh", "1")]))])
        let environment = try #require(lock.pin(environment: "default"))
        let earlier = try tree(bench.store, [("other", "")])
        let document = try EnvironmentParts(environment, lock).document
        _ = try bench.store.publish(ActionRecord(document: document, outputs: [("root", earlier)]))
        let hex = earlier.digest.hex
        try Files.removeFile(bench.folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
        let other = try DirectoryStore.open(bench.folder.appending("store"))
        let error = #expect(throws: EnvironmentError.self) { try EnvironmentTree.assemble(environment, lock, store: other) }
        guard case .changed(earlier.digest, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `threads that need one environment get the same`() throws {
        let bench = try EnvironmentBench()
        let lock = bench.lockfile(tools: [("sh", try pin(bench, [("usr/bin/sh", "1")]))])
        let environment = try #require(lock.pin(environment: "default"))
        let store = bench.store
        let trees = try ParallelWork.map(Array(0..<8)) { (_) throws(EnvironmentError) in
            try EnvironmentTree.assemble(environment, lock, store: store)
        }
        #expect(Set(trees).count == 1 && trees.count == 8)
    }
}
