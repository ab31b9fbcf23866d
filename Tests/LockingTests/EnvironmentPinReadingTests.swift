import Canonical
import Diagnostics
import Testing

@testable import Locking

@Suite struct EnvironmentPinReadingTests {
    private static let digest = "sha256:" + String(repeating: "a1", count: 32)
    private static let tree = "{\"digest\": \"\(digest)\", \"files\": 3, \"kind\": \"tree\", \"size\": 12}"
    private static let program = "{\"origin\": [\"dash 0.5.12-2\"], \"tree\": \(tree)}"
    private static let wheelName = "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    private static let wheel = "{\"digest\": \"\(digest)\", \"size\": 5}"
    private static let environment =
        "{\"platform\": \"linux-x86_64\", \"python\": \"python-3.11.7\", \"request\": \"\(digest)\", "
        + "\"tools\": [\"sh\"], \"wheels\": [\"\(wheelName)\"]}"

    /// A lockfile of these pins, as mlbuild lays it out.
    private static func lock(_ pins: [(String, String)]) -> String {
        let entries = pins.map { "\"\($0)\":\n  \($1),\n" }.joined()
        return "{\n\"pins\": {\n\(entries)\"version\": 1\n},\n\"results\": {\n\"version\": 1\n}\n}\n"
    }

    private static let whole = [
        ("environment/default", environment), ("program/python-3.11.7", program), ("program/sh", program), ("wheel/\(wheelName)", wheel),
    ]

    /// Reads the text without its marker, and expects exactly one error of the code at the marker.
    private func expect(_ code: String, _ message: String? = nil, in marked: String, _ place: SourceLocation = #_sourceLocation) {
        let marker = Array("1️⃣".utf8)
        let bytes = Array(marked.utf8)
        guard let offset = bytes.indices.first(where: { bytes[$0...].starts(with: marker) }) else {
            Issue.record("the text has no marker", sourceLocation: place)
            return
        }
        let source = SourceText(name: "mlops.lock", bytes: Array(bytes[..<offset] + bytes[(offset + marker.count)...]))
        let result = LockfileReader.read(source)
        #expect(result.value == nil, sourceLocation: place)
        #expect(result.diagnostics.map(\.code) == [code], sourceLocation: place)
        #expect(result.diagnostics.first?.location?.span?.lower == offset, sourceLocation: place)
        if let message { #expect(result.diagnostics.map(\.message) == [message], sourceLocation: place) }
    }

    @Test func `an environment is read with what it stands on`() throws {
        let result = LockfileReader.read(SourceText(name: "mlops.lock", text: Self.lock(Self.whole)))
        #expect(result.diagnostics.isEmpty)
        let lockfile = try #require(result.value)
        let pin = try #require(lockfile.pin(environment: "default"))
        #expect(pin.python == "python-3.11.7")
        #expect(pin.programs == ["python-3.11.7", "sh"])
        #expect(pin.wheels == [Self.wheelName])
        #expect(pin.libraries == nil)
        #expect(lockfile.pin(program: "sh")?.origin == ["dash 0.5.12-2"])
        #expect(lockfile.pin(wheel: Self.wheelName)?.size == 5)
        #expect(lockfile.dangling(pin).isEmpty)
    }

    @Test func `a name that an environment stands on and that has no pin is an error at the name`() {
        let tools = Self.environment.replacing("[\"sh\"]", with: "[1️⃣\"sh\"]")
        expect(
            "lock/dangling-pin", "environment 'default' stands on 'program/sh', which has no pin",
            in: Self.lock([("environment/default", tools), Self.whole[1], Self.whole[3]]))
        let python = Self.environment.replacing("\"python-3", with: "1️⃣\"python-3")
        expect("lock/dangling-pin", in: Self.lock([("environment/default", python), Self.whole[2], Self.whole[3]]))
        let wheels = Self.environment.replacing("[\"numpy", with: "[1️⃣\"numpy")
        expect("lock/dangling-pin", in: Self.lock([("environment/default", wheels), Self.whole[1], Self.whole[2]]))
    }

    @Test func `an interpreter is no tool, a tool no interpreter, and nothing is named twice`() {
        let others = [Self.whole[1], Self.whole[2], Self.whole[3]]
        let python = Self.environment.replacing("\"python-3.11.7\"", with: "1️⃣\"sh\"")
        expect("lock/bad-value", in: Self.lock([("environment/default", python)] + others))
        let tool = Self.environment.replacing("[\"sh\"]", with: "[1️⃣\"python-3.11.7\", \"sh\"]")
        expect("lock/bad-value", in: Self.lock([("environment/default", tool)] + others))
        let twice = Self.environment.replacing("[\"sh\"]", with: "1️⃣[\"sh\", \"sh\"]")
        expect("lock/bad-value", in: Self.lock([("environment/default", twice)] + others))
    }

    @Test func `environments that stand on missing pins are left out when the file is recovered`() {
        let spare = ("environment/spare", Self.environment.replacing("[\"\(Self.wheelName)\"]", with: "[]"))
        let source = SourceText(name: "mlops.lock", text: Self.lock([Self.whole[0], spare, Self.whole[1], Self.whole[2]]))
        #expect(LockfileReader.isRecoverable(LockfileReader.read(source).diagnostics))
        let recovered = LockfileReader.recover(source)
        #expect(recovered.environments.map(\.name) == ["spare"])
        #expect(recovered.programs.map(\.name) == ["python-3.11.7", "sh"])
    }

    @Test func `a conflict over a wheel takes the environment along, and nothing else`() {
        let other = Self.wheel.replacing("\"size\": 5", with: "\"size\": 6")
        let text = Self.lock(Self.whole).replacing(
            "  \(Self.wheel),\n", with: "<<<<<<< HEAD\n  \(Self.wheel),\n=======\n  \(other),\n>>>>>>> branch\n")
        let source = SourceText(name: "mlops.lock", text: text)
        #expect(LockfileReader.read(source).diagnostics.map(\.code) == ["lock/conflict"])
        let recovered = LockfileReader.recover(source)
        #expect(recovered.environments.isEmpty)
        #expect(recovered.wheels.isEmpty)
        #expect(recovered.programs.map(\.name) == ["python-3.11.7", "sh"])
    }

    @Test func `damage is not recoverable`() {
        let source = SourceText(name: "mlops.lock", text: Self.lock([("program/sh", "[]")]))
        #expect(!LockfileReader.isRecoverable(LockfileReader.read(source).diagnostics))
        #expect(LockfileReader.recover(source) == Lockfile())
    }

    @Test func `members outside their rules are refused where they stand`() {
        func alone(_ environment: String) -> String {
            Self.lock([("environment/default", environment), Self.whole[1], Self.whole[2], Self.whole[3]])
        }
        expect("lock/bad-value", in: alone(Self.environment.replacing("\"linux", with: "1️⃣\"Linux")))
        expect("lock/bad-value", in: alone(Self.environment.replacing("\"python-3.11.7\"", with: "1️⃣\"../python\"")))
        expect("lock/bad-value", in: alone(Self.environment.replacing("[\"sh\"]", with: "[1️⃣\"bin/sh\"]")))
        expect("lock/bad-value", in: alone(Self.environment.replacing("[\"\(Self.wheelName)\"]", with: "[1️⃣\"../\(Self.wheelName)\"]")))
        expect("lock/wrong-type", in: alone(Self.environment.replacing("[\"sh\"]", with: "[1️⃣3]")))
        expect("lock/wrong-type", in: alone(Self.environment.replacing("[\"sh\"]", with: "1️⃣{}")))
        expect("lock/missing-key", in: alone("1️⃣" + Self.environment.replacing("\"tools\": [\"sh\"], ", with: "")))
        expect("lock/unknown-key", in: alone(Self.environment.replacing("\"tools\": ", with: "1️⃣\"host\": 1, \"tools\": ")))
        expect(
            "lock/bad-value", "'libraries' of the pin of environment 'default' must be a tree",
            in: alone(
                "{\"libraries\": 1️⃣\(Self.tree.replacing("tree", with: "file").replacing("\"files\": 3", with: "\"files\": 1")), "
                    + Self.environment.dropFirst()))
        expect("lock/missing-key", in: Self.lock([("program/sh", "1️⃣{\"origin\": []}")]))
        expect("lock/bad-value", in: Self.lock([("program/sh", Self.program.replacing("\"dash 0.5.12-2\"", with: "1️⃣\"\""))]))
        expect("lock/wrong-type", in: Self.lock([("wheel/\(Self.wheelName)", "1️⃣\"\(Self.digest)\"")]))
        expect("lock/bad-value", in: Self.lock([("wheel/\(Self.wheelName)", Self.wheel.replacing("\"size\": 5", with: "\"size\": 1️⃣-5"))]))
        expect("lock/unknown-key", in: Self.lock([("wheel/\(Self.wheelName)", "{1️⃣\"url\": \"x\", " + Self.wheel.dropFirst())]))
    }

