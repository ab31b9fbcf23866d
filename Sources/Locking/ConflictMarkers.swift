import Diagnostics

/// What `git merge` leaves in a text when both sides changed the same lines.
///
/// A line that starts with at least seven of one of the characters `<`, `|`, `=`, `>` cannot occur in JSON, so no guess is needed.
struct ConflictMarkers {
    /// The first marker of the text.
    let first: SourceSpan
    /// How many conflicts the text holds.
    let count: Int
    /// The text with the first side of every conflict.
    let ours: [UInt8]
    /// The text with the second side of every conflict.
    let theirs: [UInt8]

    private enum Side {
        case both, ours, base, theirs
    }

    /// Nil when `source` has no conflict markers.
    init?(in source: SourceText) {
        var first: SourceSpan?
        var count = 0
        var ours: [UInt8] = []
        var theirs: [UInt8] = []
        var side = Side.both
        // Merges of merge bases leave longer markers inside the base part; those with another length are content there.
        var length = 0
        var start = 0
        while start < source.bytes.count {
            let end = source.bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? source.bytes.count
            let line = source.bytes[start..<end]
            if let marker = Self.marker(line), side == .both || marker.length == length {
                if first == nil { first = SourceSpan(start, start + marker.length) }
                switch marker.character {
                case UInt8(ascii: "<"):
                    side = .ours
                    count += 1
                    length = marker.length
                case UInt8(ascii: "|"): side = .base
                case UInt8(ascii: "="): side = .theirs
                default: side = .both
                }
            } else {
                if side == .both || side == .ours { ours += line }
                if side == .both || side == .theirs { theirs += line }
            }
            start = end
        }
        guard let first else { return nil }
        self.first = first
        self.count = max(1, count)
        self.ours = ours
        self.theirs = theirs
    }

    private static func marker(_ line: ArraySlice<UInt8>) -> (character: UInt8, length: Int)? {
        guard let character = line.first, "<|=>".utf8.contains(character) else { return nil }
        let length = line.prefix { $0 == character }.count
        return length >= 7 ? (character, length) : nil
    }
}
