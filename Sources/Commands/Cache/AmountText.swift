/// Reads the times and sizes that people give.
enum AmountText {
    /// The nanoseconds in `14d`, `12h`, `30m`, `45s` or `0`; nil for anything else.
    static func time(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        let units: [(String, Int64)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("w", 604_800)]
        for (unit, seconds) in units where text.hasSuffix(unit) {
            guard let number = whole(text.dropLast(unit.count)) else { return nil }
            let (product, overflow) = Int64(number).multipliedReportingOverflow(by: seconds * 1_000_000_000)
            return overflow ? nil : product
        }
        return nil
    }

    /// The bytes in `50GB`, `512 MiB`, `1.5TB` or `4096`; nil for anything else.
    static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let factors: [String: Double] = [
            "": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824,
            "TiB": 1_099_511_627_776,
        ]
        guard let factor = factors[String(unit)], digits.first != ".", digits.last != ".", let number = Double(digits) else { return nil }
        return Int(exactly: (number * factor).rounded())
    }

    private static func whole(_ digits: Substring) -> Int? {
        digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }
}
