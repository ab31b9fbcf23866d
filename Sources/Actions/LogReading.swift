internal import Manifests
internal import Platform

/// What a command's log says about why it failed, read as it comes and in bounded memory.
struct LogReading: Sendable {
    /// Why something was refused, as the usual programs word it.
    enum Complaint: Hashable, Sendable {
        case missing
        case readOnly
        case denied
        /// A Python module that is not there.
        case module
    }

    struct Clue: Hashable, Sendable {
        let complaint: Complaint
        let line: String
    }

    private static let lastCount = 12
    private static let longestLine = 300
    private static let clueLimit = 64

    /// The last lines that are not empty, oldest first, each cut to a length that people read.
    private(set) var last: [String] = []
    /// The first lines that complain of something.
    private(set) var clues: [Clue] = []
    private var line: [UInt8] = []

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                endLine()
            } else if line.count < 4 * Self.longestLine {
                line.append(byte)
            }
        }
    }

    mutating func take(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { take($0) }
    }

    /// Takes a last line without an end.
    mutating func endLine() {
        defer { line.removeAll(keepingCapacity: true) }
        guard line.contains(where: { $0 > 0x20 }) else { return }
        let text = String(decoding: line, as: UTF8.self)
        if clues.count < Self.clueLimit, let complaint = Self.complaint(of: text) { clues.append(Clue(complaint: complaint, line: text)) }
        last.append(String(text.prefix(Self.longestLine)))
        if last.count > Self.lastCount { last.removeFirst() }
    }

    private static let words: [(text: String, complaint: Complaint)] = [
        ("No module named ", .module), ("Read-only file system", .readOnly), ("EROFS", .readOnly), ("Permission denied", .denied),
        ("EACCES", .denied), ("No such file or directory", .missing), ("ENOENT", .missing), ("not found", .missing),
        ("does not exist", .missing), ("cannot open", .missing),
    ]

    private static func complaint(of line: String) -> Complaint? {
        words.first { line.contains($0.text) }?.complaint
    }

    // MARK: Names in a line

    /// Everything in a line that could be the name of a file, in the order in which it stands there.
    static func names(in line: String) -> [String] {
        var names: [String] = []
        func add(_ text: Substring) {
            let trimmed = String(text).trimming("'\"`‘’“”,;:()[]<>{}")
            if !trimmed.isEmpty, !names.contains(trimmed) { names.append(trimmed) }
        }
        for quote in ["'", "\"", "`"] {
            // Every second part lies between quotes.
            for (index, part) in line.split(separator: Character(quote), omittingEmptySubsequences: false).enumerated()
            where index % 2 == 1 {
                add(part)
            }
        }
        for part in line.split(separator: ":") { add(part.drop { $0 == " " }) }
        for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "=" }) { add(word) }
        return names
    }

    /// The path of the workspace that a name in the log stands for; nil for one from elsewhere.
    static func path(_ name: String, workFolder: String) -> RelativePath? {
        var text = Substring(name)
        if text.hasPrefix(workFolder + "/") { text = text.dropFirst(workFolder.count + 1) }
        while text.hasPrefix("./") { text = text.dropFirst(2) }
        while text.hasSuffix("/") { text = text.dropLast() }
        return RelativePath(String(text))
    }
}

extension String {
    fileprivate func trimming(_ characters: String) -> String {
        var rest = self[...]
        while let first = rest.first, characters.contains(first) || first == " " { rest = rest.dropFirst() }
        while let last = rest.last, characters.contains(last) || last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
