/// Why a model has no form in another program's format.
package enum ExportError: Error, Hashable, Sendable {
    /// What the format cannot say; the text is for people.
    case notExpressible(String)
}
