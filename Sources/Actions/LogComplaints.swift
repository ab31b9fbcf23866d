/// The words by which the usual programs say why they failed.
enum LogComplaints {
    private static let words: [(text: String, complaint: LogReading.Complaint)] = [
        ("No module named ", .module), ("Read-only file system", .readOnly), ("EROFS", .readOnly), ("Permission denied", .denied),
        ("EACCES", .denied), ("Name or service not known", .network), ("Temporary failure in name resolution", .network),
        ("Network is unreachable", .network), ("Connection refused", .network), ("KeyError: '", .variable),
        ("No such file or directory", .missing), ("ENOENT", .missing), ("not found", .missing), ("does not exist", .missing),
        ("cannot open", .missing),
    ]

    static func complaint(of line: String) -> LogReading.Complaint? {
        words.first { $0.complaint == .variable ? line.hasPrefix($0.text) : line.contains($0.text) }?.complaint
    }

    /// The words by their first byte, so that most bytes of a line are passed over with one look.
    private static let byFirst: [[[UInt8]]] = {
        var table = [[[UInt8]]](repeating: [], count: 256)
        for word in words {
            let bytes = Array(word.text.utf8)
            table[Int(bytes[0])].append(bytes)
        }
        return table
    }()
    private static let isFirst: [Bool] = byFirst.map { !$0.isEmpty }

    /// Whether any of the words stands in a line; a look at bytes, which no program that writes much is to notice.
    static func mayBeOne(_ line: [UInt8]) -> Bool {
        line.withUnsafeBufferPointer { line in
            isFirst.withUnsafeBufferPointer { isFirst in
                for index in line.indices where isFirst[Int(line[index])] {
                    let rest = line[index...]
                    if byFirst[Int(line[index])].contains(where: { rest.starts(with: $0) }) { return true }
                }
                return false
            }
        }
    }
}
