package import Canonical
package import Manifests
package import Storage

/// Brings what lies at the URLs of data entries into the store.
package protocol DataFetcher: Sendable {
    /// Fetches what `entry`, which has a URL, names now, whatever was pinned before; it is durable after a flush of the store.
    ///
    /// What comes over a network, and has more than `limit` bytes, is not read to its end.
    ///
    /// - Throws: `.source`, when it cannot be had or cannot be taken; `.store`.
    func fetch(
        _ entry: DataEntry, atMost limit: Int?, progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> FetchedData
}

/// What came from a URL.
package struct FetchedData: Hashable, Sendable {
    package let object: StoredObject
    /// The digest of the archive that the object was taken from, if it was.
    package let archive: Digest?

    package init(object: StoredObject, archive: Digest? = nil) {
        self.object = object
        self.archive = archive
    }
}

/// Why what a URL names is not there.
package struct SourceRefusal: Hashable, Sendable, CustomStringConvertible {
    package let entry: String
    package let reason: String
    /// Whether it is to be mended in what the user gave, rather than in the world.
    package let isProblemOfInput: Bool
    /// Whether a signal asked the process to stop.
    package let isInterruption: Bool
    /// Whether there is more than was to be fetched at most.
    package let isTooLong: Bool

    package init(
        entry: String, reason: String, isProblemOfInput: Bool = false, isInterruption: Bool = false, isTooLong: Bool = false
    ) {
        self.entry = entry
        self.reason = reason
        self.isProblemOfInput = isProblemOfInput
        self.isInterruption = isInterruption
        self.isTooLong = isTooLong
    }

    package var description: String { "data '\(entry)' cannot be fetched: \(reason)" }
}
