package import Canonical

/// One path at which two versions of data differ.
package struct DataChange: Hashable, Sendable {
    /// What lies at a path; a folder is told by what is in it, so only an empty one counts.
    package enum Leaf: Hashable, Sendable {
        case file(Digest, size: Int, isExecutable: Bool)
        case link(target: [UInt8])
        case emptyFolder
    }

    /// Names from the top of the data on, joined by `/`; empty where the data itself is one file or an empty folder.
    package let path: [UInt8]
    /// Nil where nothing lay.
    package let before: Leaf?
    /// Nil where nothing lies any more.
    package let after: Leaf?

    package init(path: [UInt8], before: Leaf?, after: Leaf?) {
        self.path = path
        self.before = before
        self.after = after
    }
}
