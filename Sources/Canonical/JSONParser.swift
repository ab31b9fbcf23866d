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
        /// Whether some name has escapes or may have other spellings, so that bytes do not tell whether two are equal.
        var hasUnusualKeys = false
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let name: String
    let limits: JSONLimits
    /// Room for as many nodes as ``mostNodes(in:)`` says; the first `nodeCount` of them are set.
    private let nodes: UnsafeMutableBufferPointer<JSONTape.Node>
    private(set) var nodeCount = 0

    /// Offset of the next byte.
    var index = 0
    var diagnostics: [Diagnostic] = []
    /// The innermost open container, and those around it. At depth 0 it stands for the text, and holds nothing.
    private var frame = Frame(node: -1, isObject: false)
    private var outerFrames: [Frame] = []
    private var duplicates = JSONDuplicateKeys()

    private init(
        _ bytes: UnsafeBufferPointer<UInt8>, name: String, limits: JSONLimits, nodes: UnsafeMutableBufferPointer<JSONTape.Node>
    ) {
        self.bytes = bytes
        self.name = name
        self.limits = limits
        self.nodes = nodes
    }

    /// Reads `source`; the nodes are absent when the reading ended before the end of the one value.
    static func parse(_ source: SourceText, limits: JSONLimits) -> (nodes: [JSONTape.Node]?, diagnostics: [Diagnostic]) {
        source.bytes.withUnsafeBufferPointer { bytes in
            if bytes.count > limits.bytes {
                let problem = JSONProblem.tooLarge(bytes: bytes.count, limit: limits.bytes)
                let location = Diagnostic.Location(source: source.name, span: nil)
                return (nil, [Diagnostic(code: problem.code, problem.message, at: location)])
            }
            var isWhole = false
            var diagnostics: [Diagnostic] = []
            let nodes = [JSONTape.Node](unsafeUninitializedCapacity: mostNodes(in: bytes)) { nodes, count in
                var parser = JSONParser(bytes, name: source.name, limits: limits, nodes: nodes)
                isWhole = parser.parse()
                diagnostics = parser.diagnostics
                count = parser.nodeCount
            }
            return (isWhole ? nodes : nil, diagnostics)
        }
    }

    /// A bound for the number of nodes in a text: every one but the first follows a comma, a colon or an opening bracket.
    ///
    /// Where a separator was forgotten a node follows none; that is a problem, and there are at most ``mostProblems``.
    private static func mostNodes(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = bytes.baseAddress else { return 1 + mostProblems }
        var count = 1 + mostProblems
        var position = 0
        while position < bytes.count {
            // A sum of at most 255 fits into a byte, so that the compiler can add sixteen and more bytes at once.
            let end = min(position &+ 255, bytes.count)
            var some: UInt8 = 0
            while position < end {
                let byte = base[position]
                let isSeparator: UInt8 = byte == UInt8(ascii: ",") ? 1 : 0
                let isColon: UInt8 = byte == UInt8(ascii: ":") ? 1 : 0
                let opens: UInt8 = byte | 0x20 == UInt8(ascii: "{") ? 1 : 0
                some &+= isSeparator | isColon | opens
                position &+= 1
            }
            count &+= Int(some)
        }
        return count
    }

    /// Reads the whole text; false when it ended before the end of the one value.
    private mutating func parse() -> Bool {
        do throws(Stop) {
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
        while frame.node >= 0 {
            let isObject = frame.isObject
            frame.count &+= 1
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

    @inline(__always)
    private mutating func open(_ kind: JSONNode.Kind) throws(Stop) {
        if outerFrames.count >= limits.depth { try stop(.depth(limit: limits.depth), at: SourceSpan(index, index + 1)) }
        outerFrames.append(frame)
        frame = Frame(node: nodeCount, isObject: kind == .object)
        add(kind, from: index, to: index &+ 1)
        index &+= 1
    }

    /// Ends the innermost container at the bracket that stands here.
    @inline(__always)
    private mutating func close(isObject: Bool) throws(Stop) {
        index &+= 1
        nodes[frame.node].end = UInt32(truncatingIfNeeded: index)
        nodes[frame.node].link = UInt32(truncatingIfNeeded: nodeCount)
        if isObject, frame.count > 1 {
            let pairs = duplicates.find(in: frame, nodes: UnsafeBufferPointer(nodes), bytes: bytes)
            for pair in pairs { try reportDuplicate(nodes[pair.second], of: nodes[pair.first]) }
        }
        frame = outerFrames.removeLast()
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
        if !marks.isEmpty { frame.hasUnusualKeys = true }
        let last = nodeCount &- 1
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
        precondition(nodeCount < nodes.count, "a node follows a separator or a problem")
        (nodes.baseAddress.unsafelyUnwrapped + nodeCount).initialize(
            to: JSONTape.Node(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), link: 0, kind: kind, marks: marks))
        nodeCount &+= 1
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
        frame.node >= 0 ? (nodes[frame.node], frame.isObject) : nil
    }

    /// Whether the whole text so far is one string.
    var isLoneString: Bool { nodeCount == 1 && nodes[0].kind == .string }
}
