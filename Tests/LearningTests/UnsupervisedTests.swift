import Canonical
import Numerics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Learning without answers: k-means and principal components.
@Suite struct UnsupervisedTests {
    private func model(_ rows: String, _ kind: String, _ settings: [(String, JSONValue)] = [], seed: Int = 0) throws -> TrainedModel {
        let learner = [JSONMember("kind", .string(kind))] + settings.map { JSONMember($0.0, $0.1) }
        let options = try TrainingOptions(["learner": .object(learner), "seed": .integer(seed)])
        return try Trainer.train(try Samples.table(rows), options: options, threads: 2)
    }

    /// Three heaps of rows, far from each other.
    private static func heaps(_ count: Int) -> String {
        let stream = RandomStream(seed: 9, purpose: "test/heaps")
        var rows = "a,b,heap\n"
        for row in 0..<count {
            let heap = row % 3
            let (a, b) = (stream.uniform(UInt64(2 * row)), stream.uniform(UInt64(2 * row + 1)))
            rows += "\(Double(heap * 10) + a),\(Double(heap * heap * 5) + b),h\(heap)\n"
        }
        return rows
    }

    @Test func `k-means finds heaps, whatever the seed, and gives the distance from their centres`() throws {
        let rows = Self.heaps(300)
        for seed in 0..<5 {
            let model = try model(rows, "k-means", [("clusters", 3)], seed: seed)
            let predictions = try model.predict(try Samples.table(rows))
            #expect(Set(predictions.labels) == ["0", "1", "2"])
            for row in 3..<300 { #expect(predictions.labels[row] == predictions.labels[row % 3]) }
            #expect(predictions.values.allSatisfy { $0 >= 0 && $0 < 1 })
        }
    }

    @Test func `its metrics are inertia and silhouette, as worked out by hand`() throws {
        let rows = "x\n0\n2\n10\n12\n"
        let model = try model(rows, "k-means", [("clusters", 2)])
        let metrics = try Samples.metrics(model, on: try Samples.table(rows))
        // The numbers have the variance 26; each lies 1 from its centre.
        let inertia = try #require(metrics["inertia"]?.numberValue)
        #expect(abs(inertia - 4.0 / 26) < 1e-12)
        // Outer rows: (11 - 2) / 11, inner ones: (9 - 2) / 9.
        let silhouette = try #require(metrics["silhouette"]?.numberValue)
        let expected: Double = (9.0 / 11 + 7.0 / 9) / 2
        #expect(abs(silhouette - expected) < 1e-12)
        #expect(metrics["task"] == "clustering")
    }

    @Test func `as many clusters as rows, equal rows, and more clusters than rows`() throws {
        #expect(try model("x\n1\n2\n3\n", "k-means", [("clusters", 3)]).predict(try Samples.table("x\n1\n2\n3\n")).values == [0, 0, 0])
        #expect(try model("x,y\n1,2\n1,2\n1,2\n", "k-means", [("clusters", 2)]).predict(try Samples.table("x,y\n1,2\n")).labels == ["0"])
        #expect(throws: LearningError.self) { try model("x\n1\n2\n", "k-means", [("clusters", 3)]) }
    }

    @Test func `components point along the largest variance and are written as a table`() throws {
        var rows = "a,b,c,kind\n"
        for row in 0..<100 { rows += "\(row),\(row * 2 + row % 3),\(row * 7919 % 13),k\n" }
        let all = try model(rows, "pca", [("components", 3)])
        let table = try Samples.table(rows)
        let predictions = try all.predict(table)
        #expect(predictions.columns == ["component_1", "component_2", "component_3"])
        guard case .pca(let fit) = all.learner else { return }
        #expect(zip(fit.variances, fit.variances.dropFirst()).allSatisfy { $0 >= $1 })
        for part in 0..<3 {
            let values = (0..<100).map { predictions.values[$0 * 3 + part] }
            #expect(abs(Reduction.dot(values, values) / 100 - fit.variances[part]) < 1e-9)
        }
        let text = String(decoding: try predictions.csv(carrying: ["kind"], from: table), as: UTF8.self)
        #expect(text.hasPrefix("kind,component_1,component_2,component_3\nk,"))
        // Two of three columns say nearly the same: the first direction holds both.
        let held = try #require(
            try Samples.metrics(try model(rows, "pca", [("components", 1)]), on: table)["explained_variance"]?.numberValue)
        #expect(held > 0.6 && held < 0.75)
    }

    @Test func `the share of variance decides how many components there are`() throws {
        var rows = "a,b,c\n"
        for row in 0..<60 { rows += "\(row),\(row * 3),\(row * 7919 % 13)\n" }
        #expect(try model(rows, "pca").learner.predictor.partCount == 2)
        #expect(try model(rows, "pca", [("variance", 0.5)]).learner.predictor.partCount == 1)
        #expect(throws: LearningError.self) { try model(rows, "pca", [("components", 4)]) }
        #expect(throws: LearningError.self) { try model("a\n1\n1\n", "pca") }
    }

    @Test(arguments: ["k-means", "pca"])
    func `a model is read as it was written and depends on neither threads nor instruction sets`(_ kind: String) throws {
        let rows = Self.heaps(2500)
        let table = try Samples.table(rows)
        let options = try TrainingOptions(["learner": ["kind": .string(kind)], "features": ["exclude": ["heap"]]])
        let models = try [1, 2, 3, 8].map { try Trainer.train(table, options: options, threads: $0) }
        let before = KernelVariant.active
        defer { KernelVariant.active = before }
        let others = try KernelVariant.available.map { variant in
            KernelVariant.active = variant
            return try Trainer.train(table, options: options)
        }
        #expect(Set((models + others).map(Samples.digest)).count == 1)
        #expect(try TrainedModel.read(models[0].files()) == models[0])
        #expect(models[0].target == nil && models[0].signature["target"] == JSONValue.null)
    }

    @Test func `a target is refused where there is no use for it, and asked for where there is`() throws {
        #expect(throws: LearningError.self) {
            try Trainer.train(try Samples.table("x,y\n1,a\n2,b\n"), options: try Samples.options(target: "y", "k-means"))
        }
        #expect(throws: LearningError.self) { try TrainingOptions(["learner": ["kind": "logistic"]]) }
    }
}
