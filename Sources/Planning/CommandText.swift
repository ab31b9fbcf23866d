import Manifests

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
