import Diagnostics
import Manifests
import Testing

@Suite struct GateTaskTests {
    private static func codes(training: String, metric: String) -> [String] {
        let text =
            #"{ "version": 1, "name": "x", "data": { "rows": { "path": "rows.csv" } }, "stages": { "#
            + #""train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "y", \#(training) } }, "#
            + #""judge": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "data.rows" } } }, "#
            + #""model": { "from": "train.model", "version": "1.0.0", "metrics": "judge.metrics", "gates": { "\#(metric)": { "min": 0.5 } } } }"#
        return ManifestReader.read(SourceText(name: Manifest.fileName, text: text)).diagnostics.map(\.code)
    }

    @Test func `a gate on a metric of the learner's only task is right, and one of the other task is not`() {
        let linear = #""learner": { "kind": "linear" }"#
        let logistic = #""learner": { "kind": "logistic" }"#
        #expect(Self.codes(training: linear, metric: "r2") == [])
        #expect(Self.codes(training: linear, metric: "accuracy") == ["manifest/gate-task"])
        #expect(Self.codes(training: logistic, metric: "accuracy") == [])
        #expect(Self.codes(training: logistic, metric: "r2") == ["manifest/gate-task"])
    }

    @Test func `where the data decides the task, gates of both tasks are taken`() {
        let open = #""task": "auto", "learner": { "kind": "boosted-trees" }"#
        #expect(Self.codes(training: open, metric: "r2") == [])
        #expect(Self.codes(training: open, metric: "accuracy") == [])
    }

    @Test func `a task that is said decides`() {
        let said = #""task": "classification""#
        #expect(Self.codes(training: said, metric: "f1") == [])
        #expect(Self.codes(training: said, metric: "mae") == ["manifest/gate-task"])
    }

    @Test func `the scores of a training stage can be gated, and exist only with cross-validation`() {
        func codes(_ options: String, metric: String) -> [String] {
            let text =
                #"{ "version": 1, "name": "x", "data": { "rows": { "path": "rows.csv" } }, "stages": { "#
                + #""train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "y"\#(options) } } }, "#
                + #""model": { "from": "train.model", "version": "1.0.0", "metrics": "train.scores", "gates": { "\#(metric)": { "min": 0.5 } } } }"#
            return ManifestReader.read(SourceText(name: Manifest.fileName, text: text)).diagnostics.map(\.code)
        }
        let linear = #", "learner": { "kind": "linear" }"#
        #expect(codes(#", "cross-validation": 5"# + linear, metric: "r2") == [])
        #expect(codes(#", "cross-validation": 5"# + linear, metric: "accuracy") == ["manifest/gate-task"])
        #expect(codes("", metric: "accuracy") == ["manifest/unknown-output"])
        #expect(codes(#", "cross-validation": 1"#, metric: "accuracy") == ["manifest/out-of-range"])
    }

    @Test func `class weights are a word or numbers by class`() {
        func codes(_ weights: String) -> [String] { Self.codes(training: #""class-weights": \#(weights)"#, metric: "accuracy") }
        #expect(codes(#""balanced""#) == [])
        #expect(codes(#"{ "yes": 3, "no": 0.5 }"#) == [])
        #expect(codes(#""equal""#) == ["manifest/unknown-choice"])
        #expect(codes(#"{ "yes": 0 }"#) == ["manifest/out-of-range"])
        #expect(codes(#"{ "": 1 }"#) == ["manifest/empty"])
        #expect(codes("3") == ["manifest/wrong-type"])
    }
}