    @Test(arguments: [
        "wheel/numpy", "wheel/.whl", "wheel/numpy-1.26.4.tar.gz", "wheel/numpy-1.26.4-cp311-any.whl", "wheel/a-1-b1-py3-none-any.whl",
        "wheel/a--py3-none-any.whl", "wheel/../a-1-py3-none-any.whl", "wheel/a-1-py3-none-any.whl/", "wheel/.a-1-py3-none-any.whl",
        "wheel/a-1-py3..py2-none-any.whl", "wheel/a-1-py3-none-any.WHL", "wheel/ä-1-py3-none-any.whl",
        "program/", "program/-x", "program/bin/sh", "program/..", "environment/Default", "environment/a_b", "environment/",
    ])
    func `a name against the rule of its kind is refused`(key: String) {
        expect("lock/bad-name", in: Self.lock([(key, "{}")]).replacing("\"\(key)\"", with: "1️⃣\"\(key)\""))
    }

    @Test func `names of wheels are taken apart`() throws {
        let name = try #require(WheelName("Scikit_Learn.x-1!2.0+cpu-1b-cp311.py3-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"))
        #expect(name.distribution == "Scikit_Learn.x")
        #expect(name.project == "scikit-learn-x")
        #expect(name.version == "1!2.0+cpu")
        #expect(name.pythons == ["cp311", "py3"])
        #expect(name.abis == ["abi3"])
        #expect(name.platforms == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"])
        #expect(WheelName.project("A__b.-C") == "a-b-c")
    }

    @Test func `no damage goes further than the value it stands in`() {
        let whole = Array(Self.lock(Self.whole).utf8)
        for offset in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[offset] ^= 1 << UInt8(bit)
                let source = SourceText(name: "mlops.lock", bytes: bytes)
                let result = LockfileReader.read(source)
                #expect((result.value == nil) == result.hasErrors)
                if result.diagnostics.isEmpty { #expect(result.value?.encode() == bytes) }
                let recovered = LockfileReader.recover(source)
                #expect(recovered.environments.allSatisfy { recovered.dangling($0.pin).isEmpty })
            }
        }
    }
}
