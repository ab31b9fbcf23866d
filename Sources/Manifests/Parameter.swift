package import Canonical
package import Diagnostics

/// An entry of `parameters`: a value under a name that options and commands take as `${name}`.
package struct Parameter: Sendable {
    package let name: String
    package let value: JSONValue
    /// The value's place.
    package let span: SourceSpan
}
