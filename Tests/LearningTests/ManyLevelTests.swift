import Canonical
import Numerics
import Tables
import Testing

@testable import Learning

/// Categories of more levels than most learners tell apart.
@Suite struct ManyLevelTests {
    private static let rows: String = {
        var rows = "city,size,y\n"
        for row in 0..<4000 {
            let city = row % 1000
            let missing = row % 97 == 5
            rows += "\(missing ? "" : row % 101 == 3 ? "once \(row)" : "city \(city)"),\(row % 13),\(city % 3 == 0 ? "yes" : "no")\n"
        }
        return rows
    }()

    @Test func `linear learners see every level, trees the most frequent`() throws {
        let table = try Samples.table(Self.rows)
        let linear = try FeaturePipeline(fitting: table, options: try Samples.options(target: "y", "logistic"))
        guard case .category(let many) = linear.features[0].kind else { return }
        #expect(many.levels.count > 990)
        let layout = DesignLayout(linear)
        #expect(layout.sparseWidth == many.levels.count + 2 && layout.columns.count == 1)
        let trees = try FeaturePipeline(fitting: table, options: try Samples.options(target: "y", "boosted-trees"))
        guard case .category(let few) = trees.features[0].kind else { return }
        #expect(few.levels.count == CategoryProfile.mostLevels)
    }

    @Test(arguments: [("logistic", "ridge"), ("logistic", "lasso")])
    func `a model of many levels is read back and predicts`(_ kind: String, _ penalty: String) throws {
        let table = try Samples.table(Self.rows)
        let options = try Samples.options(
            target: "y", kind, [("strength", 0.1), ("penalty", .string(penalty))])
        let model = try Trainer.train(table, options: options)
        let read = try TrainedModel.read(model.files())
        #expect(read == model)
        #expect(try read.predict(table) == model.predict(table))
        #expect(try #require(try Samples.metrics(model, on: table)["accuracy"]?.numberValue) > 0.95)
        #expect(model.files().map(\.path).contains("features.safetensors"))
    }

    @Test func `a sparse ridge is the dense one`() throws {
        // The same 300 levels once as one column of many levels, once told apart by hand.
        var rows = "c,x,y\n"
        let stream = RandomStream(seed: 8, purpose: "test/levels")
        for row in 0..<900 {
            rows += "level \(row % 300),\(stream.uniform(UInt64(row))),\(Double(row % 300) / 100 + stream.uniform(UInt64(row + 5000)))\n"
        }
        let table = try Samples.table(rows)
        let pipeline = try FeaturePipeline(fitting: table, options: try Samples.options(target: "y", "linear"))
        let design = try DesignMatrix(try pipeline.apply(to: table), DesignLayout(pipeline), threads: 1)
        let sparse = try #require(design.sparse)
        let targets = try FeatureColumn(2, in: table).numbers()
        let penalty = PenaltyOptions(lasso: 0, ridge: 0.5)
        let found = try LeastSquares.fit(design, targets: targets, penalty, threads: 2).elements
        // The gradient of the ridge vanishes there.
        let errors = zip(LinearWeights(outputCount: 1, elements: found).sums(design, threads: 1), targets).map { $0 - $1 }
        let slopes = sparse.transposed().multiply(errors)
        #expect(slopes.indices.allSatisfy { abs(slopes[$0] + 0.5 * found[design.width - 1 + $0]) < 1e-6 })
        #expect(abs(Reduction.sum(errors)) < 1e-6)
    }
}
