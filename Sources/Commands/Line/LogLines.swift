/// Cuts what commands write into lines, each stage's by itself.
struct LogLines {
    /// A line that has no end is cut after so many bytes.
    private static let longest = 16 << 10
    private var open: [String: [UInt8]] = [:]

    /// The lines that are whole once `bytes` of `stage` are added, without their ends.
    mutating func add(_ bytes: [UInt8], of stage: String) -> [String] {
        var rest = (open[stage] ?? []) + bytes
        var lines: [String] = []
        var start = rest.startIndex
        for index in rest.indices where rest[index] == UInt8(ascii: "\n") || index - start >= Self.longest {
            lines.append(Self.text(rest[start..<index]))
            start = rest[index] == UInt8(ascii: "\n") ? index + 1 : index
        }
        rest.removeSubrange(..<start)
        open[stage] = rest
        return lines
    }

    /// The line that `stage` began and never ended; nil when there is none.
    mutating func end(of stage: String) -> String? {
        guard let rest = open.removeValue(forKey: stage), !rest.isEmpty else { return nil }
        return Self.text(rest[...])
    }

    /// Of a line that was written over with carriage returns, as progress bars do, what stood there last.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let shown = bytes.split(separator: UInt8(ascii: "\r")).last ?? bytes
        return String(decoding: shown, as: UTF8.self)
    }
}
