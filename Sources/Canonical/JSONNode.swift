package import Diagnostics

/// One value of a ``JSONDocument`` with its place: a light handle that keeps the document alive.
package struct JSONNode: Sendable {
    package enum Kind: UInt8, Sendable {
        case null
        case boolean
        /// A number written without fraction and exponent.
        case integer
        case number
        case string
        case array
        case object
    }

    private let tape: JSONTape
    private let index: Int

    init(tape: JSONTape, index: Int) {
        self.tape = tape
        self.index = index
    }

    private var node: JSONTape.Node { tape.nodes[index] }

    package var kind: Kind { node.kind }

    /// The bytes of the value in the source, with the quotes or brackets.
    package var span: SourceSpan {
        let node = node
        return SourceSpan(Int(node.start), Int(node.end))
    }

    package var location: Diagnostic.Location {
        Diagnostic.Location(source: tape.source.name, span: span)
    }

    /// The truth value; nil for other kinds.
    package var boolean: Bool? {
        let node = node
        guard node.kind == .boolean else { return nil }
        return tape.source.bytes[Int(node.start)] | 0x20 == UInt8(ascii: "t")
    }

    /// The value of an integral literal within ±2^53; nil for other kinds, and so for `1.0` and `1e3`.
    package var integer: Int? {
        let node = node
        guard node.kind == .integer else { return nil }
        return withText(of: node) { JSONNumber.integer($0) }
    }

    /// The value of a number or an integer, rounded to the nearest; always finite. Nil for other kinds.
    package var number: Double? {
        let node = node
        guard node.kind == .number || node.kind == .integer else { return nil }
        return withText(of: node) { JSONNumber.number($0) }
    }

    /// The content of a string without quotes and escapes; nil for other kinds.
    package var string: String? {
        let node = node
        guard node.kind == .string else { return nil }
        return withText(of: node) { JSONString.content($0, isEscaped: node.marks.contains(.escaped)) }
    }

    /// The elements of an array, in text order; nothing for other kinds. ``children`` gives them without an array.
    package var elements: [JSONNode] {
        kind == .array ? Array(children) : []
    }

    /// The members of an object, in text order; nothing for other kinds.
    package var members: [JSONMemberNode] {
        guard kind == .object else { return [] }
        var members: [JSONMemberNode] = []
        var keyNode: JSONNode?
        for child in children {
            if let key = keyNode {
                members.append(JSONMemberNode(key: key.string ?? "", keySpan: key.span, value: child))
                keyNode = nil
            } else {
                keyNode = child
            }
        }
        return members
    }

    /// The nodes directly in a container, in text order: elements, or key, value, key, value; nothing for scalars.
    ///
    /// - Complexity: no allocation; O(1) for each step.
    package var children: Children {
        let node = node
        let isContainer = node.kind == .array || node.kind == .object
        return Children(tape: tape, index: index + 1, end: isContainer ? Int(node.link) : index + 1)
    }

    package struct Children: Sequence, IteratorProtocol, Sendable {
        fileprivate let tape: JSONTape
        fileprivate var index: Int
        fileprivate let end: Int

        package mutating func next() -> JSONNode? {
            guard index < end else { return nil }
            let child = JSONNode(tape: tape, index: index)
            index = tape.next(after: index)
            return child
        }
    }

    /// The value of the member whose name has the same bytes as `key`; nil when there is none or this is no object.
    ///
    /// - Complexity: O(members); no allocation unless a name has escapes.
    package subscript(_ key: String) -> JSONNode? {
        guard kind == .object else { return nil }
        var children = children
        while let name = children.next(), let value = children.next() {
            if name.isString(key) { return value }
        }
        return nil
    }

    /// Whether this is a string whose content has the same bytes as `text`.
    package func isString(_ text: String) -> Bool {
        let node = node
        guard node.kind == .string else { return false }
        if !node.marks.isDisjoint(with: [.escaped, .repaired]) { return string?.utf8.elementsEqual(text.utf8) ?? false }
        guard Int(node.end) - Int(node.start) - 2 == text.utf8.count else { return false }
        return withText(of: node) { $0.dropFirst().dropLast().elementsEqual(text.utf8) }
    }

    /// The value without positions.
    package var value: JSONValue {
        switch kind {
        case .null: .null
        case .boolean: .boolean(boolean ?? false)
        case .integer: .integer(integer ?? 0)
        case .number: .number(number ?? 0)
        case .string: .string(string ?? "")
        case .array: .array(children.map(\.value))
        case .object: .object(members.map { JSONMember($0.key, $0.value.value) })
        }
    }

    private func withText<Result>(of node: JSONTape.Node, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        tape.source.bytes.withUnsafeBufferPointer { bytes in
            body(UnsafeBufferPointer(rebasing: bytes[Int(node.start)..<Int(node.end)]))
        }
    }
}

/// One name with its value in an object, and where the name stands.
package struct JSONMemberNode: Sendable {
    /// The name without quotes and escapes.
    package let key: String
    /// The bytes of the name in the source, with its quotes.
    package let keySpan: SourceSpan
    package let value: JSONNode
}
