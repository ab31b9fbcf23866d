import Platform
import TestSupport

/// The files of the project, by their paths relative to its root.
enum Repository {
    static func text(_ path: String) throws -> String {
        String(decoding: try Files.read(Places.repository().appending(path)), as: UTF8.self)
    }

    static func exists(_ path: String) throws -> Bool {
        try Files.status(Places.repository().appending(path)) != nil
    }

    /// The names of the folders that lie in `path`, sorted.
    static func folders(_ path: String) throws -> [String] {
        try entries(path).filter { $0.kind == .directory }.map(\.name)
    }

    /// The paths of all files below `path` whose names end in `suffix`, sorted.
    static func files(below path: String, suffix: String = "") throws -> [String] {
        var found: [String] = []
        for entry in try entries(path) {
            let place = "\(path)/\(entry.name)"
            if entry.kind == .directory {
                found += try files(below: place, suffix: suffix)
            } else if entry.name.hasSuffix(suffix) {
                found.append(place)
            }
        }
        return found
    }

    /// The names of what lies at the top, without dot-files.
    ///
    /// What git tracks where there is a repository, so that what people leave lying about does not count.
    static func topLevel() throws -> Set<String> {
        let root = Places.repository()
        guard try exists(".git") else { return Set(try entries("").map(\.name).filter { !$0.hasPrefix(".") }) }
        let listed = try ProcessRunner.run(["git", "ls-files", "-z"], directory: root)
        guard listed.status == 0 else { throw Refused(text: listed.errorText) }
        let paths = listed.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return Set(paths.map { String($0.prefix { $0 != "/" }) }.filter { !$0.hasPrefix(".") })
    }

    /// git would not say what it tracks.
    struct Refused: Error {
        let text: String
    }

    private static func entries(_ path: String) throws -> [(name: String, kind: FileKind)] {
        let folder = path.isEmpty ? Places.repository() : Places.repository().appending(path)
        return try Files.list(folder).map { (String(decoding: $0.name, as: UTF8.self), $0.kind) }
    }
}

/// A Swift source, read word by word rather than parsed: enough for what these tests ask.
struct SwiftSource {
    let path: String
    let lines: [Substring]

    init(_ path: String) throws {
        self.path = path
        lines = try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules that it imports; lines of texts in it, such as a program in another language, do not count.
    var imports: [String] {
        var isText = false
        return lines.compactMap { line in
            if line.matches(of: /"""/).count % 2 == 1 { isText.toggle() }
            if isText { return nil }
            var words = line.split(separator: " ").drop { $0.hasPrefix("@") }
            if let first = words.first, ["package", "internal", "private", "public", "fileprivate"].contains(first) {
                words = words.dropFirst()
            }
            guard words.first == "import", let last = words.dropFirst().last else { return nil }
            return String(last.prefix { $0 != "." })
        }
    }

    /// The text literals in it that hold nothing but small letters, digits, dashes and slashes, with the word before the bracket
    /// in which each is the first or second argument.
    var plainLiterals: [(text: String, call: String)] {
        let bytes = Array(lines.joined(separator: "\n").utf8)
        var found: [(text: String, call: String)] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\"") else {
                index += 1
                continue
            }
            var end = index + 1
            while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
            if end < bytes.count, bytes[end] == UInt8(ascii: "\""), end > index + 1 {
                found.append((String(decoding: bytes[index + 1..<end], as: UTF8.self), Self.call(before: index, in: bytes)))
                end += 1
            }
            index = end
        }
        return found
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "/"): true
        default: false
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        let small = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// `error` for `problems.error("x"` and for `problems.error(place, "x"`; `code` for `code: "x"`; empty for anything else.
    private static func call(before quote: Int, in bytes: [UInt8]) -> String {
        var index = quote - 1
        func skipSpace() {
            while index >= 0, [UInt8(ascii: " "), UInt8(ascii: "\n")].contains(bytes[index]) { index -= 1 }
        }
        func name() -> String {
            let end = index
            while index >= 0, isName(bytes[index]) { index -= 1 }
            return String(decoding: bytes[index + 1..<end + 1], as: UTF8.self)
        }
        skipSpace()
        guard index >= 0 else { return "" }
        if bytes[index] == UInt8(ascii: ":") {
            index -= 1
            return name() == "code" ? "code" : ""
        }
        if bytes[index] == UInt8(ascii: ",") {
            index -= 1
            _ = name()
            guard index >= 0 else { return "" }
        }
        guard bytes[index] == UInt8(ascii: "(") else { return "" }
        index -= 1
        return name()
    }
}
