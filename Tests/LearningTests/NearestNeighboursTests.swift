import Canonical
import Numerics
import Testing

@testable import Learning

/// Nearest neighbours against answers worked out by hand, a plain search, and a peer's scores.
@Suite struct NearestNeighboursTests {
    private func model(_ rows: String, _ settings: [(String, JSONValue)]) throws -> TrainedModel {
        try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "k-nearest-neighbours", settings))
    }

    private static let line = "x,y\n0,a\n1,a\n2,b\n3,b\n10,c\n"

    @Test func `neighbours count the same, or by one over their distance`() throws {
        let uniform = try model(Self.line, [("neighbours", 3)]).predict(try Samples.table("x\n1.4\n"))
        #expect(uniform.probabilities == [2.0 / 3, 1.0 / 3, 0])
        let near = try model(Self.line, [("neighbours", 2), ("weights", "distance")]).predict(try Samples.table("x\n1.25\n1\n"))
        // At 0.25 and 0.75: three to one. On a point only it counts.
        #expect(abs(near.probabilities[0] - 0.75) < 1e-12)
        #expect(Array(near.probabilities[3...]) == [1, 0, 0])
    }

    @Test func `a number is the mean of the neighbours' numbers`() throws {
        let model = try model("x,y\n0,1.5\n1,2.5\n9,100.25\n", [("neighbours", 2)])
        #expect(try model.predict(try Samples.table("x\n0.2\n")).values == [2])
    }

    @Test func `more neighbours than rows are refused`() throws {
        #expect(throws: LearningError.self) { try model(Self.line, [("neighbours", 6)]) }
    }

    @Test func `features that never vary leave the first rows as neighbours`() throws {
        let predictions = try model("x,y\n1,a\n1,b\n1,b\n", [("neighbours", 1)]).predict(try Samples.table("x\n5\n"))
        #expect(predictions.labels == ["a"])
    }

    @Test func `the neighbours are those of a plain search, with any number of threads`() throws {
        let stream = RandomStream(seed: 3, purpose: "test/neighbours")
        func points(_ count: Int, _ start: Int) -> NeighbourPoints {
            let elements = (0..<count * 7).map { (stream.uniform(UInt64(start + $0)) * 8).rounded() }
            return NeighbourPoints(count: count, width: 7, elements: elements)
        }
        let (all, queries) = (points(5000, 0), points(300, 100_000))
        let found = all.neighbours(of: queries, nearest: 9, threads: 1)
        #expect(all.neighbours(of: queries, nearest: 9, threads: 3) == found)
        for query in stride(from: 0, to: 300, by: 17) {
            let distances = (0..<5000).map { point in
                (0..<7).reduce(0.0) {
                    let difference = queries.elements[query * 7 + $1] - all.elements[point * 7 + $1]
                    return $0 + difference * difference
                }
            }
            let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(9)
            #expect(found[query].map(\.place) == Array(order))
        }
    }

    @Test func `digits are told apart as a peer does`() throws {
        let (train, test) = try Samples.parted(Samples.digits)
        let model = try Trainer.train(train, options: try Samples.options(target: "digit", "k-nearest-neighbours"), threads: 2)
        let accuracy = try #require(try Samples.metrics(model, on: test)["accuracy"]?.numberValue)
        #expect(accuracy > 0.965)
    }
}
