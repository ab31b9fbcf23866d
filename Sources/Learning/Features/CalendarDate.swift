import Diagnostics
import Tables

/// A date as ISO 8601 writes it, perhaps with a time: `2024-02-29`, `2024-02-29T12:30:00.5+02:00`.
struct CalendarDate: Hashable, Sendable {
    /// Days since 1970-01-01 in the proleptic Gregorian calendar, as written.
    let day: Int
    /// 1 to 12.
    let month: Int
    /// Nanoseconds since midnight, as written; nil without a time.
    let time: Int?
    /// How many minutes the written time is ahead of UTC; without an offset it counts as UTC.
    let offset: Int

    private static let dayLength = 86_400_000_000_000

    /// Monday is 1, Sunday is 7.
    var weekday: Int {
        let remainder = (day + 3) % 7
        return (remainder < 0 ? remainder + 7 : remainder) + 1
    }

    /// The hour as written; nil without a time.
    var hour: Int? { time.map { min($0 / 3_600_000_000_000, 23) } }

    /// Days since 1970-01-01T00:00Z, with the time as a fraction.
    var daysSinceEpoch: Double {
        let moment = (time ?? 0) - offset * 60_000_000_000
        return Double(day) + Double(moment) / Double(Self.dayLength)
    }

    /// Reads `YYYY-MM-DD`, and after `T` or a space `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f` with up to nine digits, and then
    /// nothing, `Z` or an offset `+hh:mm`; nil for everything else.
    init?(_ text: String) {
        var text = text
        guard let date = text.withUTF8({ CalendarDate($0) }) else { return nil }
        self = date
    }

    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 10, bytes.count <= 35, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Self.number(bytes, 0..<4), let month = Self.number(bytes, 5..<7), let day = Self.number(bytes, 8..<10),
            1...12 ~= month, 1...Self.days(in: month, of: year) ~= day
        else { return nil }
        self.month = month
        self.day = Self.days(year, month, day)
        guard bytes.count > 10 else {
            time = nil
            offset = 0
            return
        }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "), bytes.count >= 16, bytes[13] == UInt8(ascii: ":"),
            let hour = Self.number(bytes, 11..<13), let minute = Self.number(bytes, 14..<16), hour < 24, minute < 60
        else { return nil }
        var seconds = hour * 3600 + minute * 60
        var fraction = 0
        var place = 16
        if place < bytes.count, bytes[place] == UInt8(ascii: ":") {
            // A minute may have a leap second.
            guard let second = Self.number(bytes, 17..<19), second <= 60 else { return nil }
            seconds += second
            place = 19
            if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
                let first = place + 1
                place = first
                while place < bytes.count, 48...57 ~= bytes[place] { place += 1 }
                guard 1...9 ~= place - first, let digits = Self.number(bytes, first..<place) else { return nil }
                fraction = digits
                for _ in (place - first)..<9 { fraction *= 10 }
            }
        }
        guard let offset = Self.offset(bytes, from: place) else { return nil }
        self.offset = offset
        time = seconds * 1_000_000_000 + fraction
    }

    /// The offset in minutes that stands from `place` to the end.
    private static func offset(_ bytes: UnsafeBufferPointer<UInt8>, from place: Int) -> Int? {
        if place == bytes.count { return 0 }
        if bytes[place] == UInt8(ascii: "Z") { return place + 1 == bytes.count ? 0 : nil }
        guard bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-"), bytes.count == place + 6,
            bytes[place + 3] == UInt8(ascii: ":"), let hours = number(bytes, place + 1..<place + 3),
            let minutes = number(bytes, place + 4..<place + 6), hours < 24, minutes < 60
        else { return nil }
        let total = hours * 60 + minutes
        return bytes[place] == UInt8(ascii: "-") ? -total : total
    }

    /// Digits as a number; nil when one is none, or the text ends before.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.upperBound <= bytes.count else { return nil }
        var number = 0
        for place in range {
            guard 48...57 ~= bytes[place] else { return nil }
            number = number * 10 + Int(bytes[place] - 48)
        }
        return number
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01, with years that begin in March, so that the leap day is the last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// What of a date a feature is.
package enum DatePart: String, CaseIterable, Sendable {
    /// Days since 1970, with the time of day as a fraction: a number.
    case day
    /// `01` to `12`, as written: a category.
    case month
    /// `1` for Monday to `7` for Sunday, as written: a category.
    case weekday
    /// `00` to `23`, as written: a category; only where training had times.
    case hour
}

extension FeatureColumn {
    /// Whether all fields of a column of categories that are not missing are dates.
    var looksLikeDates: Bool {
        guard case .categories(let codes, let levels) = table.columns[index].values, codes.contains(where: { $0 >= 0 }) else {
            return false
        }
        return levels.allSatisfy { CalendarDate($0) != nil }
    }

    /// The column's dates, each once, and for each row the place of its own; -1 where missing.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` with the first places where a field is no date.
    func dates() throws(LearningError) -> (codes: [Int32], dates: [CalendarDate]) {
        let (codes, texts) = texts()
        let dates = texts.map { CalendarDate($0) }
        let rows = codes.indices.lazy.filter { codes[$0] >= 0 && dates[Int(codes[$0])] == nil }
        let problems = rows.prefix(Self.mostProblems).map { row in
            problem(
                "not-a-date",
                "'\(texts[Int(codes[row])])' in column '\(name)' is no date, and the column is read as dates; expected one such as "
                    + "2024-02-29 or 2024-02-29T12:30:00Z", row)
        }
        if !problems.isEmpty { throw .diagnostics(Array(problems)) }
        return (codes, dates.compactMap { $0 })
    }
}

/// The columns that dates become.
struct DateParts {
    let codes: [Int32]
    let dates: [CalendarDate]

    init(_ column: FeatureColumn) throws(LearningError) {
        (codes, dates) = try column.dates()
    }

    /// The parts that there are: the hour only when a date has a time.
    var present: [DatePart] {
        DatePart.allCases.filter { $0 != .hour || dates.contains { $0.time != nil } }
    }

    /// Days since 1970 for each row; NaN where missing.
    var days: [Double] {
        let days = dates.map(\.daysSinceEpoch)
        return codes.map { $0 < 0 ? .nan : days[Int($0)] }
    }

    /// For each row the place of a part among ``texts(_:)``; -1 where missing.
    func codes(_ part: DatePart) -> [Int32] {
        let places = dates.map { date -> Int32 in
            switch part {
            case .day: preconditionFailure("the day is a number")
            case .month: Int32(date.month - 1)
            case .weekday: Int32(date.weekday - 1)
            case .hour: Int32(date.hour ?? -1)
            }
        }
        return codes.map { $0 < 0 ? -1 : places[Int($0)] }
    }

    /// All values of a part, sorted by bytes.
    static func texts(_ part: DatePart) -> [String] {
        switch part {
        case .day: []
        case .month: (1...12).map { $0 < 10 ? "0\($0)" : "\($0)" }
        case .weekday: (1...7).map { "\($0)" }
        case .hour: (0...23).map { $0 < 10 ? "0\($0)" : "\($0)" }
        }
    }
}
