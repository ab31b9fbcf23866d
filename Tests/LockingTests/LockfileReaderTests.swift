import Canonical
import Diagnostics
import Storage
import Testing

@testable import Locking

@Suite struct LockfileReaderTests {
    private let first = "sha256:" + String(repeating: "a1", count: 32)
    private let second = "sha256:" + String(repeating: "b2", count: 32)

    /// Reads the text without its marker, and expects exactly one diagnostic of the code at the marker.
    private func expect(_ code: String, in marked: String, _ place: SourceLocation = #_sourceLocation) -> Diagnostic? {
        let marker = Array("1️⃣".utf8)
        let bytes = Array(marked.utf8)
        guard let offset = bytes.indices.first(where: { bytes[$0...].starts(with: marker) }) else {
            Issue.record("the text has no marker", sourceLocation: place)
            return nil
        }
        let source = SourceText(name: "mlops.lock", bytes: Array(bytes[..<offset] + bytes[(offset + marker.count)...]))
        let result = LockfileReader.read(source)
        #expect(result.diagnostics.map(\.code) == [code], sourceLocation: place)
        #expect(result.diagnostics.first?.location?.span?.lower == offset, sourceLocation: place)
        #expect((result.value == nil) == result.hasErrors, sourceLocation: place)
        guard let diagnostic = result.diagnostics.first else { return nil }
        if let fixIt = diagnostic.fixIt {
            let (fixed, applied) = FixIt.apply([fixIt], to: source.bytes)
            #expect(applied == 1, sourceLocation: place)
            let codes = LockfileReader.read(SourceText(name: "mlops.lock", bytes: fixed)).diagnostics.map(\.code)
            #expect(!codes.contains(code), sourceLocation: place)
        }
        return diagnostic
    }

    /// A lockfile with one pin, whose value is `pin`.
    private func withPin(_ pin: String) -> String {
        "{\n\"pins\": {\n\"data/rows\":\n  \(pin),\n\"version\": 1\n},\n\"results\": {\n\"version\": 1\n}\n}\n"
    }

    @Test func `patterns in a pin are as they are written, and the only way to keep less is a reference`() {
        func pin(_ more: String, kind: String = "tree") -> String {
            withPin("{\"digest\": \"\(first)\", \"files\": 1, \(more)\"kind\": \"\(kind)\", \"size\": 1}")
        }
        for list in ["[]", "[\"b\", \"a\"]", "[\"a\", \"a\"]", "[\"a\", 1]", "[\"a\\n\"]"] {
            _ = expect("lock/bad-value", in: pin("\"ignore\": 1️⃣\(list), "))
        }
        _ = expect("lock/bad-value", in: pin("\"ignore\": 1️⃣[\"a\"], ", kind: "file"))
        _ = expect("lock/wrong-type", in: pin("\"ignore\": 1️⃣\"a\", "))
        _ = expect("lock/bad-value", in: pin("\"keep\": 1️⃣\"copy\", "))
        let text = pin("\"ignore\": [\"*.tmp\", \"cache/\"], \"keep\": \"reference\", ")
        let read = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(read.diagnostics.isEmpty)
        #expect(read.value?.pin(data: "rows")?.ignore == ["*.tmp", "cache/"])
        #expect(read.value?.pin(data: "rows")?.isReference == true)
    }

    /// A lockfile with one result, whose value is `result`.
    private func withResult(_ result: String) -> String {
        "{\n\"pins\": {\n\"version\": 1\n},\n\"results\": {\n\"stage/train\":\n  \(result),\n\"version\": 1\n}\n}\n"
    }

    @Test func `a pin and a result are read`() throws {
        let object = "{\"digest\": \"\(first)\", \"files\": 3, \"kind\": \"tree\", \"size\": 12}"
        let pins = LockfileReader.read(SourceText(name: "mlops.lock", text: withPin(object)))
        #expect(pins.diagnostics.isEmpty)
        let digest = try #require(Digest(first))
        #expect(pins.value?.pin(data: "rows") == DataPin(digest: digest, kind: .tree, size: 12, files: 3))
        #expect(pins.value?.pin(data: "row") == nil)

        let results = LockfileReader.read(
            SourceText(name: "mlops.lock", text: withResult("{\"key\": \"\(second)\", \"outputs\": {\"model\": \(object)}}")))
        #expect(results.diagnostics.isEmpty)
        #expect(results.value?.result(stage: "train")?.key.description == second)
        #expect(results.value?.result(stage: "train")?[output: "model"]?.files == 3)
    }

