import Canonical
import Diagnostics
import Tables
import Testing

@testable import Learning

/// What a pipeline learns of columns, and what it does with other tables.
@Suite struct FeaturePipelineTests {
    private func pipeline(_ rows: String, _ features: JSONValue = .object([]), target: String = "y") throws -> FeaturePipeline {
        let options = try Samples.options(target: target, "boosted-trees", more: [("features", features)])
        return try FeaturePipeline(fitting: try Samples.table(rows), options: options)
    }

    private func codes(of body: () throws -> Void) -> [String] {
        do {
            try body()
            return []
        } catch let error as LearningError {
            return error.diagnostics.map(\.code)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `numbers have a mean and a deviation of those present`() throws {
        let pipeline = try pipeline("x,y\n1,a\n,a\n5,b\n")
        let profile = NumberProfile(mean: 3, deviation: 2, minimum: 1, maximum: 5, present: 2, missing: 1)
        #expect(pipeline.features == [Feature(name: "x", kind: .number(profile))])
    }

    @Test func `columns without a number and constant ones are taken as they are`() throws {
        let pipeline = try pipeline("empty,same,y\n,7,a\nNA,7,b\n")
        #expect(
            pipeline.features.map(\.kind) == [
                .number(NumberProfile(mean: 0, deviation: 0, minimum: 0, maximum: 0, present: 0, missing: 2)),
                .number(NumberProfile(mean: 7, deviation: 0, minimum: 7, maximum: 7, present: 2, missing: 0)),
            ])
        #expect(DesignLayout(pipeline).columns.isEmpty)
    }

    @Test func `levels stand in two rows or more, the rest are others`() throws {
        let pipeline = try pipeline("c,y\nred,a\nblue,a\nred,b\n,b\nblue,b\ngreen,a\n")
        #expect(pipeline.features[0].kind == .category(CategoryProfile(levels: ["blue", "red"], others: 1, missing: 1)))
        let applied = try pipeline.apply(to: try Samples.table("c\ngreen\nred\nNA\nblue\n"))
        guard case .codes(let codes) = applied.columns[0] else { return }
        #expect(codes == [2, 1, 3, 0])
    }

    @Test func `of many levels the most frequent are told apart`() throws {
        var rows = "c,y\n"
        for level in 0..<300 { for _ in 0..<(level < 254 ? 3 : 2) { rows += "level\(level),\(level % 2)\n" } }
        guard case .category(let profile) = try pipeline(rows).features[0].kind else { return }
        #expect(profile.levels.count == 254 && profile.others == 46 * 2)
        #expect(!profile.levels.contains("level254"))
    }

    @Test func `an identifier has no levels`() throws {
        let pipeline = try pipeline("id,y\na1,a\nb2,b\nc3,a\n")
        #expect(pipeline.features[0].kind == .category(CategoryProfile(levels: [], others: 3, missing: 0)))
        #expect(DesignLayout(pipeline).columns.isEmpty)
    }

    @Test func `columns can be included, excluded and given a type`() throws {
        let rows = "a,b,c,y\n1,01,3,u\n2,1,4,v\n1,01,5,u\n2,1,6,v\n"
        #expect(try pipeline(rows).features.map(\.name) == ["a", "b", "c"])
        #expect(try pipeline(rows, .object([JSONMember("include", ["c", "a"])])).features.map(\.name) == ["a", "c"])
        #expect(try pipeline(rows, .object([JSONMember("exclude", ["a"])])).features.map(\.name) == ["b", "c"])
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("b", "category")]))])
        #expect(try pipeline(rows, types).features[1].kind == .category(CategoryProfile(levels: ["01", "1"], others: 0, missing: 0)))
    }

    @Test func `a known level is found by its bytes, else by its number`() throws {
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("b", "category")]))])
        let pipeline = try pipeline("b,y\n01,u\n01,v\n1,u\n1,v\n2.5,u\n2.5,v\n", types)
        let applied = try pipeline.apply(to: try Samples.table("b\n01\n1\n2.50\n1.0\n7\n"))
        guard case .codes(let codes) = applied.columns[0] else { return }
        // 1.0 is the first level of this number.
        #expect(codes == [0, 1, 2, 0, 3])
    }

    @Test func `columns are named wrongly with a suggestion and a code`() throws {
        let rows = "age,city,y\n1,a,u\n2,b,v\n"
        #expect(codes { _ = try pipeline(rows, target: "z") } == ["learning/unknown-column"])
        #expect(codes { _ = try pipeline(rows, .object([JSONMember("exclude", ["citi"])])) } == ["learning/unknown-column"])
        #expect(codes { _ = try pipeline(rows, .object([JSONMember("include", ["y"])])) } == ["learning/target-is-feature"])
        #expect(codes { _ = try pipeline(rows, .object([JSONMember("exclude", ["age", "city"])])) } == ["learning/no-features"])
        do {
            _ = try pipeline(rows, .object([JSONMember("exclude", ["citi"])]))
        } catch let error as LearningError {
            #expect(error.diagnostics[0].notes.map(\.message) == ["did you mean 'city'?"])
        }
    }

    @Test func `a field that is no number is shown where it stands`() throws {
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("city", "number")]))])
        do {
            _ = try pipeline("age,city,y\n1,12,u\n2,Rome,v\n", types)
            Issue.record("'Rome' is no number")
        } catch let error as LearningError {
            let table = try Samples.table("age,city,y\n1,12,u\n2,Rome,v\n")
            let text = DiagnosticRenderer(sources: [table.source]).render(error.diagnostics)
            #expect(
                text == """
                    rows.csv:3:3: error: 'Rome' in column 'city' is no number, and the column is read as numbers [learning/not-a-number]
                      3 | 2,Rome,v
                        |   ^~~~

                    """)
        }
    }

    @Test func `numbers past 1e100 are refused, in training and in use`() throws {
        #expect(codes { _ = try pipeline("x,y\n1,a\n-1e101,b\n") } == ["learning/number-out-of-range"])
        let fitted = try pipeline("x,y\n1,a\n2,b\n")
        #expect(codes { _ = try fitted.apply(to: try Samples.table("x\n1e200\n")) } == ["learning/number-out-of-range"])
        #expect(codes { _ = try fitted.apply(to: try Samples.table("z\n1\n")) } == ["learning/unknown-column"])
    }

    @Test func `linear columns put 0 for a missing number and none for an unseen level`() throws {
        let pipeline = try pipeline("x,c,y\n1,a,u\n5,b,v\n,a,u\n,b,v\n")
        let layout = DesignLayout(pipeline)
        let table = try pipeline.apply(to: try Samples.table("x,c\n5,a\n,b\n1,z\n"))
        #expect(try DesignMatrix(table, layout, threads: 1).elements == [1, 1, 0, 1, 0, 0, 1, 1, -1, 0, 0, 1])
    }
}
