/// Why what a command left at an output's place cannot become an artifact; paths are those inside the work folder.
package enum AdoptionError: Error, Hashable, Sendable {
    /// Nothing is there.
    case missing
    /// A file where a folder is declared, or the other way round; `found` has an article.
    case wrongKind(found: String)
    /// A symbolic link, at the place, on the way to it or below it.
    case link(path: String, target: String)
    /// A fifo, socket or device; `kind` has an article.
    case special(path: String, kind: String)
    /// The bytes of all files are more than that.
    case tooLarge(limit: Int)
    /// Nested deeper, or with a longer path, than a store takes.
    case tooDeep(path: String)
    /// Something still writes to it.
    case changing(path: String)
    case store(StoreError)
}