    @Test func `a digest with a typing error is no digest`() {
        let short = first.dropLast()
        let diagnostic = expect(
            "lock/bad-digest", in: withPin("{\"digest\": 1️⃣\"\(short)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"))
        #expect(diagnostic?.message == "'digest' of the pin of data 'rows' must be 'sha256:' and 64 lower-case hexadecimal digits")
        #expect(diagnostic?.notes.first?.message.contains("mlbuild lock") == true)
        _ = expect(
            "lock/bad-digest", in: withPin("{\"digest\": 1️⃣\"\(first.uppercased())\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"))
        _ = expect("lock/bad-digest", in: withPin("{\"digest\": 1️⃣12, \"files\": 1, \"kind\": \"file\", \"size\": 1}"))
        _ = expect("lock/bad-digest", in: withResult("{\"key\": 1️⃣\"\", \"outputs\": {}}"))
    }

    @Test func `an unknown key is named with the one that was meant`() {
        let diagnostic = expect(
            "lock/unknown-key", in: withPin("{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1, 1️⃣\"host\": 1}"))
        #expect(diagnostic?.fixIt == nil)
        _ = expect("lock/unknown-key", in: "{\"pins\": {\"version\": 1}, \"results\": {\"version\": 1}, 1️⃣\"notes\": {}}")
        _ = expect("lock/unknown-key", in: "{\"pins\": {1️⃣\"image/numpy\": 1, \"version\": 1}, \"results\": {\"version\": 1}}")
    }

    @Test func `a misspelt member is missing, and the fix-it brings it back`() throws {
        let source = SourceText(
            name: "mlops.lock", text: withPin("{\"digest\": \"\(first)\", \"fils\": 1, \"kind\": \"file\", \"size\": 1}"))
        let result = LockfileReader.read(source)
        #expect(result.diagnostics.map(\.code) == ["lock/unknown-key", "lock/missing-key"])
        let fixIt = try #require(result.diagnostics.first?.fixIt)
        #expect(fixIt.title == "replace with 'files'")
        let fixed = FixIt.apply([fixIt], to: source.bytes).bytes
        #expect(LockfileReader.read(SourceText(name: "mlops.lock", bytes: fixed)).diagnostics.isEmpty)
    }

    @Test func `a missing member is named at the object that lacks it`() {
        let diagnostic = expect("lock/missing-key", in: withPin("1️⃣{\"digest\": \"\(first)\", \"files\": 1, \"size\": 1}"))
        #expect(diagnostic?.message == "the pin of data 'rows' has no 'kind'")
        _ = expect("lock/missing-key", in: withResult("1️⃣{\"key\": \"\(first)\"}"))
        _ = expect("lock/missing-key", in: "1️⃣{\"pins\": {\"version\": 1}}")
        _ = expect("lock/missing-key", in: "{\"pins\": 1️⃣{}, \"results\": {\"version\": 1}}")
    }

    @Test func `a value of another type is named with both types`() {
        let diagnostic = expect("lock/wrong-type", in: withPin("1️⃣[]"))
        #expect(diagnostic?.message == "the pin of data 'rows' is a list, and must be an object")
        _ = expect("lock/wrong-type", in: "1️⃣[]")
        _ = expect("lock/wrong-type", in: "{\"pins\": 1️⃣null, \"results\": {\"version\": 1}}")
        _ = expect("lock/wrong-type", in: "{\"pins\": {\"version\": 1️⃣\"1\"}, \"results\": {\"version\": 1}}")
        _ = expect("lock/wrong-type", in: withResult("{\"key\": \"\(first)\", \"outputs\": 1️⃣\"none\"}"))
    }

    @Test func `a count or kind outside its range is refused`() {
        _ = expect("lock/bad-value", in: withPin("{\"digest\": \"\(first)\", \"files\": 1, \"kind\": 1️⃣\"link\", \"size\": 1}"))
        _ = expect("lock/bad-value", in: withPin("{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1️⃣-1}"))
        _ = expect("lock/bad-value", in: withPin("{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1️⃣1.5}"))
        _ = expect("lock/bad-value", in: withPin("{\"digest\": \"\(first)\", \"files\": 1️⃣2, \"kind\": \"file\", \"size\": 1}"))
    }

    @Test func `a name against the rule is refused`() {
        let pin = "{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
        for name in ["data/", "data/Rows", "data/a.b", "data/../x", "data/é", "data/" + String(repeating: "a", count: 65)] {
            _ = expect("lock/bad-name", in: "{\"pins\": {1️⃣\"\(name)\": \(pin), \"version\": 1}, \"results\": {\"version\": 1}}")
        }
        _ = expect(
            "lock/bad-name",
            in: "{\"pins\": {\"version\": 1}, \"results\": {1️⃣\"stage/a_b\": {\"key\": \"\(first)\", \"outputs\": {}}, \"version\": 1}}")
        _ = expect("lock/bad-name", in: withResult("{\"key\": \"\(first)\", \"outputs\": {1️⃣\"Model\": \(pin)}}"))
    }

