import Canonical
import Diagnostics

/// JSON: the path to the first value that differs.
enum JSONComparison {
    private static let largest = 64 << 20

    static func isLikely(_ bytes: [UInt8]) -> Bool {
        let first = bytes.prefix(64).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// Nil when one is no JSON, or when both say the same and only their spelling differs.
    static func finding(_ pair: Pair) -> Finding? {
        guard let first = root(pair.first), let second = root(pair.second) else { return nil }
        return difference(first, second).map { reached($0, from: "$") }
    }

    static func root(_ bytes: [UInt8]) -> JSONNode? {
        guard bytes.count <= largest else { return nil }
        let parsed = JSONDocument.parse(SourceText(name: "", bytes: bytes))
        return parsed.hasErrors ? nil : parsed.value?.root
    }

    /// `finding`, whose place is a path that goes on from `step`.
    private static func reached(_ finding: Finding, from step: String) -> Finding {
        var finding = finding
        finding.place[0] = step + finding.place[0]
        return finding
    }

    /// The first difference below two values, at a path that begins there. The parser bounds the depth.
    private static func difference(_ first: JSONNode, _ second: JSONNode, label: String? = nil) -> Finding? {
        switch (first.kind, second.kind) {
        case (.object, .object): return objects(first, second)
        case (.array, .array): return arrays(first, second)
        case (.string, .string):
            guard let left = first.string, let right = second.string, !left.utf8.elementsEqual(right.utf8) else { return nil }
            return Finding("", TokenPair.cause(Array(left.utf8), Array(right.utf8)), "\"\(left)\"", "\"\(right)\"")
        case (.integer, .integer), (.number, .number), (.integer, .number), (.number, .integer): return numbers(first, second, label)
        default:
            if first.kind == second.kind, first.boolean == second.boolean { return nil }
            return Finding("", nil, text(first), text(second))
        }
    }

    private static func numbers(_ first: JSONNode, _ second: JSONNode, _ label: String?) -> Finding? {
        guard let left = first.number, let right = second.number, left != right else { return nil }
        let cause: Cause?
        if let left = first.integer, let right = second.integer {
            cause = NumberPair.cause(left, right, label: label)
        } else {
            cause = NumberPair.cause(left, right)
        }
        return Finding("", cause, text(first), text(second))
    }

    private static func objects(_ first: JSONNode, _ second: JSONNode) -> Finding? {
        let (left, right) = (first.members, second.members)
        if left.count == right.count, zip(left, right).allSatisfy({ $0.key.utf8.elementsEqual($1.key.utf8) }) {
            for (member, other) in zip(left, right) {
                if let found = difference(member.value, other.value, label: member.key) { return reached(found, from: step(member.key)) }
            }
            return nil
        }
        let (leftKeys, rightKeys) = (Set(left.map { Array($0.key.utf8) }), Set(right.map { Array($0.key.utf8) }))
        if leftKeys == rightKeys {
            let differing = zip(left, right).first { !$0.key.utf8.elementsEqual($1.key.utf8) }
            return Finding(
                ", keys", .dictionaryOrder, "'\(differing?.0.key ?? "")' comes first", "'\(differing?.1.key ?? "")' comes first")
        }
        let missing = left.first { !rightKeys.contains(Array($0.key.utf8)) }
        let added = right.first { !leftKeys.contains(Array($0.key.utf8)) }
        return Finding(
            ", keys", nil, missing.map { "'\($0.key)'" } ?? "no '\(added?.key ?? "")'",
            added.map { "'\($0.key)'" } ?? "no '\(missing?.key ?? "")'")
    }

    private static func arrays(_ first: JSONNode, _ second: JSONNode) -> Finding? {
        let (left, right) = (first.elements, second.elements)
        var found: Finding?
        for (index, (element, other)) in zip(left, right).enumerated() {
            found = difference(element, other).map { reached($0, from: "[\(index)]") }
            if found != nil { break }
        }
        if left.count != right.count {
            return found ?? Finding(", number of elements", nil, String(left.count), String(right.count))
        }
        guard var found else { return nil }
        if found.cause == nil, left.count > 1, sorted(left) == sorted(right) { found.cause = .order(of: "an array with the same elements") }
        return found
    }

    private static func sorted(_ elements: [JSONNode]) -> [String] {
        elements.map { JSONText.line($0.value) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func step(_ key: String) -> String {
        let isPlain = !key.isEmpty && key.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        return isPlain ? ".\(key)" : "[\(JSONText.quoted(key))]"
    }

    private static func text(_ node: JSONNode) -> String {
        switch node.kind {
        case .object: "an object of \(node.members.count)"
        case .array: "an array of \(node.elements.count)"
        default: JSONText.line(node.value)
        }
    }
}

/// JSON Lines: the line, then the path in it.
enum JSONLinesComparison {
    static func finding(_ pair: Pair) -> Finding? {
        let (left, right) = (TextLines(pair.first), TextLines(pair.second))
        if LineOrder.isSame(pair.first, pair.second) {
            guard let finding = TextComparison.finding(pair) else { return nil }
            var ordered = finding
            ordered.cause = .order(of: "lines")
            return ordered
        }
        var (first, second) = (left.makeIterator(), right.makeIterator())
        var number = 0
        while let line = first.next(), let other = second.next() {
            number += 1
            if line.elementsEqual(other) { continue }
            let inner = Pair(first: Array(line), second: Array(other), name: pair.name)
            guard inner.first.count < 1 << 20, let found = JSONComparison.finding(inner) else { return nil }
            return found.inside("line \(number)")
        }
        return nil
    }
}

/// The lines of a text, without their ends.
struct TextLines: Sequence {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    struct Iterator: IteratorProtocol {
        fileprivate let bytes: [UInt8]
        private var offset = 0

        fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> ArraySlice<UInt8>? {
            guard offset < bytes.count else { return nil }
            let start = offset
            while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
            defer { offset += 1 }
            return bytes[start..<offset]
        }
    }
}
