/// Numbers of files, bytes and seconds, as people read them.
enum Quantity {
    /// With commas between thousands.
    static func count(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// In units of 1000, with three digits at most: `999 B`, `4.1 kB`, `480 MB`.
    static func bytes(_ number: Int) -> String {
        if abs(number) < 1000 { return "\(number) B" }
        var value = Double(number)
        var unit = ""
        for next in ["kB", "MB", "GB", "TB", "PB", "EB"] {
            if abs(value) < 999.5 { break }
            value /= 1000
            unit = next
        }
        let tenths = Int((value * 10).rounded())
        return abs(tenths) < 100 ? "\(tenths / 10).\(abs(tenths) % 10) \(unit)" : "\(Int(value.rounded())) \(unit)"
    }

    /// `40 s`, `3 min`, `2 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        // More than a century is no time that anybody waits.
        let whole = Int(min(max(seconds, 0), 3.2e9).rounded(.up))
        if whole < 100 { return "\(whole) s" }
        let minutes = (whole + 59) / 60
        return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }
}