    @Test func `another version is the only thing said of a file`() {
        let newer = expect(
            "lock/newer-version", in: "{\"pins\": {\"wheel/numpy\": 1, \"version\": 1️⃣2}, \"more\": 1, \"results\": {\"version\": 2}}")
        #expect(newer?.message == "the lockfile has version 2, and this mlbuild reads version 1")
        #expect(newer?.notes.map(\.message) == ["use the version of mlbuild that wrote it, or a later one"])
        let older = expect("lock/older-version", in: "{\"pins\": {\"version\": 1}, \"results\": {\"version\": 1️⃣0}}")
        #expect(older?.message == "the lockfile has version 0, which this mlbuild reads no more")
        #expect(older?.notes.count == 1)
    }

    @Test func `text that is no JSON says where, and the way out`() {
        let result = LockfileReader.read(SourceText(name: "mlops.lock", text: "{\n\"pins\": {\n\"version\": 1,\n}\n"))
        #expect(result.value == nil)
        #expect(result.diagnostics.allSatisfy { $0.code.hasPrefix("json/") && $0.notes.last?.message == LockfileReader.wayOut })
        #expect(!result.diagnostics.isEmpty)
    }

    @Test func `an entry that stands twice is refused`() {
        let pin = "{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
        let text = "{\"pins\": {\"data/a\": \(pin), \"data/a\": \(pin), \"version\": 1}, \"results\": {\"version\": 1}}"
        let result = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["json/duplicate-key"])
    }

    @Test func `every problem of a file is reported`() {
        let text = """
            {"pins": {"data/a": 1, "data/b": {"digest": "x"}, "version": 1}, "results": {"stage/c": [], "version": 1}, "extra": 0}
            """
        let codes = LockfileReader.read(SourceText(name: "mlops.lock", text: text)).diagnostics.map(\.code)
        #expect(
            codes.sorted() == [
                "lock/bad-digest", "lock/missing-key", "lock/missing-key", "lock/missing-key", "lock/unknown-key", "lock/wrong-type",
                "lock/wrong-type",
            ])
    }

    @Test func `another layout is accepted with a warning at the first byte that differs`() {
        let pin = "{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
        let warning = expect("lock/layout", in: withPin(pin).replacing("\"data/rows\":\n  {", with: "\"data/rows\":1️⃣ {"))
        #expect(warning?.severity == .warning)
        _ = expect("lock/layout", in: withPin(pin) + "1️⃣\n")
        _ = expect("lock/layout", in: String(withPin(pin).dropLast()) + "1️⃣")
        _ = expect("lock/layout", in: "{1️⃣\r\n" + withPin(pin).dropFirst(2))
        let swapped = pin.replacing("\"files\": 1, \"kind\": \"file\"", with: "\"1️⃣kind\": \"file\", \"files\": 1")
        _ = expect("lock/layout", in: withPin(swapped))
    }

    @Test func `the order of entries is part of the layout and not of the meaning`() {
        let pin = "{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
        let text = withPin(pin).replacing("\"data/rows\":", with: "\"data/b\":\n  \(pin),\n\"data/a\":")
        let result = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(result.diagnostics.map(\.code) == ["lock/layout"])
        #expect(result.value?.data.map(\.name) == ["a", "b"])
    }

    @Test func `no damage goes further than the value it stands in`() {
        let pin = "{\"digest\": \"\(first)\", \"files\": 1, \"kind\": \"file\", \"size\": 1}"
        let whole = Array(withResult("{\"key\": \"\(second)\", \"outputs\": {\"model\": \(pin)}}").utf8)
        for offset in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[offset] ^= 1 << UInt8(bit)
                let result = LockfileReader.read(SourceText(name: "mlops.lock", bytes: bytes))
                #expect((result.value == nil) == result.hasErrors)
                // What is read without a word is what stands there, to the byte.
                if result.diagnostics.isEmpty { #expect(result.value?.encode() == bytes) }
            }
            let cut = LockfileReader.read(SourceText(name: "mlops.lock", bytes: Array(whole[..<offset])))
            #expect(offset >= whole.count - 1 || cut.value == nil)
        }
    }

    @Test func `conflicts in conflicts are looked into only so deep`() {
        let text = (7..<2_500).map { String(repeating: "<", count: $0) }.joined(separator: "\n")
        let read = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(read.diagnostics.map(\.code) == ["lock/conflict"])
        #expect(LockfileReader.recover(SourceText(name: "mlops.lock", text: text)) == Lockfile())
    }
}
