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

    @Test func `environments, programs and wheels have two lines each, and absent members are left out`() {
        let tree = DataPin(digest: Self.digest("tree"), kind: .tree, size: 7, files: 2)
        let wheel = "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
        let lockfile = Lockfile(
            environments: [
                .init(
                    "default",
                    EnvironmentPin(
                        request: Self.digest("request"), platform: "linux-x86_64", python: "python-3.11.7",
                        tools: ["sh", "coreutils", "sh"],
                        wheels: [wheel], libraries: tree)),
                .init(
                    "base",
                    EnvironmentPin(
                        request: Self.digest("base"), platform: "linux-x86_64", python: nil, tools: [], wheels: [], libraries: nil)),
            ],
            programs: [
                .init("sh", ProgramPin(tree: tree, origin: ["dash 0.5.12-2"])), .init("coreutils", ProgramPin(tree: tree, origin: [])),
                .init("python-3.11.7", ProgramPin(tree: tree, origin: [])),
            ],
            wheels: [.init(wheel, WheelPin(digest: Self.digest("wheel"), size: 18_300_000))])
        let expected = """
            {
            "pins": {
            "environment/base":
              {"platform": "linux-x86_64", "request": "\(Self.digest("base"))", "tools": [], "wheels": []},
            "environment/default":
              {"libraries": {"digest": "\(Self.digest("tree"))", "files": 2, "kind": "tree", "size": 7}, "platform": "linux-x86_64", \
            "python": "python-3.11.7", "request": "\(Self.digest("request"))", "tools": ["coreutils", "sh"], "wheels": ["\(wheel)"]},
            "program/coreutils":
              {"origin": [], "tree": {"digest": "\(Self.digest("tree"))", "files": 2, "kind": "tree", "size": 7}},
            "program/python-3.11.7":
              {"origin": [], "tree": {"digest": "\(Self.digest("tree"))", "files": 2, "kind": "tree", "size": 7}},
            "program/sh":
              {"origin": ["dash 0.5.12-2"], "tree": {"digest": "\(Self.digest("tree"))", "files": 2, "kind": "tree", "size": 7}},
            "wheel/\(wheel)":
              {"digest": "\(Self.digest("wheel"))", "size": 18300000},
            "version": 1
            },
            "results": {
            "version": 1
            }
            }

            """
        #expect(String(decoding: lockfile.encode(), as: UTF8.self) == expected)
        let read = LockfileReader.read(SourceText(name: "mlops.lock", text: expected))
        #expect(read.diagnostics.isEmpty)
        #expect(read.value == lockfile)
    }

    @Test func `pins are the same whatever the results are, and no others`() {
        let pins = Lockfile(data: Self.sample.data)
        #expect(pins.hasSamePins(as: Self.sample))
        #expect(!pins.hasSamePins(as: Lockfile()))
        let wheel = WheelPin(digest: Self.digest("wheel"), size: 1)
        #expect(!pins.hasSamePins(as: pins.replacing(environments: [], programs: [], wheels: [.init("a-1-py3-none-any.whl", wheel)])))
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
        func tree() -> DataPin { DataPin(digest: pin().digest, kind: .tree, size: next(1 << 40), files: next(1 << 20)) }
        func wheelName() -> String { "p_\(next(9))-1.\(next(3))-\(next(2) == 0 ? "" : "1b-")py3-none-any.whl" }
        let tools = (0..<next(9)).map { _ in
            Lockfile.Entry(name(), ProgramPin(tree: tree(), origin: (0..<next(3)).map { _ in "\(name()) \"\(next(9)):é\u{1F}" }))
        }
        let interpreter = Lockfile.Entry("python-3.\(next(20))", ProgramPin(tree: tree(), origin: []))
        let wheels = (0..<next(9)).map { _ in Lockfile.Entry(wheelName(), WheelPin(digest: pin().digest, size: next(1 << 53))) }
        func environment() -> EnvironmentPin {
            EnvironmentPin(
                request: pin().digest, platform: "linux-x86_64", python: next(2) == 0 ? nil : interpreter.name,
                tools: tools.filter { _ in next(2) == 0 }.map(\.name), wheels: wheels.filter { _ in next(2) == 0 }.map(\.name),
                libraries: next(2) == 0 ? nil : tree())
        }
        let lockfile = Lockfile(
            data: (0..<next(20)).map { _ in .init(name(), pin()) }, environments: (0..<next(4)).map { _ in .init(name(), environment()) },
            programs: tools + [interpreter], wheels: wheels, results: (0..<next(20)).map { _ in .init(name(), result()) })
        let read = LockfileReader.read(SourceText(name: "mlops.lock", bytes: lockfile.encode()))
        #expect(read.diagnostics.isEmpty)
        #expect(read.value == lockfile)
    }
}
