import Canonical
import Learning
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
        Reference(data: "digits", learner: "logistic", accuracy: 0.973, logLoss: 0.0847),
        Reference(data: "digits", learner: "boosted-trees", accuracy: 0.9813, logLoss: 0.0864),
    ]

    @Test(arguments: references)
    func `accuracy and log loss are those of the reference`(_ reference: Reference) throws {
        let isDigits = reference.data == "digits"
        let (train, test) = try Samples.parted(isDigits ? Samples.digits : Samples.breastCancer)
        #expect([train.rowCount, test.rowCount] == (isDigits ? [1316, 481] : [409, 160]))
        let options = try Samples.options(target: isDigits ? "digit" : "diagnosis", reference.learner)
        let model = try Trainer.train(train, options: options)
        let metrics = try Samples.metrics(model, on: test)
        let accuracy = try #require(metrics["accuracy"]?.numberValue)
        let logLoss = try #require(metrics["log_loss"]?.numberValue)
        #expect(abs(accuracy - reference.accuracy) <= 0.015)
        #expect(abs(logLoss - reference.logLoss) <= 0.15 * reference.logLoss)
    }
}
