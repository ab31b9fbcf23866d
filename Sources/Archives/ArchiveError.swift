package import Canonical
import Diagnostics

/// Why bytes are no archive, or why an archive cannot be made of what was given.
package enum ArchiveError: Error, Hashable, Sendable {
    /// libarchive cannot be opened; the text is the dynamic loader's.
    case libraryMissing(String)
    /// libarchive refused; the text is its own.
    case codec(String)
    /// The file does not end with an archive's trailer: another kind of file, or one that was cut.
    case noTrailer
    /// The bytes are not those that the trailer was made for.
    case damaged(recorded: Digest, actual: Digest)
    /// The compressed part, at this offset in the file, is not in the form that archives have.
    case frame(FrameFault, offset: Int)
    /// The content would be more than 200 times as large as the file, and more than 64 MiB.
    case expands(limit: Int)
    /// More bytes than the limit allows; `size` is nil where only the limit is known.
    case tooLarge(size: Int?, limit: Int)
    /// The tar, at this offset in it, is not in the form that archives have.
    case tar(TarFault, offset: Int)
    /// A member's path breaks a rule.
    case path(String, MemberPath.Fault)
    /// A member's path gets in another's way.
    case clash(String, PathClash)
    /// The archive was written in a newer format than this mlbuild reads.
    case newerFormat(Int)
    /// `archive.json` is not what the format says; the text says where and how.
    case description(String)
    /// A number that JSON cannot hold (not a number, or infinite), at this place in the description.
    case notFinite(String)
    /// `archive.json` and the members do not agree; the text says which and how.
    case members(String)

    /// What is wrong with the compressed part.
    package enum FrameFault: String, Hashable, Sendable {
        case cut = "it ends early"
        case magic = "it does not start with a zstd frame"
        case reserved = "a reserved bit is set"
        case dictionary = "it needs a dictionary"
        case window = "its window is larger than 8 MiB"
        case block = "a block has no valid type or size"
        case trailing = "something stands between its one frame and the trailer"
    }

    /// What is wrong with the tar.
    package enum TarFault: Hashable, Sendable {
        case cut
        case end
        case checksum
        case kind(UInt8)
        case size
        case mode
        case extendedHeader
        case padding
        case unsorted(String)
        /// A field that does not hold what archives have there.
        case form(String)
    }

    /// How two paths get in each other's way.
    package enum PathClash: Hashable, Sendable {
        case duplicate
        case twins(String)
        case fileAndFolder(String)
    }
}

extension ArchiveError: CustomStringConvertible {
    /// One line: the fact, and the way out where there is one. Nothing in it can steer a terminal.
    package var description: String { DiagnosticRenderer.printable(text) }

    private var text: String {
        switch self {
        case .libraryMissing(let reason):
            "archives need libarchive, which cannot be opened (\(reason)); "
                + "install it with 'apt install libarchive13' or 'brew install libarchive'"
        case .codec(let reason):
            "the archive's compressed part cannot be read or written; libarchive says: \(reason)"
        case .noTrailer:
            "this is no model archive, or its end is missing: it does not end with an archive's trailer; get the file again"
        case .damaged(let recorded, let actual):
            "the archive was changed after it was packed: its trailer says \(recorded), its bytes are \(actual); "
                + "get the file again, or pack it again"
        case .frame(let fault, let offset):
            "no mlbuild wrote this archive: in its compressed part, at byte \(offset), \(fault.rawValue)"
        case .expands(let limit):
            "the archive unpacks to more than \(limit) bytes, over 200 times its size; no mlbuild writes that"
        case .tooLarge(let size, let limit):
            size.map { "\($0) bytes are more than the limit of \(limit)" } ?? "the archive unpacks to more than the limit of \(limit) bytes"
        case .tar(let fault, let offset):
            "no mlbuild wrote this archive: in its tar, at byte \(offset), \(fault.text)"
        case .path(let path, let fault):
            "an archive cannot hold the path '\(path)': \(fault.rawValue); rename the file"
        case .clash(let path, let clash):
            "an archive cannot hold the path '\(path)': \(clash.text)"
        case .newerFormat(let version):
            "the archive has format \(version), this mlbuild reads format \(ModelDescription.formatVersion); use a newer mlbuild"
        case .description(let fact):
            "'\(ModelDescription.path)' in the archive: \(fact)"
        case .notFinite(let place):
            "'\(place)' is not a finite number, and an archive holds finite numbers only"
        case .members(let fact):
            fact
        }
    }
}

extension ArchiveError.TarFault {
    fileprivate var text: String {
        switch self {
        case .cut: "it ends early"
        case .end: "the end is not exactly two blocks of zeros"
        case .checksum: "a header's checksum is wrong"
        case .kind(let type): "there is \(Self.kindName(type)); archives hold regular files only"
        case .size: "a size is not written as octal digits"
        case .mode: "a mode is neither 0644 nor 0755"
        case .extendedHeader: "an extended header is not the one 'path' record that archives use"
        case .padding: "the space after a member is not filled with zeros"
        case .unsorted(let path): "the member '\(path)' is out of order"
        case .form(let field): "the field '\(field)' does not hold what archives have there"
        }
    }

    private static func kindName(_ type: UInt8) -> String {
        switch type {
        case 0: "a file of the old form before ustar"
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "5"): "a folder"
        case UInt8(ascii: "6"): "a FIFO"
        case UInt8(ascii: "g"): "a global extended header"
        case UInt8(ascii: "K"), UInt8(ascii: "L"): "a GNU long name"
        case UInt8(ascii: "S"): "a sparse file"
        default: "a member of type \(type)"
        }
    }
}

extension ArchiveError.PathClash {
    fileprivate var text: String {
        switch self {
        case .duplicate: "there are two members with it"
        case .twins(let other): "some systems take it for '\(other)', which is there too; rename one"
        case .fileAndFolder(let other): "'\(other)' is a file and a folder at once; rename one"
        }
    }
}
