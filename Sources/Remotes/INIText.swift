/// The files in which AWS's tools keep profiles: sections of `name = value`, as Python's `configparser` reads them.
///
/// Lines that begin with a space belong to the value above; here they are skipped, as nothing that mlbuild needs is written so.
struct INIText: Sendable {
    /// Why a text is no such file, and in which line; nothing of the text itself.
    struct Malformed: Error, Hashable, Sendable {
        let line: Int
        let reason: String
    }

    static let limit = 1 << 20

    private let sections: [String: [String: String]]

    /// The value under a name of a section; names are without regard to the case of letters.
    func value(_ name: String, in section: String) -> String? { sections[section]?[name.lowercased()] }

    func has(_ section: String) -> Bool { sections[section] != nil }

    static func parse(_ bytes: [UInt8]) throws(Malformed) -> INIText {
        var sections: [String: [String: String]] = [:]
        var current: String?
        for (index, raw) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            func malformed(_ reason: String) -> Malformed { Malformed(line: index + 1, reason: reason) }
            guard let text = String(validating: raw, as: UTF8.self) else { throw malformed("it is not UTF-8") }
            if text.utf8.contains(0) { throw malformed("it holds a NUL") }
            let line = trimmed(text[...])
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if text.hasPrefix(" ") || text.hasPrefix("\t") {
                if current == nil { throw malformed("it stands before the first section") }
                continue
            }
            if line.hasPrefix("[") {
                guard line.hasSuffix("]") else { throw malformed("the name of a section ends with ']'") }
                let name = String(trimmed(line.dropFirst().dropLast()))
                if sections[name] != nil { throw malformed("the section stands there twice") }
                sections[name] = [:]
                current = name
                continue
            }
            guard let section = current else { throw malformed("it stands before the first section") }
            guard let equals = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { throw malformed("there is no '=' in it") }
            let name = trimmed(line[..<equals]).lowercased()
            if name.isEmpty { throw malformed("there is no name before '='") }
            if sections[section]?[name] != nil { throw malformed("the name stands twice in its section") }
            sections[section]?[name] = String(trimmed(line[line.index(after: equals)...]))
        }
        return INIText(sections: sections)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return text
    }
}
