package import Diagnostics

/// A JSON text that has been read: every value with its place in the source.
///
/// Strict RFC 8259 in UTF-8. Refused besides: a byte order mark, names that occur twice in an object (also when only their escapes or
/// their Unicode normalisation differ), integers beyond ±2^53, numbers beyond binary64, lone surrogates, and what exceeds the limits.
package struct JSONDocument: Sendable {
    private let tape: JSONTape

    /// Reads all of `source`.
    ///
    /// Reports every problem that does not hide what follows, with a code `json/...`; then there is a value as well, in which a
    /// near substitute stands for what was refused. The first problem after which the structure is unclear ends the reading, and
    /// there is no value.
    ///
    /// - Complexity: O(bytes); one array of 16 bytes per value and key.
    package static func parse(_ source: SourceText, limits: JSONLimits = .document) -> Diagnosed<JSONDocument> {
        let (nodes, diagnostics) = JSONParser.parse(source, limits: limits)
        return Diagnosed(nodes.map { JSONDocument(tape: JSONTape(source: source, nodes: $0)) }, diagnostics)
    }

    /// The text that was read.
    package var source: SourceText { tape.source }

    /// The one value of the text.
    package var root: JSONNode { JSONNode(tape: tape, index: 0) }
}
