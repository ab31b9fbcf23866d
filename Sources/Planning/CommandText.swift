/// A text of a manifest's `run`, taken apart at its `${...}`.
///
/// The manifest is checked: every `${` is closed, and stands for something.
struct CommandText {
    private enum Piece {
        case text([UInt8])
        /// What stands between `${` and `}`.
        case reference(String)
    }

    private let pieces: [Piece]

    init(_ text: String) {
        let bytes = Array(text.utf8)
        let (dollar, open, close) = (UInt8(ascii: "$"), UInt8(ascii: "{"), UInt8(ascii: "}"))
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...]
            if rest.starts(with: [dollar, dollar, open]) {
                literal += [dollar, open]
                index += 3
            } else if rest.starts(with: [dollar, open]), let end = rest.firstIndex(of: close) {
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = []
                pieces.append(.reference(String(decoding: bytes[index + 2..<end], as: UTF8.self)))
                index = end + 1
            } else {
                literal.append(bytes[index])
                index += 1
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        self.pieces = pieces
    }

    /// The names between `${` and `}`, in the order in which they stand.
    var references: [String] {
        pieces.compactMap { if case .reference(let name) = $0 { name } else { nil } }
    }

    /// The text with `value` put in, as it is.
    func argument(_ value: (String) -> String) -> String {
        var result: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let bytes): result += bytes
            case .reference(let name): result += value(name).utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text as a shell line: each value reaches the shell as the very text that it is, wherever it stands in the line.
    func shellLine(_ value: (String) -> String) -> String {
        var result: [UInt8] = []
        var place = ShellPlace()
        for piece in pieces {
            switch piece {
            case .text(let bytes):
                for byte in bytes { place.pass(byte) }
                result += bytes
            case .reference(let name): result += place.quoted(value(name)).utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// A place in a line of POSIX shell: inside which quotes it lies.
///
/// Here-documents are not followed; a value that holds nothing but plain letters is the same in one.
struct ShellPlace {
    private enum Inside: Equatable {
        /// Commands, until this byte; nil at the line's own level.
        case commands(until: UInt8?)
        case single
        case double
        case comment
    }

    private var stack: [Inside] = [.commands(until: nil)]
    private var isEscaped = false
    private var last: UInt8?

    /// Goes past one byte of the line.
    mutating func pass(_ byte: UInt8) {
        defer { last = isEscaped ? nil : byte }
        if isEscaped {
            isEscaped = false
            return
        }
        switch stack[stack.count - 1] {
        case .single: if byte == UInt8(ascii: "'") { stack.removeLast() }
        case .comment: if byte == UInt8(ascii: "\n") { stack.removeLast() }
        case .double:
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): stack.removeLast()
            case UInt8(ascii: "("): if last == UInt8(ascii: "$") { stack.append(.commands(until: UInt8(ascii: ")"))) }
            case UInt8(ascii: "`"): passBacktick()
            default: break
            }
        case .commands(let end):
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "'"): stack.append(.single)
            case UInt8(ascii: "\""): stack.append(.double)
            case UInt8(ascii: "("): stack.append(.commands(until: UInt8(ascii: ")")))
            case UInt8(ascii: "`"): passBacktick()
            case UInt8(ascii: "#"): if startsWord { stack.append(.comment) }
            default: if byte == end { stack.removeLast() }
            }
        }
    }

    private mutating func passBacktick() {
        let backtick = UInt8(ascii: "`")
        if let start = stack.lastIndex(of: .commands(until: backtick)) {
            stack.removeSubrange(start...)
        } else {
            stack.append(.commands(until: backtick))
        }
    }

    private var startsWord: Bool {
        guard let last else { return true }
        return " \t\n;&|(`".utf8.contains(last)
    }

    /// `text` spelled so that it stands for itself at this place.
    mutating func quoted(_ text: String) -> String {
        let isFirst = isEscaped
        isEscaped = false
        // A word goes on behind what is put in.
        last = UInt8(ascii: "x")
        // A backslash before it stands for itself, too.
        let lead = isFirst ? "\\" : ""
        switch stack[stack.count - 1] {
        case .comment: return lead + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
        case .commands: return lead + Self.word(text)
        case .double: return lead + (Self.isPlain(text) ? text : "\"\(Self.word(text))\"")
        case .single: return Self.isPlain(text) ? text : "'\(Self.word(text))'"
        }
    }

    /// One word of a shell line.
    private static func word(_ text: String) -> String {
        if !text.isEmpty, isPlain(text) { return text }
        var result: [UInt8] = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { result += "'\\''".utf8 } else { result.append(byte) }
        }
        result.append(UInt8(ascii: "'"))
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether no shell sees anything but letters in `text`, in whatever quotes it stands.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "_-./,:@%+".utf8.contains(byte)
            }
        }
    }
}
