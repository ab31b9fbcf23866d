internal import Canonical
internal import Diagnostics
internal import Storage

/// How changes of data are shown: a count, and the paths with a letter before each, as Git has it.
struct DataChangeView {
    /// So many paths are shown unless more are asked for.
    private static let shown = 20

    let changes: [DataChange]

    /// `2 files changed, 1 added, 3 removed`
    var summary: String {
        let counts = [("changed", \DataChange.isChange), ("added", \.isAddition), ("removed", \.isRemoval)]
        var parts: [String] = []
        for (word, matches) in counts {
            let count = changes.count { $0[keyPath: matches] }
            if count > 0 { parts.append("\(parts.isEmpty ? counted(count, "file") : String(count)) \(word)") }
        }
        return parts.joined(separator: ", ")
    }

    /// One line for each path, indented.
    func lines(all: Bool) -> String {
        // Data that is one file has no path of its own.
        let named = changes.filter { !$0.path.isEmpty }
        let part = all ? named[...] : named.prefix(Self.shown)
        var text = part.map { "  \($0.letter) \($0.text)\n" }.joined()
        if part.count < named.count { text += "  and \(named.count - part.count) more; '-v' shows all\n" }
        return text
    }

    /// Members of a record.
    var members: [JSONMember] {
        func paths(_ matches: (DataChange) -> Bool) -> JSONValue { .array(changes.filter(matches).map { .string($0.encodedPath) }) }
        return [
            JSONMember("changed", paths(\.isChange)), JSONMember("added", paths(\.isAddition)), JSONMember("removed", paths(\.isRemoval)),
        ]
    }
}

extension DataChange {
    var isChange: Bool { before != nil && after != nil }
    var isAddition: Bool { before == nil }
    var isRemoval: Bool { after == nil }

    fileprivate var letter: String { isChange ? "M" : isAddition ? "A" : "D" }

    /// The path for people; of an empty folder with a slash.
    var text: String {
        let isFolder = (after ?? before) == .emptyFolder
        return DiagnosticRenderer.printable(String(decoding: path, as: UTF8.self)) + (isFolder ? "/" : "")
    }

    /// The path for programs: bytes that are not UTF-8 are percent-encoded.
    fileprivate var encodedPath: String { PathText.encode(path) }
}
