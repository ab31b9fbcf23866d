/// A moment in UTC as the parts that people and protocols write.
struct CivilTime: Hashable, Sendable {
    let year, month, day, hour, minute, second: Int

    /// `seconds` are since 1970, in the proleptic Gregorian calendar; years 0 to 9999.
    init(secondsSince1970 seconds: Int64) {
        let clamped = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let days = clamped >= 0 ? clamped / 86400 : (clamped - 86399) / 86400
        let rest = Int(clamped - days * 86400)
        // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * part + 2) / 5 + 1)
        month = Int(part < 10 ? part + 3 : part - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// `20261120`
    var date: String { Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2) }
    /// `20261120T204000Z`
    var basic: String { "\(date)T" + Self.padded(hour, 2) + Self.padded(minute, 2) + Self.padded(second, 2) + "Z" }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970 of `Fri, 20 Nov 2026 20:40:00 GMT`, the form of HTTP's `Date`; nil for anything else.
    static func seconds(httpDate text: String) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let day = number(words[1], 2, 1...31), let year = number(words[3], 4, 1970...9999),
            let hour = number(clock[0], 2, 0...23), let minute = number(clock[1], 2, 0...59), let second = number(clock[2], 2, 0...60)
        else { return nil }
        // days_from_civil, for years after 0.
        let shifted = month < 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: Substring, _ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = Int(text), range.contains(value)
        else { return nil }
        return value
    }
}
