import Canonical
import Diagnostics
import StageKinds
import Tables
import Testing

@testable import Learning

@Suite struct CandidateSearchTests {
    private static func rows(_ count: Int) throws -> Table {
        var text = "a,b,c,y\n"
        for row in 0..<count {
            let (a, b) = ((row * 37) % 101, (row * 53) % 97)
            text += "\(a),\(b),\(["u", "v"][row % 2]),\(a + b + (row * 29) % 31 > 110 ? "yes" : "no")\n"
        }
        return try Samples.table(text)
    }

    private static func result(
        _ table: Table, target: String = "y", _ settings: [(String, JSONValue)] = [], more: [(String, JSONValue)] = [], threads: Int = 1,
        note: @escaping (TrainingNote) -> Void = { _ in }
    ) throws -> (model: TrainedModel, records: [JSONValue]) {
        var records: [JSONValue] = []
        let model = try Trainer.result(
            table, options: try Samples.options(target: target, "auto", settings, more: more), threads: threads,
            progress: { records.append($0.record) },
            note: {
                records.append($0.record)
                note($0)
            }
        ).model
        return (model, records)
    }

    @Test func `the candidate with the least loss is fitted to all rows`() throws {
        let table = try Self.rows(160)
        var phrases: [String] = []
        let (model, records) = try Self.result(table, [("candidates", ["logistic", "naive-bayes"])], note: { phrases.append($0.phrase) })
        let verdict = try #require(records.last)
        let learner = try #require(verdict["learner"])
        let options = try TrainingOptions(["target": "y", "learner": learner])
        #expect(try Trainer.train(table, options: options) == model)
        let tried: [JSONValue] = records.filter { $0["learner"] != nil && $0["chosen"] == nil }
        let losses: [Double] = tried.compactMap { $0["log_loss"]?.numberValue }
        #expect(losses.count == 5)
        let chosen = try #require(verdict["log_loss"]?.numberValue)
        #expect(chosen <= (losses.min() ?? 0) * 1.2)
        #expect(phrases.last?.hasPrefix("auto: ") == true)
        #expect(phrases.last?.hasSuffix("(of 5 tried)") == true)
    }

    @Test func `a candidate's loss is that of cross-validation on its parts`() throws {
        let table = try Self.rows(100)
        let (_, records) = try Self.result(table, [("candidates", ["naive-bayes"]), ("folds", 4)])
        let options = try Samples.options(target: "y", "naive-bayes")
        let target = try TargetColumn(training: table, options: options)
        let folds = try Folds(table, target, CrossValidationOptions(folds: 4), seed: 0, purpose: "train/candidates/parts")
        var sum = 0.0
        for fold in folds.list {
            let metrics = try Samples.metrics(try Trainer.train(fold.rest, options: options), on: fold.held)
            sum += try #require(metrics["log_loss"]?.numberValue)
        }
        let loss = try #require(records.last?["log_loss"]?.numberValue)
        #expect((loss - sum / 4).magnitude < 1e-12)
        let parts: [Int] = records.compactMap { $0["candidateFold"]?.integerValue }
        #expect(parts == [1, 2, 3, 4])
    }

    @Test func `threads change neither the choice nor the log`() throws {
        let table = try Self.rows(120)
        let first = try Self.result(table, [("folds", 3)])
        let second = try Self.result(table, [("folds", 3)], threads: 3)
        #expect(first.model == second.model)
        #expect(first.records == second.records)
    }

    @Test func `numbers are predicted by a learner of numbers`() throws {
        var text = "a,b,y\n"
        for row in 0..<90 { text += "\((row * 7) % 31),\((row * 11) % 17),\(Double((row * 7) % 31) * 2 - Double((row * 11) % 17) / 3)\n" }
        let (model, records) = try Self.result(try Samples.table(text))
        #expect(model.learner.kind == .linear)
        #expect(records.last?["rmse"] != nil)
    }

