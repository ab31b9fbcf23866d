import Canonical
import Diagnostics
import Storage
import Testing

@testable import Locking

@Suite struct LockfileTests {
    private static func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }

    private static let sample = Lockfile(
        data: [
            .init("photos", DataPin(digest: digest("photos"), kind: .tree, size: 81_264_640, files: 2400)),
            .init("breast-cancer", DataPin(digest: digest("breast-cancer"), kind: .file, size: 123_865, files: 1)),
        ],
        results: [
            .init(
                "split",
                ResultPin(
                    key: digest("key"),
                    outputs: [
                        .init(name: "train", object: DataPin(digest: digest("train"), kind: .file, size: 92_815, files: 1)),
                        .init(name: "test", object: DataPin(digest: digest("test"), kind: .file, size: 31_050, files: 1)),
                    ]))
        ])

    @Test func `the layout is fixed to the byte`() {
        let expected = """
            {
            "pins": {
            "data/breast-cancer":
              {"digest": "\(Self.digest("breast-cancer"))", "files": 1, "kind": "file", "size": 123865},
            "data/photos":
              {"digest": "\(Self.digest("photos"))", "files": 2400, "kind": "tree", "size": 81264640},
            "version": 1
            },
            "results": {
            "stage/split":
              {"key": "\(Self.digest("key"))", "outputs": {"test": {"digest": "\(Self.digest("test"))", \
            "files": 1, "kind": "file", "size": 31050}, "train": {"digest": "\(Self.digest("train"))", \
            "files": 1, "kind": "file", "size": 92815}}},
            "version": 1
            }
            }

            """
        #expect(String(decoding: Self.sample.encode(), as: UTF8.self) == expected)
    }

    @Test func `the bytes do not depend on the order in which entries were given`() {
        let reversed = Lockfile(data: Self.sample.data.reversed(), results: Self.sample.results.reversed())
        #expect(reversed == Self.sample)
        #expect(reversed.encode() == Self.sample.encode())
    }

    @Test func `of two entries with one name the later counts`() {
        let old = DataPin(digest: Self.digest("old"), kind: .file, size: 1, files: 1)
        let new = DataPin(digest: Self.digest("new"), kind: .file, size: 1, files: 1)
        let lockfile = Lockfile(data: [.init("b", old), .init("a", old), .init("b", new)])
        #expect(lockfile.data.map(\.name) == ["a", "b"])
        #expect(lockfile.pin(data: "b") == new)
    }

    @Test func `recording replaces results and keeps everything else`() {
        let result = ResultPin(key: Self.digest("other key"), outputs: [])
        let recorded = Self.sample.recording([.init("train", result), .init("split", result)])
        #expect(recorded.data == Self.sample.data)
        #expect(recorded.results == [.init("split", result), .init("train", result)])
        #expect(recorded.keepingResults(of: ["train", "unknown"]).results == [.init("train", result)])
    }

    @Test(arguments: 0..<200) func `what is written reads back as the same value, without a word`(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        func name() -> String { "abcz".prefix(1 + next(4)) + "-\(next(30))" }
        func pin() -> DataPin {
            let kind: DataPin.Kind = next(2) == 0 ? .file : .tree
            return DataPin(
                digest: Self.digest("\(next(1_000_000))"), kind: kind, size: next(1 << 53), files: kind == .file ? 1 : next(1 << 20))
        }
        func result() -> ResultPin {
            ResultPin(key: pin().digest, outputs: Set((0..<next(4)).map { _ in name() }).sorted().map { .init(name: $0, object: pin()) })
        }
        let lockfile = Lockfile(
            data: (0..<next(20)).map { _ in .init(name(), pin()) }, results: (0..<next(20)).map { _ in .init(name(), result()) })
        let read = LockfileReader.read(SourceText(name: "mlops.lock", bytes: lockfile.encode()))
        #expect(read.diagnostics.isEmpty)
        #expect(read.value == lockfile)
    }
}
