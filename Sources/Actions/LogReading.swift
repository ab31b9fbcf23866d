internal import Manifests
internal import Platform

/// What a command's log says about why it failed, read as it comes, in bounded memory and at the cost of a look at each byte.
///
/// Lines are made into text only when they are asked for, or complain: most logs are never read.
package struct LogReading: Sendable {
    /// Why something was refused, as the usual programs word it.
    enum Complaint: Int, Sendable, CaseIterable {
        case missing
        case readOnly
        case denied
        /// A Python module that is not there.
        case module
        /// A variable of Python's `os.environ` that is not there.
        case variable
        case network
    }

    struct Clue: Hashable, Sendable {
        let complaint: Complaint
        let line: String
    }

    private static let lastCount = 25
    private static let longestLine = 200
    /// Of one line, this many bytes are looked at.
    private static let lineLimit = 2048
    /// Of each kind, this many clues are kept.
    private static let clueLimit = 64
    /// How far above an error of Python's the line stands that says where it is from.
    private static let callDepth = 8

    /// The first lines that complain of something.
    private(set) var clues: [Clue] = []
    /// How much was written in all.
    private(set) var byteCount = 0
    /// The last lines that are not blank, in a ring, each as its first bytes; the one at `current` has not ended yet.
    private var lines = [[UInt8]](repeating: [], count: lastCount + 1)
    private var current = 0
    /// Whether the next byte, unless it ends the line, stands at its start again.
    private var isReturned = false
    private var clueCounts = [Int](repeating: 0, count: Complaint.allCases.count)

    package init() {}

    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        byteCount &+= bytes.count
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            // Both ends of a line are below all that is common in one.
            guard byte <= 0x0D, byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
            add(bytes, start..<index)
            start = index + 1
            if byte == UInt8(ascii: "\n") { endLine() } else { isReturned = true }
        }
        add(bytes, start..<bytes.count)
    }

    package mutating func take(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { take($0) }
    }

    mutating func take(_ text: String) {
        take(Array(text.utf8))
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        if range.isEmpty { return }
        if isReturned {
            // Progress is shown by writing over a line: what stood there last counts.
            lines[current].removeAll(keepingCapacity: true)
            isReturned = false
        }
        let count = min(range.count, Self.lineLimit - lines[current].count)
        if count > 0 { lines[current].append(contentsOf: bytes[range.lowerBound..<range.lowerBound + count]) }
    }

    /// Takes a last line without an end.
    package mutating func endLine() {
        isReturned = false
        guard lines[current].contains(where: { $0 > 0x20 }) else { return lines[current].removeAll(keepingCapacity: true) }
        if LogComplaints.mayBeOne(lines[current]) { look() }
        current = (current + 1) % lines.count
        lines[current].removeAll(keepingCapacity: true)
    }

    private mutating func look() {
        let text = LogText.plain(lines[current])
        guard let complaint = LogComplaints.complaint(of: text), clueCounts[complaint.rawValue] < Self.clueLimit else { return }
        if complaint == .variable, !isAboutVariables() { return }
        clueCounts[complaint.rawValue] += 1
        clues.append(Clue(complaint: complaint, line: text))
    }

    /// Whether the lines above name `os.environ`, or what looks into it.
    private func isAboutVariables() -> Bool {
        (1...Self.callDepth).contains { distance in
            let line = String(decoding: lines[(current + lines.count - distance) % lines.count], as: UTF8.self)
            if line.contains("os.environ") { return true }
            return line.hasSuffix(", in __getitem__") && (line.contains("/os.py\"") || line.contains("<frozen os>"))
        }
    }

    /// The last lines that are not blank, oldest first, as they would be read, each cut to a length that people read.
    package var last: [String] {
        (1..<lines.count).compactMap { distance in
            let text = LogText.plain(lines[(current + distance) % lines.count])
            guard text.utf8.contains(where: { $0 > 0x20 }) else { return nil }
            return text.count > Self.longestLine ? String(text.prefix(Self.longestLine)) + "…" : text
        }
    }

    /// Python modules that could not be imported, each once, in the order in which they were missed.
    package var modules: [String] {
        var modules: [String] = []
        for clue in clues where clue.complaint == .module {
            if let module = Self.module(in: clue.line), !modules.contains(module) { modules.append(module) }
        }
        return modules
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

    /// The `x.y` of `ModuleNotFoundError: No module named 'x.y'`.
    static func module(in line: String) -> String? {
        guard let range = line.firstRange(of: "No module named ") else { return nil }
        let name = line[range.upperBound...].prefix { $0 != " " && $0 != ";" }.filter { $0 != "'" && $0 != "\"" }
        guard !name.isEmpty, name.utf8.allSatisfy({ LogText.isNameByte($0) }) else { return nil }
        return String(name)
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
