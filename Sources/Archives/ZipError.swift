import Diagnostics

/// Why bytes are no zip file that can be taken apart, or why one of its entries cannot be had.
package enum ZipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as a whole is not in order.
    case form(Fault)
    /// An entry, by its path as written, is not one that a strict reader takes.
    case entry(String, EntryFault)
    /// The entries together would unpack to more than this many bytes.
    case tooLarge(limit: Int)
    /// libarchive cannot be opened.
    case library(ArchiveError)

    package enum Fault: String, Hashable, Sendable {
        case noDirectory = "it is no zip file, or its end is missing"
        case severalDisks = "it is one part of several"
        case directory = "its directory is not in order"
        case tooManyEntries = "it has more than 500000 entries"
    }

    package enum EntryFault: Hashable, Sendable {
        case path(MemberPath.Fault)
        /// Its name has letters beyond ASCII and does not say that they are UTF-8.
        case notMarkedUnicode
        case duplicate
        /// Another entry's name is the same text in another spelling.
        case twin(String)
        /// One of the two is a file, and the other needs it as a folder.
        case fileAndFolder(String)
        case link
        case special
        case encrypted
        /// Compressed in a way other than deflate.
        case method(Int)
        /// Its own header does not fit the directory.
        case header
        /// It shares bytes with another entry.
        case overlap
        case size(recorded: Int)
        case checksum
        case content(String)

        var text: String {
            switch self {
            case .path(let fault): fault.rawValue
            case .notMarkedUnicode: "its name is neither ASCII nor marked as UTF-8"
            case .duplicate: "there are two of it"
            case .twin(let other): "it is '\(other)' in another spelling"
            case .fileAndFolder(let other): "'\(other)' is a file and a folder at once"
            case .link: "it is a symbolic link"
            case .special: "it is neither a file nor a folder"
            case .encrypted: "it is encrypted"
            case .method(let method): "it is compressed by method \(method); only deflate is read"
            case .header: "its own header says something else than the directory"
            case .overlap: "it shares bytes with another entry"
            case .size(let recorded): "it does not unpack to the \(recorded) bytes that the directory says"
            case .checksum: "its bytes do not have the checksum that the directory says"
            case .content(let reason): "its content cannot be unpacked; libarchive says: \(reason)"
            }
        }
    }

    /// One line; nothing in it can steer a terminal.
    package var description: String {
        switch self {
        case .form(let fault): fault.rawValue
        case .entry(let path, let fault): DiagnosticRenderer.printable("in it, '\(path)': \(fault.text)")
        case .tooLarge(let limit): "it unpacks to more than \(limit) bytes"
        case .library(let error): error.description
        }
    }
}
