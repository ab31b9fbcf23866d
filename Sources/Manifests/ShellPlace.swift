/// A place in a line of POSIX shell: inside which quotes or here-document it lies.
package struct ShellPlace {
    private enum Inside: Equatable {
        /// Commands, until this byte; nil at the line's own level.
        case commands(until: UInt8?)
        case single
        case double
        case comment
        /// `$((...))`, with this many parentheses open.
        case arithmetic(Int)
        /// The word behind `<<`.
        case delimiter
        /// The lines of the here-documents in `pending`, the first of them first.
        case hereDocument
    }

    /// Where a value is no word of its own, whatever quotes are put around it.
    package enum Unquotable: Hashable, Sendable {
        case hereDocument(isQuoted: Bool)
        /// The word that ends a here-document.
        case delimiter
    }

    private var stack: [Inside] = [.commands(until: nil)]
    private var isEscaped = false
    private var last: UInt8?
    /// Whether `last` is the `(` of a `$(`.
    private var isSubstitution = false
    private var reading = HereDocument()
    private var pending: [HereDocument] = []

    package init() {}

    /// Goes past one byte of the line.
    package mutating func pass(_ byte: UInt8) {
        let wasSubstitution = isSubstitution
        isSubstitution = false
        var endsOperator = false
        defer { last = isEscaped || endsOperator ? nil : byte }
        switch stack[stack.count - 1] {
        case .hereDocument: return passLine(byte)
        case .delimiter:
            let step = reading.readDelimiter(byte)
            if step == .goesOn { return }
            stack.removeLast()
            if step == .isRead { pending.append(reading) }
            if step == .isHereString {
                endsOperator = true
                return
            }
        default: break
        }
        if isEscaped {
            isEscaped = false
            return
        }
        switch stack[stack.count - 1] {
        case .single: if byte == UInt8(ascii: "'") { stack.removeLast() }
        case .comment:
            if byte == UInt8(ascii: "\n") {
                stack.removeLast()
                startHereDocuments()
            }
        case .double:
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): stack.removeLast()
            case UInt8(ascii: "("): if last == UInt8(ascii: "$") { startSubstitution() }
            case UInt8(ascii: "`"): passBacktick()
            default: break
            }
        case .arithmetic(let open):
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "`"): passBacktick()
            case UInt8(ascii: "("):
                if last == UInt8(ascii: "$") { startSubstitution() } else { stack[stack.count - 1] = .arithmetic(open + 1) }
            case UInt8(ascii: ")"):
                if open == 1 { stack.removeLast() } else { stack[stack.count - 1] = .arithmetic(open - 1) }
            default: break
            }
        case .commands(let end):
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "'"): stack.append(.single)
            case UInt8(ascii: "\""): stack.append(.double)
            case UInt8(ascii: "("):
                if wasSubstitution {
                    stack[stack.count - 1] = .arithmetic(2)
                } else if last == UInt8(ascii: "$") {
                    startSubstitution()
                } else {
                    stack.append(.commands(until: UInt8(ascii: ")")))
                }
            case UInt8(ascii: "`"): passBacktick()
            case UInt8(ascii: "#"): if startsWord { stack.append(.comment) }
            case UInt8(ascii: "\n"): startHereDocuments()
            case UInt8(ascii: "<"):
                if last == UInt8(ascii: "<") {
                    reading = HereDocument()
                    stack.append(.delimiter)
                }
            default: if byte == end { stack.removeLast() }
            }
        case .delimiter, .hereDocument: break
        }
    }

    private mutating func startSubstitution() {
        stack.append(.commands(until: UInt8(ascii: ")")))
        isSubstitution = true
    }

    private mutating func passBacktick() {
        let backtick = UInt8(ascii: "`")
        if let start = stack.lastIndex(of: .commands(until: backtick)) {
            stack.removeSubrange(start...)
        } else {
            stack.append(.commands(until: backtick))
        }
    }

    private mutating func startHereDocuments() {
        if !pending.isEmpty { stack.append(.hereDocument) }
    }

    private mutating func passLine(_ byte: UInt8) {
        guard pending[0].endsLine(with: byte) else { return }
        pending.removeFirst()
        if pending.isEmpty { stack.removeLast() }
    }

    private var startsWord: Bool {
        guard let last else { return true }
        return " \t\n;&|(`".utf8.contains(last)
    }

    /// Why no value can be put in here; nil where ``quoted(_:)`` can.
    package var unquotable: Unquotable? {
        switch stack[stack.count - 1] {
        case .hereDocument: .hereDocument(isQuoted: pending[0].isQuoted)
        case .delimiter: .delimiter
        default: nil
        }
    }

    /// `text` spelled so that it stands for itself at this place, which must not be ``unquotable``.
    package mutating func quoted(_ text: String) -> String {
        let isFirst = isEscaped
        isEscaped = false
        isSubstitution = false
        // A word goes on behind what is put in.
        last = UInt8(ascii: "x")
        // A backslash before it stands for itself, too.
        let lead = isFirst ? "\\" : ""
        switch stack[stack.count - 1] {
        case .comment: return lead + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
        case .commands, .arithmetic, .delimiter, .hereDocument: return lead + Self.word(text)
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
