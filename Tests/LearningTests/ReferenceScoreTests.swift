import Canonical
import Learning
import Numerics
import Tables
import Testing

/// With no option given, the learners reach on real data what scikit-learn 1.9 reaches with its defaults on the same rows.
@Suite struct ReferenceScoreTests {
    struct Reference: Sendable, CustomTestStringConvertible {
        let data: String
        let learner: String
        let accuracy: Double
        let logLoss: Double

        var testDescription: String { "\(learner) on \(data)" }
    }

    static let references = [
        Reference(data: "breast-cancer", learner: "logistic", accuracy: 0.9688, logLoss: 0.0839),
        Reference(data: "breast-cancer", learner: "boosted-trees", accuracy: 0.9688, logLoss: 0.0922),
        Reference(data: "breast-cancer", learner: "random-forest", accuracy: 0.975, logLoss: 0.1313),
        Reference(data: "digits", learner: "logistic", accuracy: 0.973, logLoss: 0.0847),
        Reference(data: "digits", learner: "boosted-trees", accuracy: 0.9813, logLoss: 0.0864),
        // The mean accuracy of 20 seeds, of which each is off by 0.004.
        Reference(data: "digits", learner: "random-forest", accuracy: 0.9748, logLoss: 0.305),
        Reference(data: "randhie", learner: "logistic", accuracy: 0.7064, logLoss: 0.5852),
        Reference(data: "randhie", learner: "boosted-trees", accuracy: 0.7387, logLoss: 0.5413),
        Reference(data: "randhie", learner: "random-forest", accuracy: 0.7472, logLoss: 0.7347),
        // The scores of the one of these with the least log loss.
        Reference(data: "breast-cancer", learner: "auto", accuracy: 0.9688, logLoss: 0.0839),
        Reference(data: "randhie", learner: "auto", accuracy: 0.7387, logLoss: 0.5413),
    ]

    private func tables(_ data: String) throws -> (parts: (train: Table, test: Table), target: String, counts: [Int]) {
        switch data {
        case "digits": (try Samples.parted(Samples.digits), "digit", [1316, 481])
        case "randhie": (try Samples.parted(Samples.randhie), "any_visit", [15142, 5048])
        default: (try Samples.parted(Samples.breastCancer), "diagnosis", [409, 160])
        }
    }

    /// Of both scores, what falls short of the reference is at most the standard error that so many test rows leave.
    @Test(arguments: references)
    func `accuracy and log loss are no worse than those of the reference`(_ reference: Reference) throws {
        let ((train, test), target, counts) = try tables(reference.data)
        #expect([train.rowCount, test.rowCount] == counts)
        let more: [(String, JSONValue)] =
            reference.data == "randhie"
            ? [("features", .object([JSONMember("exclude", .array(["mdvis"]))])), ("task", "classification")] : []
        let options = try Samples.options(target: target, reference.learner, more: more)
        let model = try Trainer.train(train, options: options)
        let metrics = try Samples.metrics(model, on: test)
        let accuracy = try #require(metrics["accuracy"]?.numberValue)
        let logLoss = try #require(metrics["log_loss"]?.numberValue)
        let rows = Double(test.rowCount)
        let accuracyError = (reference.accuracy * (1 - reference.accuracy) / rows).squareRoot()
        #expect(accuracy >= reference.accuracy - accuracyError)
        let losses = try Samples.logLosses(model, on: test, target: target)
        let mean = Reduction.mean(losses)
        let lossError = (Reduction.squaredDeviations(losses, from: mean) / (rows - 1) / rows).squareRoot()
        #expect(logLoss <= reference.logLoss + lossError)
        #expect(abs(mean - logLoss) < 1e-9)
    }
}
