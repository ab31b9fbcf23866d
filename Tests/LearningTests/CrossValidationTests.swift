import Canonical
import Diagnostics
import StageKinds
import Tables
import Testing

@testable import Learning

@Suite struct CrossValidationTests {
    private static func iris() throws -> Table {
        var text = "a,b,g,y\n"
        for row in 0..<60 {
            let noise = Double((row * 37) % 23) / 10
            text += "\(Double(row % 3) + noise),\(noise - Double(row % 3)),g\(row / 6),\(["x", "y", "z"][row % 3])\n"
        }
        return try Samples.table(text)
    }

    private static func result(
        _ table: Table, learner kind: String = "logistic", target: String = "y", threads: Int = 1, _ more: [(String, JSONValue)],
        progress: @escaping (TrainingStep) -> Void = { _ in }, note: @escaping (TrainingNote) -> Void = { _ in }
    ) throws -> TrainingResult {
        try Trainer.result(
            table, options: try Samples.options(target: target, kind, more: more), threads: threads, progress: progress, note: note)
    }

    private static func code(_ table: Table, learner kind: String = "logistic", target: String = "y", _ more: [(String, JSONValue)])
        -> String?
    {
        do {
            _ = try result(table, learner: kind, target: target, more)
            return nil
        } catch {
            return (error as? LearningError)?.diagnostics.first?.code
        }
    }

