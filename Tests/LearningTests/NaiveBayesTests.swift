import Canonical
import Numerics
import Testing

@testable import Learning

/// Naive Bayes against probabilities worked out by hand, and against a peer's scores.
@Suite struct NaiveBayesTests {
    private func model(_ rows: String, _ settings: [(String, JSONValue)] = []) throws -> TrainedModel {
        try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "naive-bayes", settings))
    }

    @Test func `a category's share is counted with what is seen beforehand`() throws {
        // Levels a and b, others and missing: four codes, each counted once beforehand in both classes.
        let model = try model("x,y\na,no\na,no\nb,yes\nb,yes\nb,yes\na,yes\na,no\n")
        let predictions = try model.predict(try Samples.table("x\na\nb\n"))
        // no: 3 of 7 rows, a in 3; yes: 4 of 7 rows, a in 1, b in 3.
        let a = (3.0 / 7 * (4.0 / 7), 4.0 / 7 * (2.0 / 8))
        let b = (3.0 / 7 * (1.0 / 7), 4.0 / 7 * (4.0 / 8))
        let expected = [a.0 / (a.0 + a.1), a.1 / (a.0 + a.1), b.0 / (b.0 + b.1), b.1 / (b.0 + b.1)]
        for (found, wanted) in zip(predictions.probabilities, expected) { #expect(abs(found - wanted) < 1e-12) }
    }

    @Test func `a number is normal in each class, and a missing one says nothing`() throws {
        let model = try model("x,y\n-1,no\n1,no\n3,yes\n5,yes\n")
        let predictions = try model.predict(try Samples.table("x\n2\n\n0\n"))
        // In both classes the variance is 1, with a tenth of the whole one, 5, added; the means are 0 and 4.
        #expect(abs(predictions.probabilities[0] - 0.5) < 1e-12)
        #expect(abs(predictions.probabilities[2] - 0.5) < 1e-12)
        #expect(abs(predictions.probabilities[5] - Elementary.sigmoid(-16 / 3)) < 1e-12)
    }

    @Test func `numbers that never vary within a class and far ones give probabilities all the same`() throws {
        let model = try model("x,z,y\n1,7,a\n1,7,a\n2,7,b\n2,7,b\n3,7,c\n3,7,c\n")
        let predictions = try model.predict(try Samples.table("x,z\n1e100,7\n-1e100,-1e100\n2,7\n"))
        #expect(predictions.probabilities.allSatisfy { (0...1).contains($0) })
        #expect(predictions.labels[2] == "b")
    }

    @Test func `digits are told apart as a peer does`() throws {
        let (train, test) = try Samples.parted(Samples.digits)
        let model = try Trainer.train(train, options: try Samples.options(target: "digit", "naive-bayes"))
        let accuracy = try #require(try Samples.metrics(model, on: test)["accuracy"]?.numberValue)
        // scikit-learn's GaussianNB reaches 0.838 here.
        #expect(accuracy > 0.89)
    }
}
