internal import CPlatform

/// Whether a file may be written to at this moment without anything showing it.
///
/// A write is stamped when it begins, and goes on for as long as it takes; stores to a page that is mapped and dirty already are not
/// stamped at all. So whoever reads a file that somebody has open for writing cannot tell from its signature what he has read.
package enum FileWriters: Hashable, Sendable {
    /// Nobody has it open for writing: each later write stamps it first.
    case none
    /// Somebody has it open for writing, or mapped so.
    case some
    /// The kernel does not say: the file is somebody else's, or the file system knows no leases.
    case unknown
}

extension Descriptor {
    /// Who may be writing to this file, which is open for reading.
    ///
    /// - Complexity: three system calls; who opens the file for writing in between waits for the last of them.
    package func writers() -> FileWriters {
        switch platform_has_writers(number) {
        case 0: .none
        case 1: .some
        default: .unknown
        }
    }
}
