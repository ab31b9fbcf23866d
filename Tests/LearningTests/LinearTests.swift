import Canonical
import StageKinds
import Tables
import Testing

@testable import Learning

/// Linear models against solutions found by hand.
@Suite struct LinearTests {
    /// Weights of the standardised features, the intercept last.
    private func weights(_ rows: String, _ settings: [(String, JSONValue)]) throws -> [Double] {
        let model = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "linear", settings))
        guard case .linear(let fit) = model.learner else {
            Issue.record("a linear learner gives a linear model")
            return []
        }
        return fit.weights.elements
    }

    private func predictions(_ model: TrainedModel, _ rows: String) throws -> [Double] {
        try model.predict(try Samples.table(rows)).values
    }

    private func isClose(_ first: [Double], _ second: [Double], _ tolerance: Double = 1e-12) -> Bool {
        first.count == second.count && zip(first, second).allSatisfy { abs($0 - $1) <= tolerance }
    }

    @Test func `without a penalty a straight line is met exactly`() throws {
        // Mean 3, deviation 2: the slope of 5 per unit is 10 per deviation.
        let found = try weights("x,y\n1,6\n5,26\n1,6\n5,26\n", [("penalty", "none")])
        #expect(isClose(found, [10, 16]))
    }

    @Test func `a ridge divides by the sum of squares and its strength`() throws {
        // Standardised x is -1, 1, -1, 1: x·y = 40, and x·x = 4.
        let found = try weights("x,y\n1,6\n5,26\n1,6\n5,26\n", [("penalty", "ridge"), ("strength", 4)])
        #expect(isClose(found, [40.0 / (4 + 4), 16]))
    }

    @Test func `a lasso takes its strength off the slope`() throws {
        let found = try weights("x,y\n1,6\n5,26\n1,6\n5,26\n", [("penalty", "lasso"), ("strength", 4)])
        #expect(isClose(found, [(40.0 - 4) / 4, 16]))
        let none = try weights("x,y\n1,6\n5,26\n1,6\n5,26\n", [("penalty", "lasso"), ("strength", 50)])
        #expect(isClose(none, [0, 16]))
    }

    @Test func `an elastic net does both by its mix`() throws {
        let found = try weights("x,y\n1,6\n5,26\n1,6\n5,26\n", [("penalty", "elastic-net"), ("strength", 4), ("mix", 0.25)])
        #expect(isClose(found, [(40.0 - 1) / (4 + 3), 16]))
    }

    @Test func `columns that depend on each other fit as well as one of them`() throws {
        let rows = "a,b,y\n1,10,3\n2,20,5\n3,30,7\n4,40,9\n"
        for settings: [(String, JSONValue)] in [[("penalty", "none")], [("strength", 1e-9)]] {
            let model = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "linear", settings))
            #expect(isClose(try predictions(model, rows), [3, 5, 7, 9], 1e-7))
        }
    }

    @Test func `more columns than rows leave no error and no trap`() throws {
        let rows = "a,b,c,d,e,y\n1,0,2,5,1,3\n2,7,1,1,0,5\n4,1,1,2,6,4\n"
        for settings: [(String, JSONValue)] in [[("penalty", "none")], [("strength", 1e-9)]] {
            let model = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "linear", settings))
            #expect(isClose(try predictions(model, rows), [3, 5, 4], 1e-7))
        }
        // The gradient of the penalised error vanishes at the weights found through the rows.
        let table = try Samples.table(rows)
        let options = try Samples.options(target: "y", "linear", [("strength", 2)])
        let pipeline = try FeaturePipeline(fitting: table, options: options)
        let design = try DesignMatrix(try pipeline.apply(to: table), DesignLayout(pipeline), threads: 1)
        let weights = try LeastSquares.fit(design, targets: [3, 5, 4], PenaltyOptions(lasso: 0, ridge: 2), threads: 1).elements
        for column in 0..<design.width {
            var slope = column < design.width - 1 ? 2 * weights[column] : 0
            for row in 0..<3 {
                var error = -[3.0, 5, 4][row]
                for place in 0..<design.width { error += design.elements[row * design.width + place] * weights[place] }
                slope += error * design.elements[row * design.width + column]
            }
            #expect(abs(slope) < 1e-12)
        }
    }

    @Test func `numbers with a huge common part keep their differences`() throws {
        let rows = "x,y\n1,1000000000001\n2,1000000000002\n3,1000000000003\n"
        let model = try Trainer.train(
            try Samples.table(rows), options: try Samples.options(target: "y", "linear", [("penalty", "none")]))
        #expect(isClose(try predictions(model, rows), [1e12 + 1, 1e12 + 2, 1e12 + 3], 1e-3))
    }

    @Test func `categories are levels of 0 and 1 and unseen ones are none of them`() throws {
        let rows = "c,y\na,1\na,1\nb,5\nb,5\n"
        let model = try Trainer.train(
            try Samples.table(rows), options: try Samples.options(target: "y", "linear", [("strength", 1e-9)]))
        #expect(isClose(try predictions(model, "c,y\na,0\nb,0\nz,0\n"), [1, 5, 3], 1e-6))
    }
}
