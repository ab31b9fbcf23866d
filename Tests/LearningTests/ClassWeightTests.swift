import Canonical
import Diagnostics
import Tables
import Testing

@testable import Learning

@Suite struct ClassWeightTests {
    private static let rows = """
        x,c,y
        1,u,no
        2,u,no
        3,v,no
        4,u,no
        5,v,yes
        6,v,no
        7,u,no
        8,v,yes
        """

    /// Each row of class `yes` stands there three times.
    private static let repeated = rows + "\n5,v,yes\n5,v,yes\n8,v,yes\n8,v,yes"

    private static func fit(_ text: String, _ kind: String, _ weights: JSONValue?) throws -> TrainedModel {
        let more = weights.map { [("class-weights", $0)] } ?? []
        return try Trainer.train(
            try Samples.table(text), options: try Samples.options(target: "y", kind, more: more + [("features", ["include": ["x"]])]))
    }

    private static func codes(_ weights: JSONValue, _ kind: String = "logistic", target: String = "y") -> [String] {
        do {
            let options = try Samples.options(target: target, kind, more: [("class-weights", weights)])
            _ = try Trainer.train(try Samples.table(rows), options: options)
            return []
        } catch {
            return (error as? LearningError)?.diagnostics.map(\.code) ?? ["\(error)"]
        }
    }

    @Test func `rows that count three times are as good as rows that stand there three times`() throws {
        let table = try Samples.table(Self.rows)
        let pipeline = try FeaturePipeline(fitting: table, options: try Samples.options(target: "y", "logistic"))
        let repeated = try Samples.table(Self.repeated)
        func newton(_ table: Table, weights: [Double]?) throws -> LogisticNewton {
            let target = try TargetColumn(training: table, options: try Samples.options(target: "y", "logistic"))
            guard case .classes(let codes, _) = target else { throw LearningError.cancelled }
            let rows = DesignRows(try pipeline.apply(to: table), DesignLayout(pipeline))
            return LogisticNewton(rows: rows, codes: codes, rowWeights: weights, ridge: 0.5, threads: 1)
        }
        let weighted = try newton(table, weights: [1, 1, 1, 1, 3, 1, 1, 3])
        let plain = try newton(repeated, weights: nil)
        let point = (0..<weighted.rows.width).map { 0.3 - 0.2 * Double($0) }
        let (first, weightedCurvature) = weighted.value(at: point, withCurvature: true)
        let (second, plainCurvature) = plain.value(at: point, withCurvature: true)
        #expect((first.loss - second.loss).magnitude < 1e-12)
        for (one, other) in zip(first.gradient, second.gradient) { #expect((one - other).magnitude < 1e-12) }
        for (one, other) in zip(weightedCurvature, plainCurvature) { #expect((one - other).magnitude < 1e-12) }
    }

    @Test(arguments: ["logistic", "naive-bayes", "k-nearest-neighbours", "boosted-trees"])
    func `a class that counts more is found more`(_ kind: String) throws {
        let table = try Samples.table(Self.rows)
        let plain = try Self.fit(Self.rows, kind, nil).predict(table)
        let weighted = try Self.fit(Self.rows, kind, ["yes": 10]).predict(table)
        for row in 0..<table.rowCount { #expect(weighted.probabilities[2 * row + 1] >= plain.probabilities[2 * row + 1]) }
        #expect(weighted.probabilities != plain.probabilities)
    }

    @Test(arguments: ["logistic", "naive-bayes", "k-nearest-neighbours", "boosted-trees", "random-forest", "decision-tree"])
    func `weights of 1 change nothing that is predicted`(_ kind: String) throws {
        let table = try Samples.table(Self.rows)
        #expect(try Self.fit(Self.rows, kind, ["yes": 1]).predict(table) == Self.fit(Self.rows, kind, nil).predict(table))
    }

    @Test func `balanced classes count the same in all`() throws {
        let target = TargetColumn.classes([0, 0, 0, 1], classes: ["a", "b"])
        let third = 2.0 / 3
        let balanced: [Double] = [third, third, third, 2]
        let named: [Double] = [1, 1, 1, 5]
        #expect(ClassWeights.balanced.rowWeights(target) == balanced)
        #expect(try ClassWeights(["b": 5]).rowWeights(target) == named)
    }

    @Test func `what is no weight, no class or no classification is refused`() {
        #expect(Self.codes("balanced") == [])
        #expect(Self.codes(["maybe": 2]) == ["learning/unknown-class"])
        #expect(Self.codes(["yes": 0]) == ["learning/bad-option"])
        #expect(Self.codes(["yes": 1e7]) == ["learning/bad-option"])
        #expect(Self.codes("equal") == ["learning/bad-option"])
        #expect(Self.codes("balanced", "linear", target: "x") == ["learning/bad-option"])
        #expect(Self.codes("balanced", "k-nearest-neighbours", target: "x") == ["learning/bad-option"])
    }
}
