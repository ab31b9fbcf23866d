import Canonical
import Diagnostics
import Tables
import Testing

@testable import Learning

/// Every row in one part, the same rows for the same seed.
@Suite struct SplitterTests {
    private func parts(_ rows: String, _ options: JSONValue = .object([])) throws -> Splitter.Parts {
        try Splitter.split(try Samples.table(rows), options: try SplitOptions(options))
    }

    private func rows(_ count: Int, _ fields: (Int) -> String) -> String {
        "id,g\n" + (0..<count).map { "\($0),\(fields($0))\n" }.joined()
    }

    private func isWhole(_ parts: Splitter.Parts, _ count: Int) -> Bool {
        (parts.train + parts.test + parts.validation).sorted() == Array(0..<count)
            && [parts.train, parts.test, parts.validation].allSatisfy { $0 == $0.sorted() }
    }

    @Test func `parts have their share of the rows, rounded`() throws {
        for (count, test) in [(4, 1), (10, 3), (11, 3), (569, 142)] {
            let parts = try parts(rows(count) { _ in "a" })
            #expect(parts.test.count == test && parts.validation.isEmpty && isWhole(parts, count))
        }
        let parts = try parts(rows(100) { _ in "a" }, ["test": 0.2, "validation": 0.1])
        #expect(parts.test.count == 20 && parts.validation.count == 10 && isWhole(parts, 100))
    }

    @Test func `the seed decides, and nothing else`() throws {
        let table = rows(50) { "\($0 % 3)" }
        let first = try parts(table, ["seed": 7])
        #expect(try parts(table, ["seed": 7]) == first)
        #expect(try parts(table, ["seed": 8]) != first)
        #expect(try parts(rows(50) { _ in "z" }, ["seed": 7]) == first)
    }

    @Test func `the rows of a seed are these`() throws {
        let found = try parts(rows(12) { _ in "a" }, ["seed": 1]).test
        #expect(found == [6, 10, 11])
    }

    @Test func `stratified, each value keeps its share, and missing is a value`() throws {
        let table = rows(100) { $0 < 60 ? "a" : $0 < 90 ? "b" : "" }
        let parts = try parts(table, ["test": 0.3, "validation": 0.1, "stratify": "g"])
        func counts(_ rows: [Int]) -> [Int] { [rows.count { $0 < 60 }, rows.count { (60..<90).contains($0) }, rows.count { $0 >= 90 }] }
        #expect(counts(parts.test) == [18, 9, 3])
        #expect(counts(parts.validation) == [6, 3, 1])
        #expect(isWhole(parts, 100))
    }

    @Test func `largest remainders keep the size of a part`() {
        #expect(Splitter.shares(of: 5, among: [3, 3, 3]) == [2, 2, 1])
        #expect(Splitter.shares(of: 4, among: [1, 10, 5]) == [0, 3, 1] || Splitter.shares(of: 4, among: [1, 10, 5]).reduce(0, +) == 4)
        #expect(Splitter.shares(of: 0, among: [4, 4]) == [0, 0])
        #expect(Splitter.shares(of: 8, among: [4, 4]) == [4, 4])
        #expect(Splitter.shares(of: 3, among: []) == [])
    }

    @Test func `groups stay together and sizes are near the shares`() throws {
        let parts = try parts(rows(300) { "g\($0 % 40)" }, ["test": 0.2, "validation": 0.2, "group": "g"])
        #expect(isWhole(parts, 300))
        let groups = [parts.train, parts.test, parts.validation].map { Set($0.map { $0 % 40 }) }
        #expect(groups[0].isDisjoint(with: groups[1]) && groups[0].isDisjoint(with: groups[2]) && groups[1].isDisjoint(with: groups[2]))
        #expect((50...70).contains(parts.test.count) && (50...70).contains(parts.validation.count))
    }

    private func problem(_ rows: String, _ options: JSONValue) -> Diagnostic? {
        do {
            _ = try parts(rows, options)
            return nil
        } catch let error as LearningError {
            return error.diagnostics.first
        } catch {
            return nil
        }
    }

    @Test func `groups too large for a part are named`() throws {
        let found = problem(rows(100) { $0 < 63 ? "north" : "south" }, ["test": 0.05, "group": "g"])
        #expect(found?.code == "learning/uneven-groups")
        let message = try #require(found?.message)
        #expect(message.hasPrefix("grouped by 'g', the train part would be"), "\(message)")
        #expect(message.contains("instead of 95 %; the group '"), "\(message)")
    }

    @Test func `a column of single values cannot be stratified by`() throws {
        #expect(problem(rows(50) { "\($0)" }, ["stratify": "g"])?.code == "learning/cannot-stratify")
        #expect(problem(rows(50) { "\($0 % 40)" }, ["stratify": "g"])?.code == "learning/cannot-stratify")
        #expect(problem(rows(50) { "\($0 % 25)" }, ["stratify": "g"]) == nil)
        #expect(problem(rows(5) { "\($0 % 3)" }, ["stratify": "g"]) == nil)
    }

    @Test func `an empty part is named`() throws {
        let few = problem(rows(3) { _ in "a" }, ["test": 0.1])
        #expect(few?.message == "the test part would be empty: 3 rows are too few for these shares")
        let grouped = problem(rows(10) { _ in "a" }, ["group": "g"])
        #expect(grouped?.message == "the test part would be empty: column 'g' has too few groups for these shares")
        #expect(problem(rows(9) { _ in "a" }, ["group": "g", "stratify": "g"])?.message.contains("choose one") == true)
    }

    @Test func `what cannot be dealt is refused`() throws {
        #expect(throws: LearningError.self) { try parts(rows(1) { _ in "a" }) }
        #expect(throws: LearningError.self) { try parts(rows(3) { _ in "a" }, ["test": 0.1]) }
        #expect(throws: LearningError.self) { try parts(rows(10) { _ in "a" }, ["group": "g"]) }
        #expect(throws: LearningError.self) { try parts(rows(10) { _ in "a" }, ["stratify": "h"]) }
        #expect(throws: LearningError.self) { try parts(rows(10) { _ in "a" }, ["group": "g", "stratify": "g"]) }
        #expect(throws: LearningError.self) { try parts(rows(10) { _ in "a" }, ["test": 0.6, "validation": 0.4]) }
        #expect(throws: LearningError.self) { try parts(rows(10) { _ in "a" }, ["test": 1]) }
    }
}
