/// Why an archive is not taken apart.
package enum UnpackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A member, by its path as far as it is text, breaks a rule.
    case member(String, Fault)
    /// libarchive refused; the words are its own.
    case damaged(String)
    case tooManyMembers(limit: Int)
    /// The members together are longer than this many bytes.
    case tooLarge(limit: Int)
    /// They are more than so many times as long as the archive.
    case bomb(ratio: Int)
    /// libarchive cannot be opened.
    case library(ArchiveError)

    package enum Fault: Hashable, Sendable {
        case path(MemberPath.Fault)
        case duplicate
        /// Another member's name is the same text in another spelling or in other capitals.
        case twin(String)
        /// One of the two is a file, and the other needs it as a folder.
        case fileAndFolder(String)
        case special
        case encrypted
        /// A link that leads out, nowhere, round in a circle, or through another link.
        case link
        /// A second name of something that is no file before it.
        case secondName
    }

    package var description: String {
        switch self {
        case .member(let path, let fault): "its member '\(path)' is refused: \(Self.words(fault))"
        case .damaged(let words): "it is no archive that can be read, or it is damaged: \(words)"
        case .tooManyMembers(let limit): "it has more than \(limit) members"
        case .tooLarge(let limit): "it holds more than \(limit) bytes"
        case .bomb(let ratio): "it holds more than \(ratio) times its own length"
        case .library(let error): error.description
        }
    }

    private static func words(_ fault: Fault) -> String {
        switch fault {
        case .path(let fault): "\(fault.rawValue)"
        case .duplicate: "it is there twice"
        case .twin(let other): "it is the same as '\(other)' to some file systems"
        case .fileAndFolder(let other): "'\(other)' is a file and a folder"
        case .special: "it is a device, a fifo or a socket"
        case .encrypted: "it is encrypted"
        case .link: "a link has to lead to another member by a path that begins with any number of '../' and has none later"
        case .secondName: "it is a second name of something that is no file before it"
        }
    }
}
