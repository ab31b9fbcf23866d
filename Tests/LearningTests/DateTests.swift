import Canonical
import Numerics
import Tables
import Testing

@testable import Learning

/// Dates as texts, and as features.
@Suite struct DateTests {
    @Test func `days are counted in the proleptic Gregorian calendar`() throws {
        for (text, day, weekday) in [
            ("1970-01-01", 0, 4), ("1969-12-31", -1, 3), ("2000-02-29", 11_016, 2), ("2024-02-29", 19_782, 4), ("1600-03-01", -135_080, 3),
            ("0000-01-01", -719_528, 6), ("9999-12-31", 2_932_896, 5),
        ] {
            let date = try #require(CalendarDate(text))
            #expect(date.day == day && date.weekday == weekday && date.daysSinceEpoch == Double(day) && date.hour == nil, "\(text)")
        }
    }

    @Test func `times have fractions, and offsets lead to UTC`() throws {
        let noon = try #require(CalendarDate("1970-01-02T12:00"))
        #expect(noon.daysSinceEpoch == 1.5 && noon.hour == 12)
        #expect(CalendarDate("1970-01-02 12:00:00Z")?.daysSinceEpoch == 1.5)
        let east = try #require(CalendarDate("1970-01-02T01:30:00.5+02:00"))
        #expect(east.hour == 1 && east.daysSinceEpoch == 1 + (-1800 + 0.5) / 86_400)
        #expect(CalendarDate("1970-01-01T00:00:00.000000001-00:30")?.time == 1)
        #expect(CalendarDate("2016-12-31T23:59:60Z")?.hour == 23)
    }

    @Test(arguments: [
        "", "1970", "1970-1-1", "1970-02-29", "1900-02-29", "1970-13-01", "1970-00-01", "1970-01-00", "1970-04-31", "1970/01/01",
        "1970-01-01T", "1970-01-01T1:00", "1970-01-01T24:00", "1970-01-01T12:60", "1970-01-01T12:00:61", "1970-01-01T12:00:00.",
        "1970-01-01T12:00:00.1234567890", "1970-01-01T12:00+2", "1970-01-01T12:00+0200", "1970-01-01T12:00Zx", "1970-01-01x12:00",
        "1970-01-01T12:00:0", "+970-01-01", "1970-01-01T12:00+25:00", "１９７０-01-01", "1970-01-01 ",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(CalendarDate(text) == nil)
    }

    private static let rows: String = {
        var rows = "when,y\n"
        for row in 0..<84 { rows += "2024-\(row % 12 < 9 ? "0" : "")\(row % 12 + 1)-1\(row % 7),\(row % 12 < 6 ? "early" : "late")\n" }
        return rows
    }()

    @Test func `a column of dates becomes a number and categories`() throws {
        let options = try Samples.options(target: "y", "boosted-trees")
        let pipeline = try FeaturePipeline(fitting: try Samples.table(Self.rows), options: options)
        #expect(pipeline.features.map(\.part) == [.day, .month, .weekday])
        #expect(pipeline.summary == "1 date")
        guard case .category(let months) = pipeline.features[1].kind else { return }
        #expect(months.levels == ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"])
        let applied = try pipeline.apply(to: try Samples.table("when\n2024-03-31T10:00\n\n1999-12-31\n"))
        guard case .numbers(let days) = applied.columns[0], case .codes(let codes) = applied.columns[1] else { return }
        #expect(days[0] == 19_813 + 10.0 / 24 && days[1].isNaN && codes == [2, months.missingCode, 11])
        #expect(TextTests.codes { try pipeline.apply(to: try Samples.table("when\n2024-03-31\nyesterday\n")) } == ["learning/not-a-date"])
        // A single odd word makes categories of the column, unless it is said to be dates.
        let mixed = Self.rows + "soon,early\n"
        #expect(try FeaturePipeline(fitting: try Samples.table(mixed), options: options).features.map(\.part) == [nil])
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("when", "date")]))])
        let stated = try Samples.options(target: "y", "boosted-trees", more: [("features", types)])
        #expect(TextTests.codes { try FeaturePipeline(fitting: try Samples.table(mixed), options: stated) } == ["learning/not-a-date"])
    }

    @Test(arguments: ["boosted-trees", "logistic"])
    func `dates with times are learned, written and read`(_ kind: String) throws {
        var rows = "when,y\n"
        for row in 0..<240 {
            rows += "2024-01-0\(row % 7 + 1)T\(row % 24 < 10 ? "0" : "")\(row % 24):15:00Z,\(row % 24 < 12 ? "am" : "pm")\n"
        }
        let table = try Samples.table(rows)
        let model = try Trainer.train(table, options: try Samples.options(target: "y", kind))
        #expect(model.pipeline.features.map(\.part) == [.day, .month, .weekday, .hour])
        #expect(try TrainedModel.read(model.files()) == model)
        #expect(try #require(try Samples.metrics(model, on: table)["accuracy"]?.numberValue) > 0.95)
        #expect(
            JSONText.line(model.signature["inputs"] ?? .null) == #"[{"name": "when", "type": "date", "missing": false}]"#)
    }
}
