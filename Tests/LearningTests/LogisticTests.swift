import Canonical
import Numerics
import Tables
import Testing

@testable import Learning

/// Logistic regression against solutions found by hand and derivatives found numerically.
@Suite struct LogisticTests {
    private func model(_ rows: String, _ settings: [(String, JSONValue)] = []) throws -> TrainedModel {
        try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "logistic", settings))
    }

    @Test func `one yes or no feature gives the shares of each side`() throws {
        // Of x = 0 one in four is yes, of x = 1 two in three.
        let rows = "x,y\n0,no\n0,no\n0,no\n0,yes\n1,yes\n1,yes\n1,no\n"
        let predictions = try model(rows, [("penalty", "none")]).predict(try Samples.table("x\n0\n1\n"))
        #expect(predictions.classes == ["no", "yes"])
        #expect(zip(predictions.probabilities, [0.75, 0.25, 1.0 / 3, 2.0 / 3]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(predictions.labels == ["no", "yes"])
    }

    @Test func `three classes of one feature give the shares of each side`() throws {
        let rows = "x,y\n0,a\n0,a\n0,b\n0,c\n1,b\n1,b\n1,a\n1,c\n1,c\n"
        let predictions = try model(rows, [("penalty", "none")]).predict(try Samples.table("x\n0\n1\n"))
        let shares = [0.5, 0.25, 0.25, 0.2, 0.4, 0.4]
        #expect(zip(predictions.probabilities, shares).allSatisfy { abs($0 - $1) < 1e-8 })
    }

    @Test func `a ridge meets the equation that defines it`() throws {
        // Standardised x is -1 and 1 with all answers told apart: w = 4 / (1 + e^w), so that strength 1 holds it down.
        let rows = "x,y\n0,no\n0,no\n1,yes\n1,yes\n"
        guard case .logistic(let fit) = try model(rows).learner else {
            Issue.record("a logistic learner gives a logistic model")
            return
        }
        let weight = fit.weights.elements[0]
        #expect(fit.isConverged)
        #expect(abs(weight - 4 * Elementary.sigmoid(-weight)) < 1e-12)
        #expect(abs(fit.weights.elements[1]) < 1e-12)
    }

    @Test func `a lasso leaves out what does not help`() throws {
        var rows = "x,noise,y\n"
        for row in 0..<40 { rows += "\(row / 20 + row % 3),\(row % 2),\(row < 20 ? "no" : "yes")\n" }
        guard case .logistic(let fit) = try model(rows, [("penalty", "lasso"), ("strength", 2)]).learner else {
            Issue.record("a logistic learner gives a logistic model")
            return
        }
        #expect(fit.isConverged)
        #expect(fit.weights.elements[0] > 0.1)
        #expect(fit.weights.elements[1] == 0)
    }

    @Test func `classes told apart without a penalty end and stay finite`() throws {
        for classes in [["a", "b"], ["a", "b", "c"]] {
            var rows = "x,y\n"
            for row in 0..<30 { rows += "\(row % classes.count * 10),\(classes[row % classes.count])\n" }
            let predictions = try model(rows, [("penalty", "none")]).predict(try Samples.table(rows))
            #expect(predictions.labels == (0..<30).map { classes[$0 % classes.count] })
            #expect(predictions.probabilities.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test func `few iterations give a model that says it has not converged`() throws {
        let rows = "x,y\n0,no\n0,no\n0,no\n0,yes\n1,yes\n1,yes\n1,no\n"
        guard case .logistic(let fit) = try model(rows, [("max-iterations", 1)]).learner else { return }
        #expect(fit.iterations == 1 && !fit.isConverged)
    }

    @Test(arguments: [2, 3])
    func `the gradient is the slope of the loss`(_ classCount: Int) throws {
        let stream = RandomStream(seed: 1, purpose: "test/gradient")
        var rows = "a,b,c,y\n"
        for row in 0..<30 {
            let numbers = (0..<3).map { String(stream.uniform(UInt64(row * 3 + $0))) }
            rows += numbers.joined(separator: ",") + ",k\(row % classCount)\n"
        }
        let table = try Samples.table(rows)
        let options = try Samples.options(target: "y", "logistic")
        let pipeline = try FeaturePipeline(fitting: table, options: options)
        let features = try pipeline.apply(to: table)
        let design = try DesignMatrix(features, DesignLayout(pipeline), threads: 1)
        let codes = (0..<30).map { Int32($0 % classCount) }
        let newton = LogisticNewton(
            rows: DesignRows(features, DesignLayout(pipeline)), codes: codes, rowWeights: nil, ridge: 0.7, threads: 1)
        let loss = LogisticLoss(design: design, codes: codes, classCount: classCount, ridge: 0.7, threads: 1)
        let point = loss.penalised.indices.map { stream.uniform(UInt64(1000 + $0)) - 0.5 }
        let gradient = loss.value(at: point).gradient
        for index in point.indices {
            var moved = point
            moved[index] += 1e-5
            let above = loss.value(at: moved)
            moved[index] -= 2e-5
            let below = loss.value(at: moved)
            #expect(abs((above.loss - below.loss) / 2e-5 - gradient[index]) < 1e-7)
            guard classCount == 2 else { continue }
            let (value, curvature) = newton.value(at: point, withCurvature: true)
            #expect(value.gradient == gradient && value.loss == loss.value(at: point).loss)
            for other in point.indices {
                let slope = (above.gradient[other] - below.gradient[other]) / 2e-5
                #expect(abs(slope - curvature[index * point.count + other]) < 1e-7)
            }
        }
    }
}
