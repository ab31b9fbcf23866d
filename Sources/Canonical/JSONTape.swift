import Diagnostics

/// A parsed JSON text as one flat array of nodes in text order, over the bytes it was read from.
///
/// A container is followed by its children; an object's children are key, value, key, value. Strings and numbers stay in the source
/// and are decoded when somebody asks for them.
final class JSONTape: Sendable {
    /// One value or one key: where it stands and what it is.
    struct Node {
        var start: UInt32
        var end: UInt32
        /// For a container the index after its last descendant; for a string the hash by which duplicate keys are found.
        var link: UInt32
        var kind: JSONNode.Kind
        var marks: Marks
    }

    struct Marks: OptionSet {
        let rawValue: UInt8

        /// A string with a backslash: its content is not its bytes.
        static let escaped = Marks(rawValue: 1)
        /// A string with characters that may have other spellings in Unicode; see ``JSONDuplicateKeys/mayRespell(_:)``.
        static let respellable = Marks(rawValue: 2)
        /// A number or word that was refused; a value near to what was meant stands in for it.
        static let repaired = Marks(rawValue: 4)
    }

    let source: SourceText
    let nodes: [Node]

    init(source: SourceText, nodes: [Node]) {
        self.source = source
        self.nodes = nodes
    }

    /// The index after the node at `index` and all that is in it.
    func next(after index: Int) -> Int {
        let node = nodes[index]
        return node.kind == .array || node.kind == .object ? Int(node.link) : index + 1
    }
}