    @Test func `the scores are the means of what models of the other parts get on each part`() throws {
        let table = try Self.iris()
        let scores = try #require(try Self.result(table, [("cross-validation", 4)]).scores)
        let options = try Samples.options(target: "y", "logistic")
        let target = try TargetColumn(training: table, options: options)
        let folds = try Folds(table, target, CrossValidationOptions(folds: 4), seed: 0, purpose: "train/cross-validation")
        var losses: [Double] = []
        for fold in folds.list {
            let model = try Trainer.train(fold.rest, options: options)
            losses.append(try #require(try Samples.metrics(model, on: fold.held)["log_loss"]?.numberValue))
        }
        let mean = try #require(scores["log_loss"]?.numberValue)
        #expect((mean - losses.reduce(0, +) / 4).magnitude < 1e-15)
        #expect(scores["folds"]?.integerValue == 4)
        #expect(scores["rows"]?.integerValue == 60)
        let parts = try #require(scores["parts"]?.arrayValue)
        let own: [Double] = parts.compactMap { $0["log_loss"]?.numberValue }
        let rows: [Int] = parts.compactMap { $0["rows"]?.integerValue }
        #expect(own == losses)
        #expect(rows == [15, 15, 15, 15])
        var spread = 0.0
        for loss in losses { spread += (loss - mean) * (loss - mean) / 3 }
        let deviation = try #require(scores["deviations"]?["log_loss"]?.numberValue)
        #expect((deviation - spread.squareRoot()).magnitude < 1e-12)
    }

    @Test func `the model is that of all rows`() throws {
        let table = try Self.iris()
        let plain = try Self.result(table, [])
        #expect(plain.scores == nil)
        #expect(try Self.result(table, [("cross-validation", 3)]).model == plain.model)
    }

    @Test func `every row is in one part, and classes are spread evenly`() throws {
        let table = try Self.iris()
        let target = try TargetColumn(training: table, options: try Samples.options(target: "y", "logistic"))
        guard case .classes(let codes, _) = target else { return }
        let parts = RowDealing(target, rowCount: 60, seed: 3, purpose: "p").parts(7)
        for part in 0..<7 {
            let rows = parts.indices.filter { parts[$0] == part }
            #expect(8...9 ~= rows.count)
            for code in 0..<3 { #expect(2...3 ~= rows.count { codes[$0] == Int32(code) }) }
        }
        #expect(parts != RowDealing(target, rowCount: 60, seed: 4, purpose: "p").parts(7))
        #expect(parts == RowDealing(target, rowCount: 60, seed: 3, purpose: "p").parts(7))
    }

    @Test func `groups stay whole`() throws {
        let table = try Self.iris()
        let target = try TargetColumn(training: table, options: try Samples.options(target: "y", "logistic"))
        let options = CrossValidationOptions(folds: 3, group: "g")
        let folds = try Folds(table, target, options, seed: 1, purpose: "p")
        let column = try #require(table.index(of: "g"))
        for fold in folds.list {
            let held = Set((0..<fold.held.rowCount).map { fold.held.text(row: $0, column: column) })
            let rest = Set((0..<fold.rest.rowCount).map { fold.rest.text(row: $0, column: column) })
            #expect(held.isDisjoint(with: rest))
            #expect(18...24 ~= fold.held.rowCount)
        }
        #expect(Self.code(table, [("cross-validation", 11), ("cross-validation-group", "g")]) == "learning/too-few-rows")
    }

    @Test func `threads change nothing`() throws {
        let table = try Self.iris()
        let first = try Self.result(table, learner: "boosted-trees", threads: 1, [("cross-validation", 3)])
        let second = try Self.result(table, learner: "boosted-trees", threads: 3, [("cross-validation", 3)])
        #expect(first.scores == second.scores)
        #expect(first.model == second.model)
    }

    @Test func `steps say whose they are`() throws {
        var records: [JSONValue] = []
        var phrases: [String] = []
        var shares: [Double] = []
        _ = try Self.result(
            try Self.iris(), learner: "naive-bayes", [("cross-validation", 2)],
            progress: { step in
                records.append(step.record)
                phrases.append(step.phrase)
                shares.append(step.share ?? -1)
            },
            note: { records.append($0.record) })
        let folds: [Int?] = records.map { $0["fold"]?.integerValue }
        #expect(folds == [1, 1, 2, 2, nil])
        #expect(records[1]["metrics"]?["accuracy"] != nil)
        #expect(phrases[0].hasPrefix("fold 1 of 2, round 1 of 1, loss "))
        #expect(phrases[2].hasPrefix("round 1 of 1, loss "))
        #expect(shares == shares.sorted() && shares.last == 1)
    }

    @Test func `a column keeps its type in every part`() throws {
        // Of all rows fewer than nine in ten are numbers; of some parts' rest they are more.
        var text = "a,y\n"
        for row in 0..<60 { text += "\(row % 9 == 0 ? "w\(row % 2)" : "\(row % 7)"),\(["x", "z"][row % 2])\n" }
        #expect(try Self.code(Samples.table(text), [("cross-validation", 10)]) == nil)
    }

    @Test func `numbers are judged by their error`() throws {
        var text = "a,y\n"
        for row in 0..<40 { text += "\(row),\(Double(row) * 1.5 + Double(row % 5))\n" }
        let scores = try #require(try Self.result(try Samples.table(text), learner: "linear", [("cross-validation", 5)]).scores)
        #expect(scores["rmse"]?.numberValue ?? 0 > 0)
        #expect(scores["accuracy"] == nil)
    }

    @Test func `what cannot be dealt is refused`() throws {
        #expect(try Self.code(Samples.table("a,y\n1,x\n2,z\n3,x"), [("cross-validation", 4)]) == "learning/too-few-rows")
        #expect(try Self.code(Self.iris(), [("cross-validation", 1)]) == "learning/bad-option")
        #expect(try Self.code(Self.iris(), [("cross-validation-group", "g")]) == "learning/bad-option")
        #expect(try Self.code(Self.iris(), [("cross-validation", 3), ("cross-validation-group", "h")]) == "learning/unknown-column")
    }

    @Test func `a share of the rows can be watched`() throws {
        let table = try Self.iris()
        var watched: [Double?] = []
        let options = try Samples.options(
            target: "y", "boosted-trees", [("early-stopping-rounds", 3), ("min-rows-per-leaf", 2)], more: [("validation-share", 0.2)])
        let model = try Trainer.train(table, options: options, progress: { watched.append($0.validationLoss) })
        #expect(model.trainingRows == 48)
        #expect(watched.count < 100 && watched.allSatisfy { $0 != nil })
        #expect(throws: LearningError.self) { try Trainer.train(table, validation: table, options: options) }
    }
}
