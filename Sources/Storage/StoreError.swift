package import Canonical
package import Platform

/// Why a store cannot give or take something.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The store does not have the object; it can be fetched or built again.
    case missing(Digest)
    /// What lay in the object's place had other bytes. It is out of the way now; nil where even that was refused.
    case corrupt(Digest, quarantined: HostPath?)
    /// The bytes are the object's, but they are not a tree.
    case notTree(Digest, reason: String)
    /// The record names an object that the store does not have.
    case recordAheadOfObject(key: Digest, object: Digest)
    /// The operating system refused.
    case refused(SystemError)
    /// A later version of mlbuild made this store.
    case newerFormat(Int)

    package var description: String {
        switch self {
        case .missing(let digest): "object \(digest) is not in the store"
        case .corrupt(let digest, let place):
            if let place {
                "object \(digest) is corrupt in the store; its bytes were moved to '\(place)'"
            } else {
                "object \(digest) is corrupt in the store, and its bytes could not be moved away"
            }
        case .notTree(let digest, let reason): "object \(digest) is not a tree: \(reason)"
        case .recordAheadOfObject(let key, let object): "the result of \(key) names object \(object), which is not in the store"
        case .refused(let error): error.description
        case .newerFormat(let version):
            "the store has format \(version), this mlbuild knows format \(DirectoryStore.formatVersion); "
                + "update mlbuild, or set MLBUILD_CACHE to another folder"
        }
    }
}

/// Why a file or folder of the user cannot become an object.
package enum ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(HostPath)
    /// A fifo, socket or device.
    case unsupported(HostPath, what: String)
    /// A link that leads out of the folder that is imported, or nowhere.
    case escapingLink(HostPath, target: String)
    case danglingLink(HostPath, target: String)
    /// It was written to while it was read, again and again.
    case changing(HostPath)
    /// Somebody who wrote to it lately has it open for writing still.
    case openForWriting(HostPath)
    case tooDeep(HostPath)
    case refused(SystemError)
    case store(StoreError)

    package var description: String {
        switch self {
        case .missing(let path): "'\(path)' does not exist"
        case .unsupported(let path, let what): "'\(path)' is \(what); data is made of files, folders and links"
        case .escapingLink(let path, let target):
            "the link '\(path)' leads to '\(target)', out of the data; put the file there itself, or make the link relative and inside"
        case .danglingLink(let path, let target): "the link '\(path)' leads to '\(target)', where nothing is"
        case .changing(let path): "'\(path)' changes while it is read; wait until it is written and try again"
        case .openForWriting(let path): "'\(path)' is open for writing in another program; close it there and try again"
        case .tooDeep(let path): "'\(path)' is nested deeper than \(DirectoryImport.depthLimit) folders"
        case .refused(let error): error.description
        case .store(let error): error.description
        }
    }
}
