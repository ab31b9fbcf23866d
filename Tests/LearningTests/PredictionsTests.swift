import Canonical
import Tables
import Testing

@testable import Learning

/// The table that predictions are written as.
@Suite struct PredictionsTests {
    @Test func `carried columns come first and fields are quoted where they must be`() throws {
        let table = try Samples.table("id,note\n01,\"a, \"\"b\"\"\"\n2,\n")
        let predictions = Predictions(classes: ["no", "so, so", "yes"], probabilities: [0.1, 0.7, 0.2, 1.0 / 3, 1.0 / 3, 1e-7])
        let text = String(decoding: try predictions.csv(carrying: ["note", "id"], from: table), as: UTF8.self)
        #expect(
            text == """
                note,id,prediction,probability_no,"probability_so, so",probability_yes
                "a, ""b""\",01,"so, so",0.1,0.7,0.2
                ,2,no,0.3333333333333333,0.3333333333333333,1e-7

                """)
    }

    @Test func `as TSV nothing is quoted, and tabs between fields are the only ones`() throws {
        let table = try Samples.table("note\n\"a, \"\"b\"\"\"\n\"c\td\"\n")
        let predictions = Predictions(classes: ["no", "so, so"], probabilities: [0.25, 0.75, 0.5, 0.5])
        let text = String(decoding: try predictions.text(format: .tsv, carrying: ["note"], from: table), as: UTF8.self)
        #expect(
            text == "note\tprediction\tprobability_no\tprobability_so, so\na, \"b\"\tso, so\t0.25\t0.75\nc d\tno\t0.5\t0.5\n")
    }

    @Test func `numbers are a column of their own`() throws {
        let table = try Samples.table("id\n1\n2\n")
        let bytes = try Predictions(values: [-2.5, 1e21]).csv(carrying: [], from: table)
        #expect(String(decoding: bytes, as: UTF8.self) == "prediction\n-2.5\n1e+21\n")
    }

    @Test func `a column that is not there or has a taken name is refused`() throws {
        let table = try Samples.table("id,prediction\n1,2\n")
        #expect(throws: LearningError.self) { try Predictions(values: [1]).csv(carrying: ["name"], from: table) }
        #expect(throws: LearningError.self) { try Predictions(values: [1]).csv(carrying: ["prediction"], from: table) }
    }
}
