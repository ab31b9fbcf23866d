import Canonical
import Diagnostics
import Numerics
import StageKinds
import Tables
import Testing

@testable import Explaining
@testable import Learning

@Suite struct ExplainerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: String
        let rows: String
        var settings: [(String, JSONValue)] = []

        var testDescription: String { kind }
    }

    static let parted: [Case] = [
        Case(kind: "linear", rows: Samples.number), Case(kind: "logistic", rows: Samples.two), Case(kind: "logistic", rows: Samples.three),
        Case(kind: "boosted-trees", rows: Samples.number), Case(kind: "boosted-trees", rows: Samples.two),
        Case(kind: "boosted-trees", rows: Samples.three, settings: [("trees", 20)]),
        Case(kind: "decision-tree", rows: Samples.number), Case(kind: "decision-tree", rows: wide),
        Case(kind: "random-forest", rows: Samples.number, settings: [("trees", 10)]),
        Case(kind: "random-forest", rows: Samples.two, settings: [("trees", 10)]),
        Case(kind: "random-forest", rows: Samples.three, settings: [("trees", 10)]),
        // Paths of more features than one block of points integrates.
        Case(kind: "boosted-trees", rows: wide, settings: [("trees", 10), ("max-leaves", 60), ("min-rows-per-leaf", 1)]),
    ]
    static let others: [Case] = [
        Case(kind: "naive-bayes", rows: Samples.three), Case(kind: "k-nearest-neighbours", rows: Samples.two),
        Case(kind: "k-means", rows: Samples.number), Case(kind: "pca", rows: Samples.number),
    ]

    /// Twelve columns, and a target that needs deep trees.
    private static let wide: String = {
        let stream = RandomStream(seed: 5, purpose: "test/explain/wide")
        var text = (0..<12).map { "f\($0)" }.joined(separator: ",") + ",y\n"
        for row in 0..<300 {
            let numbers = (0..<12).map { stream.uniform(UInt64(row * 12 + $0)) }
            text += numbers.map { String($0) }.joined(separator: ",") + ",\(numbers.reduce(1) { $0 * ($1 + 0.5) })\n"
        }
        return text
    }()

    private static func train(_ example: Case) throws -> (TrainedModel, Table) {
        let table = try Samples.table(example.rows)
        let needsTarget = LearnerKind(rawValue: example.kind)?.needsTarget ?? true
        return (try Samples.model(table, target: needsTarget ? "y" : nil, example.kind, example.settings), table)
    }

    /// What the contributions of each row and output add up to.
    private static func sums(_ model: TrainedModel, _ table: Table) throws -> [Double] {
        switch try model.learner.predictor.outputs(model.pipeline.apply(to: table), model.pipeline, threads: 1) {
        case .sums(let sums), .probabilities(let sums): return sums
        case .clusters, .components: return []
        }
    }

    @Test(arguments: parted) func `the base and the contributions add up to the model's sum`(_ example: Case) throws {
        let (model, table) = try Self.train(example)
        let explanation = try Samples.explain(model, table, [("repeats", 1)])
        let made = try #require(explanation.contributions)
        #expect(made.rowCount == 100)
        let sums = try Self.sums(model, table)
        for row in 0..<100 {
            for output in 0..<made.outputCount {
                let sum = sums[row * made.outputCount + output]
                #expect((made.sum(row: row, output: output) - sum).magnitude <= 1e-9 * max(1, sum.magnitude))
            }
        }
    }

    @Test(arguments: parted) func `the base is the mean over the background`(_ example: Case) throws {
        let (model, table) = try Self.train(example)
        let made = try #require(try Samples.explain(model, table, [("method", "shap")]).contributions)
        let sums = try Self.sums(model, table)
        for output in 0..<made.outputCount {
            let mean = Reduction.mean((0..<table.rowCount).map { sums[$0 * made.outputCount + output] })
            #expect((made.base[output] - mean).magnitude < 1e-9)
        }
    }

    @Test(arguments: parted + others) func `the number of threads changes no byte`(_ example: Case) throws {
        let (model, table) = try Self.train(example)
        let one = try Samples.explain(model, table, [("repeats", 2)], threads: 1).files()
        for threads in [2, 3, 8] {
            let many = try Samples.explain(model, table, [("repeats", 2)], threads: threads).files()
            #expect(one.map(\.path) == many.map(\.path) && one.map(\.bytes) == many.map(\.bytes))
        }
    }

    @Test(arguments: parted + others) func `a column that says nothing matters least, and each has its row`(_ example: Case) throws {
        let (model, table) = try Self.train(example)
        let explanation = try Samples.explain(model, table)
        let importances = try Samples.file(explanation, Explanation.importancesPath)
        #expect(Set(importances.dropFirst().map { $0[0] }) == Set(model.pipeline.features.map(\.name)))
        let numbers = importances.dropFirst().compactMap { Double($0[2]) }
        #expect(numbers.count == importances.count - 1 && numbers == numbers.sorted(by: >), "sorted by importance")
        guard model.target != nil, importances.contains(where: { $0[0] == "noise" }) else { return }
        let noise = try #require(importances.first { $0[0] == "noise" })
        let number = try #require(Double(noise[2]))
        #expect(importances.last?[0] == "noise" || number.magnitude < 0.1)
    }

    @Test(arguments: others) func `learners without contributions have importances, and refuse shap`(_ example: Case) throws {
        let (model, table) = try Self.train(example)
        #expect(try Samples.explain(model, table, [("repeats", 1)]).files().map(\.path) == ["importances.csv"])
        let error = #expect(throws: LearningError.self) { try Samples.explain(model, table, [("method", "shap")]) }
        #expect(error?.diagnostics.map(\.code) == ["learning/no-contributions"])
    }

    @Test func `gains are shares of the whole`() throws {
        let table = try Samples.table(Samples.number)
        let model = try Samples.model(table, target: "y", "boosted-trees")
        let gains = try #require(try Samples.explain(model, table, [("method", "shap")]).gains)
        #expect((gains.reduce(0, +) - 1).magnitude < 1e-12)
        #expect(gains[2] < 0.05 && gains[0] > 0.1 && gains[3] > 0.5, "\(gains)")
    }

    @Test func `shap needs no answers, permutation does`() throws {
        let table = try Samples.table(Samples.number)
        let model = try Samples.model(table, target: "y", "boosted-trees", [("trees", 3)])
        let blind = try Samples.table("a,b,noise,c\n0.5,0.5,0.5,u\n,0.1,0.2,never\n")
        let made = try Samples.explain(model, blind, background: table, [("method", "shap")])
        #expect(made.files().map(\.path) == ["contributions.csv", "importances.csv"])
        let error = #expect(throws: LearningError.self) { try Samples.explain(model, blind) }
        #expect(error?.diagnostics.map(\.code) == ["learning/unknown-column"])
    }

    @Test func `rows that no background row is like still add up`() throws {
        let table = try Samples.table(Samples.number)
        let model = try Samples.model(table, target: "y", "boosted-trees", [("trees", 30)])
        let alone = try Samples.table("a,b,noise,c\n0.01,0.99,0.5,w\n")
        let made = try #require(try Samples.explain(model, table, background: alone, [("method", "shap")]).contributions)
        let sums = try Self.sums(model, table)
        for row in 0..<100 { #expect((made.sum(row: row, output: 0) - sums[row]).magnitude < 1e-9) }
    }

    @Test func `no rows to explain leave the importances alone`() throws {
        let table = try Samples.table(Samples.two)
        let model = try Samples.model(table, target: "y", "logistic")
        #expect(try Samples.explain(model, table, [("rows", 0), ("repeats", 1)]).files().map(\.path) == ["importances.csv"])
    }

    @Test func `the contributions name row, output, base, sum and columns`() throws {
        let table = try Samples.table(Samples.three)
        let model = try Samples.model(table, target: "y", "boosted-trees", [("trees", 2)])
        let lines = try Samples.file(try Samples.explain(model, table, [("method", "shap"), ("rows", 2)]), "contributions.csv")
        #expect(lines[0] == ["row", "output", "base", "sum", "contribution_a", "contribution_b", "contribution_noise", "contribution_c"])
        #expect(lines.dropFirst().map { "\($0[0]) \($0[1])" } == ["0 p", "0 q", "0 r", "1 p", "1 q", "1 r"])
    }

    @Test func `a node with two parents is no tree`() throws {
        let table = try Samples.table(Samples.number)
        // Each question leads twice to the next: few nodes, and more paths than any memory holds.
        var nodes = (0..<60).map { TreeNode(feature: 0, threshold: 0.5, left: Int32($0 + 1), right: Int32($0 + 1)) }
        nodes.append(TreeNode(value: 1))
        let trained = try Samples.model(table, target: "y", "boosted-trees", [("trees", 1)])
        let model = TrainedModel(
            task: .regression, target: "y", classes: [], pipeline: trained.pipeline,
            learner: .boostedTrees(BoostedTrees(baselines: [0], nodes: nodes, starts: [0, 61], sets: [])), trainingRows: 400)
        let error = #expect(throws: LearningError.self) { try Samples.explain(model, table, [("method", "shap")]) }
        #expect(error?.diagnostics.map(\.code) == ["learning/damaged-model"])
    }

    @Test func `a tree as deep as it has questions is walked without recursion`() throws {
        let table = try Samples.table(Samples.number)
        var nodes: [TreeNode] = []
        for place in 0..<50_000 {
            nodes.append(
                TreeNode(feature: 0, threshold: 1 - Double(place) / 50_000, left: Int32(2 * place + 2), right: Int32(2 * place + 1)))
            nodes.append(TreeNode(value: Double(place)))
        }
        nodes.append(TreeNode(value: -1))
        let trained = try Samples.model(table, target: "y", "boosted-trees", [("trees", 1)])
        let model = TrainedModel(
            task: .regression, target: "y", classes: [], pipeline: trained.pipeline,
            learner: .boostedTrees(BoostedTrees(baselines: [0], nodes: nodes, starts: [0, Int32(nodes.count)], sets: [])),
            trainingRows: 400)
        let made = try #require(try Samples.explain(model, table, [("method", "shap"), ("rows", 3)]).contributions)
        let predicted = try model.predict(table).values
        for row in 0..<3 { #expect((made.sum(row: row, output: 0) / predicted[row] - 1).magnitude < 1e-9) }
    }
}

extension ExplainerTests {
    @Test func `a text's terms count for its column`() throws {
        let words = ["good", "bad", "quick", "slow", "red", "blue", "round", "flat"]
        let stream = RandomStream(seed: 9, purpose: "test/explain/text")
        var text = "review,size,y\n"
        for row in 0..<120 {
            let chosen = (0..<6).map { words[stream.below(words.count, UInt64(row * 8 + $0))] }
            let isLiked = chosen.count { $0 == "good" } > chosen.count { $0 == "bad" }
            text += "\(chosen.joined(separator: " ")) \(row),\(stream.uniform(UInt64(row * 8 + 7))),\(isLiked ? "yes" : "no")\n"
        }
        let table = try Samples.table(text)
        let model = try Samples.model(table, target: "y", "logistic")
        let explanation = try Samples.explain(model, table)
        #expect(try Samples.file(explanation, Explanation.importancesPath)[1][0] == "review")
        let made = try #require(explanation.contributions)
        let sums = try Self.sums(model, table)
        for row in 0..<100 { #expect((made.sum(row: row, output: 0) - sums[row]).magnitude < 1e-9) }
    }
}
