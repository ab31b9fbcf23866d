import Diagnostics

/// Reads JSON text into the nodes of a tape, in one pass and without recursion.
///
/// The text must stay in memory while the parser is in use. The files `JSONParser+...` hold the scanners of words, numbers and
/// strings, and what happens when the text is not JSON.
struct JSONParser {
    /// Ends the reading: a problem after which the structure of the text is unclear.
    struct Stop: Error {}

    /// A container that is still open.
    struct Frame {
        let node: Int
        let isObject: Bool
        /// Members or elements so far.
        var count = 0
        /// Whether some name has escapes or is not ASCII, so that bytes do not tell whether two are equal.
        var hasUnusualKeys = false
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let name: String
    let limits: JSONLimits

    /// Offset of the next byte.
    var index = 0
    var nodes: [JSONTape.Node] = []
    var diagnostics: [Diagnostic] = []
    private var frames: [Frame] = []
    private var duplicates = JSONDuplicateKeys()

    init(_ bytes: UnsafeBufferPointer<UInt8>, name: String, limits: JSONLimits) {
        self.bytes = bytes
        self.name = name
        self.limits = limits
    }

    /// Reads the whole text; false when it ended before the end of the one value.
    mutating func parse() -> Bool {
        do throws(Stop) {
            if bytes.count > limits.bytes { try stop(.tooLarge(bytes: bytes.count, limit: limits.bytes), at: nil) }
            // Pretty-printed text has about 20 bytes for each node, minified text 7; growing once or twice costs little.
            nodes.reserveCapacity(bytes.count / 16 + 4)
            try startText()
            try parseValues()
            try endText()
            return true
        } catch {
            return false
        }
    }

    /// The byte at `position`, or 0 at the end; no JSON has a 0 byte, so scanners need not tell the two apart.
    @inline(__always)
    func byte(at position: Int) -> UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    /// The eight bytes at `position`, the first in the lowest bits; they must exist.
    @inline(__always)
    func word(at position: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + position).loadUnaligned(as: UInt64.self))
    }

    // MARK: - Structure

    private mutating func parseValues() throws(Stop) {
        while true {
            try skipSpace()
            // One value, or the start of one; the end of a container may follow its start at once.
            switch byte(at: index) {
            case UInt8(ascii: "\""):
                _ = try scanString()
            case UInt8(ascii: "{"):
                if try openObject() { continue }
            case UInt8(ascii: "["):
                if try openArray() { continue }
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try scanNumber()
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                try scanWord()
            default:
                try scanStrayValue()
            }
            if try !goToNextValue() { return }
        }
    }

    /// Moves behind the separator after a value, closing containers on the way; false when the outermost value is complete.
    @inline(__always)
    private mutating func goToNextValue() throws(Stop) -> Bool {
        while !frames.isEmpty {
            let last = frames.count - 1
            let isObject = frames[last].isObject
            frames[last].count &+= 1
            let end = index
            try skipSpace()
            switch byte(at: index) {
            case UInt8(ascii: ","):
                let comma = index
                index &+= 1
                try skipSpace()
                if try dropsComma(at: comma, isObject: isObject) {
                    try close(isObject: isObject)
                    continue
                }
            case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                try close(isObject: isObject)
                continue
            default:
                try recoverMissingComma(after: end, isObject: isObject)
            }
            if isObject { try scanKey() }
            return true
        }
        return false
    }

    /// Whether the comma before this place ends its container; repeated commas are passed over.
    @inline(__always)
    private mutating func dropsComma(at comma: Int, isObject: Bool) throws(Stop) -> Bool {
        let next = byte(at: index)
        if next == UInt8(ascii: "\"") { return false }
        if next == UInt8(ascii: ",") || next == UInt8(ascii: "]") || next == UInt8(ascii: "}") {
            return try recoverComma(at: comma, isObject: isObject)
        }
        return false
    }

    /// Starts an object; true when a value follows, false when the object is empty and complete.
    @inline(__always)
    private mutating func openObject() throws(Stop) -> Bool {
        try open(.object)
        try skipSpace()
        if byte(at: index) == UInt8(ascii: "}") {
            try close(isObject: true)
            return false
        }
        try scanKey()
        return true
    }

    /// Starts an array; true when a value follows, false when the array is empty and complete.
    @inline(__always)
    private mutating func openArray() throws(Stop) -> Bool {
        try open(.array)
        try skipSpace()
        if byte(at: index) == UInt8(ascii: "]") {
            try close(isObject: false)
            return false
        }
        return true
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(Stop) {
        if frames.count >= limits.depth { try stop(.depth(limit: limits.depth), at: SourceSpan(index, index + 1)) }
        frames.append(Frame(node: nodes.count, isObject: kind == .object))
        add(kind, from: index, to: index + 1)
        index += 1
    }

    /// Ends the innermost container at the bracket that stands here.
    private mutating func close(isObject: Bool) throws(Stop) {
        index += 1
        let frame = frames.removeLast()
        nodes[frame.node].end = UInt32(truncatingIfNeeded: index)
        nodes[frame.node].link = UInt32(truncatingIfNeeded: nodes.count)
        if isObject, frame.count > 1 {
            let pairs = duplicates.find(in: frame, nodes: nodes, bytes: bytes)
            for pair in pairs { try reportDuplicate(nodes[pair.second], of: nodes[pair.first]) }
        }
    }

    /// Reads a name and the colon behind it.
    @inline(__always)
    private mutating func scanKey() throws(Stop) {
        let marks: JSONTape.Marks
        if byte(at: index) == UInt8(ascii: "\"") {
            marks = try scanString()
        } else {
            marks = try scanStrayKey()
        }
        if !marks.isEmpty { frames[frames.count - 1].hasUnusualKeys = true }
        let last = nodes.count - 1
        nodes[last].link = duplicates.hash(nodes[last], bytes)
        let end = index
        try skipSpace()
        if byte(at: index) == UInt8(ascii: ":") {
            index &+= 1
        } else {
            try recoverMissingColon(after: end)
        }
    }

    /// Appends a node for the bytes from `start` to `end`.
    @inline(__always)
    mutating func add(_ kind: JSONNode.Kind, from start: Int, to end: Int, _ marks: JSONTape.Marks = []) {
        nodes.append(
            JSONTape.Node(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), link: 0, kind: kind, marks: marks))
    }

    // MARK: - Space

    /// Moves to the next byte that is no space.
    @inline(__always)
    mutating func skipSpace() throws(Stop) {
        if index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "/"), bytes[index] != UInt8(ascii: "#") { return }
        try skipSpaceRun()
    }

    private mutating func skipSpaceRun() throws(Stop) {
        let spaces: UInt64 = 0x2020_2020_2020_2020
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "):
                index += 1
                // Indentation comes in runs.
                while index + 8 <= bytes.count {
                    let difference = word(at: index) ^ spaces
                    if difference != 0 {
                        index += difference.trailingZeroBitCount / 8
                        break
                    }
                    index += 8
                }
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                index += 1
            case UInt8(ascii: "/"), UInt8(ascii: "#"):
                if try !skipComment() { return }
            default:
                return
            }
        }
    }

    /// The innermost container that is still open.
    var innermost: (node: JSONTape.Node, isObject: Bool)? {
        frames.last.map { (nodes[$0.node], $0.isObject) }
    }
}