    @Test func `the plan counts fits, and gives many rows to few candidates`() {
        #expect(SearchPlan(100, candidates: 9, folds: 5).fits == 46)
        let plan = SearchPlan(20_000, candidates: 9, folds: 5)
        #expect(plan.rungs.map(\.rows) == [4000, 16_000, 20_000])
        #expect(plan.rungs.map(\.candidates) == [9, 5, 3])
        #expect(plan.fits == 5 * (9 + 5 + 3) + 1)
        #expect(SearchPlan(10_000_000, candidates: 9, folds: 5).rungs.last?.rows == 64_000)
        #expect(SearchPlan(10_000_000, candidates: 1, folds: 5).rungs.count == 1)
    }

    @Test func `a candidate that cannot be fitted is left out, and said`() throws {
        let (_, records) = try Self.result(
            try Self.rows(12), [("candidates", ["k-nearest-neighbours", "naive-bayes"]), ("folds", 2)])
        let refused = try #require(records.first { $0["refused"] != nil })
        #expect(refused["learner"]?["neighbours"]?.integerValue == 20)
        #expect(records.last?["chosen"] != nil)
    }

    @Test func `the better half is one of the candidates that can be fitted`() throws {
        var text = "a,y\n"
        for row in 0..<4100 {
            text += "\(row * 7 % 5 < 2 ? "red" : "blue") \(row * 11 % 3 < 1 ? "fox" : "hen"),\(row * 7 % 5 < 3 ? "u" : "v")\n"
        }
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("a", "text")]))])
        let (_, records) = try Self.result(
            try Samples.table(text), [("candidates", ["logistic", "boosted-trees"]), ("folds", 2)], more: [("features", types)])
        let judged = records.compactMap { $0["chosen"] == nil && $0["log_loss"] != nil ? $0["rows"]?.integerValue : nil }
        #expect(judged == [4000, 4000, 4000, 4000, 4100, 4100])
        #expect(records.count { $0["refused"] != nil } == 4)
    }

    @Test func `all that is to be weighed is tried with weights`() throws {
        let (_, records) = try Self.result(try Self.rows(60), [("folds", 2)], more: [("class-weights", "balanced")])
        let names: [String] = records.compactMap { $0["learner"]?["kind"]?.stringValue }
        let kinds = Set(names.compactMap(LearnerKind.init(rawValue:)))
        #expect(!kinds.isEmpty && kinds.allSatisfy { $0.takesRowWeights })
    }

    @Test func `candidates that do not fit the task or are none are refused`() throws {
        let table = try Self.rows(60)
        for (names, code): (JSONValue, String) in [
            (["linear"], "learning/task-mismatch"), (["auto"], "learning/bad-option"), (["k-means"], "learning/bad-option"),
            ([], "learning/bad-option"),
        ] {
            var found: String?
            do { _ = try Self.result(table, [("candidates", names)]) } catch {
                found = (error as? LearningError)?.diagnostics.first?.code
            }
            #expect(found == code)
        }
    }

    @Test func `cross-validation judges the search itself`() throws {
        let table = try Self.rows(60)
        let options = try Samples.options(
            target: "y", "auto", [("candidates", ["naive-bayes"]), ("folds", 2)], more: [("cross-validation", 2)])
        var shares: [Double] = []
        let result = try Trainer.result(table, options: options, note: { shares.append($0.share ?? -1) })
        #expect(result.scores?["folds"]?.integerValue == 2)
        #expect(shares == shares.sorted() && shares.last == 1)
    }

    @Test func `whoever asks to stop is heard by every learner`() throws {
        let table = try Self.rows(60)
        for kind in LearnerKind.allCases {
            let target: String? = !kind.needsTarget ? nil : kind.tasks.contains(.classification) ? "y" : "a"
            let options = try Samples.options(target: target, kind.rawValue)
            var isCancelled = false
            do { _ = try Trainer.train(table, options: options, isCancelled: { true }) } catch {
                if case .cancelled = error { isCancelled = true }
            }
            #expect(isCancelled, "\(kind.rawValue)")
        }
    }
}
