import Canonical
import Diagnostics
import Platform
import Running
import StageKinds
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct KindPerformerTests {
    private static let everything = Bench.manifest(
        [Bench.split, Bench.train, Bench.evaluate, Bench.predict, Bench.explain].joined(separator: ", "))

    /// The problems with which performing ends.
    private static func failure(_ bench: Bench) throws -> (diagnostics: [Diagnostic], sources: [SourceText]) {
        do {
            _ = try bench.perform()
        } catch ActionFailure.diagnostics(let diagnostics, let sources) {
            return (diagnostics, sources)
        }
        Issue.record("it went through")
        return ([], [])
    }

    // MARK: Bytes

    @Test func `the bytes of each kind stay as they are until its semantic version changes`() throws {
        let bench = try Bench(Self.everything)
        let made = try bench.perform()
        var text = ""
        for kind in StageKind.allCases {
            for (name, output) in made[kind.rawValue, default: [:]].sorted(by: { $0.key < $1.key }) {
                text += "\(kind.rawValue) \(kind.description.semanticVersion) \(name) \(try output.put(in: bench.store).digest)\n"
            }
        }
        Golden.expect(text, matches: Places.repository().appending("Tests/Golden/kinds.txt"))
    }

    @Test(arguments: [2, 3, 8]) func `the number of threads changes no byte`(threads: Int) throws {
        let bench = try Bench(Self.everything)
        let one = try bench.perform(threads: 1)
        let many = try bench.perform(threads: threads)
        for (stage, outputs) in one {
            for (name, output) in outputs {
                #expect(try output.put(in: bench.store) == many[stage]?[name]?.put(in: bench.store), "\(stage).\(name)")
            }
        }
    }

    // MARK: split

    @Test func `split deals each row to one part, byte for byte`() throws {
        let stage =
            #""split": { "uses": "split", "inputs": { "table": "data.rows" }, "with": { "test": 0.2, "validation": 0.2, "seed": 3 } }"#
        let parts = try Bench(Bench.manifest(stage)).perform()["split", default: [:]]
        #expect(Set(parts.keys) == ["train", "test", "validation"])
        let header = Bench.rows.split(separator: "\n")[0]
        var dealt: [Substring] = []
        for (name, part) in parts {
            let lines = try #require(part.text).split(separator: "\n")
            #expect(lines.first == header, "\(name)")
            dealt += lines.dropFirst()
        }
        #expect(dealt.sorted() == Bench.rows.split(separator: "\n").dropFirst().sorted())
        #expect(parts["test"]?.text?.split(separator: "\n").count == 13)
    }

    @Test func `split keeps the classes' shares in each part`() throws {
        let parts = try Bench(Bench.manifest(Bench.split)).perform()["split", default: [:]]
        func share(_ text: String) -> Double {
            let lines = text.split(separator: "\n").dropFirst()
            return Double(lines.count { $0.hasSuffix(",big") }) / Double(lines.count)
        }
        let all = share(Bench.rows)
        for part in parts.values { #expect((share(try #require(part.text)) - all).magnitude < 0.05) }
    }

    @Test func `another seed deals otherwise, the same seed the same`() throws {
        func test(_ seed: Int) throws -> String? {
            let stage = #""split": { "uses": "split", "inputs": { "table": "data.rows" }, "with": { "seed": \#(seed) } }"#
            return try Bench(Bench.manifest(stage)).perform()["split"]?["test"]?.text
        }
        #expect(try test(1) == test(1))
        #expect(try test(1) != test(2))
    }

    // MARK: train, evaluate, predict

    @Test func `train logs each round as a line of JSON, with the loss going down`() throws {
        let log = try Bench(Self.everything).perform()["train"]?["log"]?.text
        let losses = try #require(log).split(separator: "\n").map { line in
            JSONDocument.parse(SourceText(name: "log", text: String(line))).value?.root.value["loss"]?.numberValue
        }
        #expect(losses.count == 5)
        let known = losses.compactMap { $0 }
        #expect(known.count == 5 && known == known.sorted(by: >), "\(losses)")
    }

    @Test func `a solver that is stopped early says so in the last line of the log`() throws {
        func lines(_ iterations: Int) throws -> [Substring] {
            let stage = #"""
                "train": { "uses": "train", "inputs": { "table": "data.rows" },
                           "with": { "target": "kind", "learner": { "kind": "logistic", "max-iterations": \#(iterations) } } }
                """#
            let log = try Bench(Bench.manifest(stage)).perform()["train"]?["log"]?.text
            return try #require(log).split(separator: "\n")
        }
        #expect(try lines(2).last == #"{"converged":false,"round":2}"#)
        #expect(try lines(1000).allSatisfy { !$0.contains("converged") })
    }

    @Test func `cross-validation gives scores, and its log tells the parts apart`() throws {
        let stage = #"""
            "train": { "uses": "train", "inputs": { "table": "data.rows" },
                       "with": { "target": "kind", "cross-validation": 3, "learner": { "kind": "naive-bayes" } } }
            """#
        let outputs = try #require(try Bench(Bench.manifest(stage)).perform()["train"])
        let scores = try #require(outputs["scores"]?.text)
        #expect(scores.contains(#""folds": 3"#) && scores.contains(#""log_loss": "#))
        let lines = try #require(outputs["log"]?.text).split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines.count { $0.contains(#""fold":2"#) } == 2)
    }

    @Test func `training tells how many of its rounds are done`() throws {
        let told = Mutex<[StageProgress]>([])
        let bench = try Bench(Bench.manifest([Bench.split, Bench.train].joined(separator: ", ")))
        _ = try bench.perform(progress: { step in told.withLock { $0.append(step) } })
        let steps = told.withLock { $0 }
        #expect(steps.first?.text.hasPrefix("features: ") == true)
        #expect(steps.dropFirst().map(\.share) == [0.2, 0.4, 0.6, 0.8, 1])
        #expect(steps.last?.text.hasPrefix("round 5 of 5, loss ") == true)
    }

    @Test func `evaluate and predict agree on every row`() throws {
        let made = try Bench(Self.everything).perform()
        let judged = try #require(made["evaluate"]?["predictions"]?.text).split(separator: "\n")
        let predicted = try #require(made["predict"]?["predictions"]?.text).split(separator: "\n")
        #expect(judged.count == predicted.count)
        #expect(predicted[0].hasPrefix("colour,"), "the columns that were asked for come first: \(predicted[0])")
        let rows = try #require(made["split"]?["test"]?.text).split(separator: "\n")
        for (row, line) in zip(rows, predicted).dropFirst() {
            #expect(line.split(separator: ",")[0] == row.split(separator: ",", omittingEmptySubsequences: false)[2])
        }
    }

    // MARK: Failures

    @Test func `a target that is no column is refused by its name`() throws {
        let stage = #""train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "sort" } }"#
        let failure = try Self.failure(Bench(Bench.manifest(stage)))
        #expect(
            failure.diagnostics.contains { $0.code == "learning/unknown-column" && $0.message.contains("'sort'") }, "\(failure.diagnostics)"
        )
        let text = DiagnosticRenderer(sources: failure.sources).render(failure.diagnostics)
        let said = "mlops.json: error: stage 'train': option 'target' names the column 'sort', which 'data/rows.csv' does not have"
        #expect(text.hasPrefix(said), "\(text)")
    }

    @Test func `a table that cannot be read is shown at the row that is wrong, under the name people know`() throws {
        let stage = #""split": { "uses": "split", "inputs": { "table": "data.rows" } }"#
        let failure = try Self.failure(Bench(Bench.manifest(stage), data: ["rows": "a,b\n1,2\n3\n"]))
        let text = DiagnosticRenderer(sources: failure.sources).render(failure.diagnostics)
        #expect(text.hasPrefix("data/rows.csv:3:"), "\(text)")
    }

    @Test func `a word among the numbers of a column is shown at its place when it is predicted on`() throws {
        let bad = "width,height,colour,kind\nwide,2,red,big\n"
        let manifest = """
            { "version": 1, "name": "tried", "data": { "rows": { "path": "r.csv" }, "bad": { "path": "b.csv" } },
              "stages": { "train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "kind" } },
                          "predict": { "uses": "predict", "inputs": { "model": "train.model", "table": "data.bad" } } } }
            """
        let failure = try Self.failure(Bench(manifest, data: ["rows": Bench.rows, "bad": bad]))
        let text = DiagnosticRenderer(sources: failure.sources).render(failure.diagnostics)
        #expect(text.hasPrefix("data/bad.csv:2:1: error:"), "\(text)")
    }

    @Test func `a stage that is told to stop gives up as cancelled`() throws {
        let bench = try Bench(Bench.manifest([Bench.split, Bench.train].joined(separator: ", ")))
        let failure = #expect(throws: ActionFailure.self) { _ = try bench.perform(isCancelled: { true }) }
        guard case .cancelled = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
}
