import Diagnostics
import Manifests
import Testing

@Suite struct FixItTests {
    @Test func `an unknown key becomes the one that was meant`() throws {
        try MarkedSource.expect(
            "unknown-key", in: #"{ "version": 1, "name": "x", 1️⃣"stagse": {} }"#, fixed: #"{ "version": 1, "name": "x", "stages": {} }"#)
    }

    @Test func `a missing version is put in front`() throws {
        try MarkedSource.expect("missing-key", in: #"1️⃣{ "name": "x" }"#, fixed: "{\n  \"version\": 1, \"name\": \"x\" }")
    }

    @Test func `a name is lowered and its separators mended`() throws {
        try MarkedSource.expect(
            "bad-name", in: #"{ "version": 1, "name": 1️⃣"My First_Model.v2" }"#, fixed: #"{ "version": 1, "name": "my-first-model-v2" }"#)
    }

    @Test func `a name that is another's once mended has no fix-it`() throws {
        let source = SourceText(name: Manifest.fileName, text: #"{ "version": 1, "name": "x", "parameters": { "Seed": 1, "seed": 2 } }"#)
        let errors = ManifestReader.read(source).diagnostics
        #expect(errors.map(\.code) == ["manifest/bad-name", "manifest/name-clash"])
        #expect(errors.allSatisfy { $0.fixIt == nil })
    }

    @Test func `quotes come off a number and go around a version`() throws {
        try MarkedSource.expect(
            "wrong-type", in: #"{ "version": 1, "name": "x", "deployment": { "serve": { "port": 1️⃣"8080" } } }"#,
            fixed: #"{ "version": 1, "name": "x", "deployment": { "serve": { "port": 8080 } } }"#)
        try MarkedSource.expect(
            "wrong-type", in: #"{ "version": 1, "name": "x", "environment": { "python": { "version": 1️⃣3.11 } } }"#,
            fixed: #"{ "version": 1, "name": "x", "environment": { "python": { "version": "3.11" } } }"#)
    }

    @Test func `a path to data goes into an object, and a URL too`() throws {
        try MarkedSource.expect(
            "wrong-type", in: #"{ "version": 1, "name": "x", "data": { "a": 1️⃣"rows.csv" } }"#,
            fixed: #"{ "version": 1, "name": "x", "data": { "a": { "path": "rows.csv" } } }"#)
        try MarkedSource.expect(
            "wrong-type", in: #"{ "version": 1, "name": "x", "data": { "a": 1️⃣"https://example.org/rows.csv" } }"#,
            fixed: #"{ "version": 1, "name": "x", "data": { "a": { "url": "https://example.org/rows.csv" } } }"#)
    }

    @Test func `user info is taken out of a URL`() throws {
        try MarkedSource.expect(
            "url-credentials", in: #"{ "version": 1, "name": "x", "data": { "a": { "url": "https://1️⃣me:pw@example.org/rows.csv" } } }"#,
            fixed: #"{ "version": 1, "name": "x", "data": { "a": { "url": "https://example.org/rows.csv" } } }"#)
    }

    @Test func `a misspelt stage, output, input and kind become what was meant`() throws {
        func manifest(_ stage: String) -> String {
            #"{ "version": 1, "name": "x", "data": { "a": { "path": "a.csv" } }, "stages": { "#
                + #""first": { "uses": "split", "inputs": { "table": "data.a" } }, "second": \#(stage) } }"#
        }
        let good = manifest(#"{ "uses": "split", "inputs": { "table": "first.train" } }"#)
        try MarkedSource.expect("unknown-stage", in: manifest(#"{ "uses": "split", "inputs": { "table": "1️⃣fisrt.train" } }"#), fixed: good)
        try MarkedSource.expect(
            "unknown-output", in: manifest(#"{ "uses": "split", "inputs": { "table": "first.1️⃣trains" } }"#), fixed: good)
        try MarkedSource.expect("unknown-input", in: manifest(#"{ "uses": "split", "inputs": { 1️⃣"tabel": "first.train" } }"#), fixed: good)
        try MarkedSource.expect("unknown-kind", in: manifest(#"{ "uses": 1️⃣"splitt", "inputs": { "table": "first.train" } }"#), fixed: good)
        try MarkedSource.expect("unknown-key", in: manifest(#"{ 1️⃣"user": "split", "inputs": { "table": "first.train" } }"#), fixed: good)
        try MarkedSource.expect(
            "unknown-data", in: manifest(#"{ "uses": "split", "inputs": { "table": "data.1️⃣b" } }"#),
            fixed: manifest(#"{ "uses": "split", "inputs": { "table": "data.a" } }"#))
    }

    @Test func `a place in a string with escapes is pointed at`() throws {
        try MarkedSource.expect(
            "unknown-data",
            in: #"{ "version": 1, "name": "x", "data": { "rows": { "path": "a.csv" } }, "#
                + #""stages": { "s": { "uses": "split", "inputs": { "table": "data.1️⃣ro\u0077" } } } }"#,
            fixed: #"{ "version": 1, "name": "x", "data": { "rows": { "path": "a.csv" } }, "#
                + #""stages": { "s": { "uses": "split", "inputs": { "table": "data.rows" } } } }"#)
    }

    /// A manifest with data, a split and a training, of which the inputs and the model are given.
    private func manifest(split: String, train: String, from: String) -> String {
        #"{ "version": 1, "name": "x", "data": { "rows": { "path": "rows.csv" } }, "stages": { "#
            + #""split": { "uses": "split", "inputs": { "table": \#(split) } }, "#
            + #""train": { "uses": "train", "inputs": { "table": \#(train) }, "with": { "target": "y" } } }, "#
            + #""model": { "from": \#(from), "version": "1.0.0" } }"#
    }

    @Test func `a name alone becomes the reference to what fits the place`() throws {
        let good = manifest(split: #""data.rows""#, train: #""split.train""#, from: #""train.model""#)
        try MarkedSource.expect(
            "reference-syntax", in: manifest(split: #"1️⃣"rows""#, train: #""split.train""#, from: #""train.model""#), fixed: good)
        try MarkedSource.expect(
            "reference-syntax", in: manifest(split: #""data.rows""#, train: #""split.train""#, from: #"1️⃣"train""#), fixed: good)
        try MarkedSource.expect(
            "reference-syntax", in: manifest(split: #""data.rows""#, train: #""split.train""#, from: #"1️⃣"tarin""#), fixed: good)
    }

    @Test func `a name alone with two outputs that fit has no fix-it`() throws {
        let error = try MarkedSource.expect(
            "reference-syntax", in: manifest(split: #""data.rows""#, train: #"1️⃣"split""#, from: #""train.model""#))
        #expect(error.notes.map(\.message) == ["'split' may be one of 'split.train', 'split.test'"])
    }

    @Test func `the path of data becomes a reference to it, pinned`() throws {
        let good = manifest(split: #""data.rows""#, train: #""split.train""#, from: #""train.model""#)
        let marked = manifest(split: #"1️⃣"rows.csv""#, train: #""split.train""#, from: #""train.model""#)
        try MarkedSource.expect("reference-syntax", in: marked, fixed: good)
        let past = SourceText(name: Manifest.fileName, text: marked.split(separator: "1️⃣\"").joined(separator: "\"./"))
        let warnings = ManifestReader.read(past).diagnostics
        #expect(warnings.map(\.code) == ["manifest/unpinned-input", "manifest/unused-data"])
        let fixed = FixIt.apply(warnings.compactMap(\.fixIt), to: past.bytes).bytes
        #expect(String(decoding: fixed, as: UTF8.self) == good)
    }

    @Test func `http has no fix-it, as it may be another source`() throws {
        try MarkedSource.expect(
            "unknown-scheme", in: #"{ "version": 1, "name": "x", "data": { "a": { "url": "1️⃣http://example.org/rows.csv" } } }"#)
    }
}
