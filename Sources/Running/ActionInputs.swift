import Canonical
package import Platform
package import Storage
import Synchronization

/// The inputs of an action, by port: every byte given out has been checked against its digest.
package struct ActionInputs: Sendable {
    /// An artifact on a port, and where else its bytes may lie when the store lacks them.
    package struct Bound: Sendable {
        let port: String
        let object: StoredObject
        /// The path people know it by.
        let displayName: String
        /// A place in the workspace that had this content when the build began.
        let place: HostPath?
        /// Whether the store is meant to hold it; else it is read where it lies.
        let isKept: Bool
        /// By which names are left out of the folder at the place.
        let rules: IgnoreRules
        /// What is known of the files there; nil: each is read.
        let signatures: SignatureCache?

        package init(
            port: String, object: StoredObject, displayName: String, place: HostPath? = nil, isKept: Bool = true,
            rules: IgnoreRules = .none, signatures: SignatureCache? = nil
        ) {
            self.port = port
            self.object = object
            self.displayName = displayName
            self.place = place
            self.isKept = isKept
            self.rules = rules
            self.signatures = signatures
        }
    }

    /// The signatures of everything in data that is only pinned, when it was first read.
    private final class Looks: Sendable {
        let seen = Mutex<[String: [UInt8]]>([:])
    }

    private let bound: [Bound]
    private let store: DirectoryStore
    private let looks = Looks()

    package init(_ bound: [Bound], store: DirectoryStore) {
        self.bound = bound
        self.store = store
    }

    package func has(_ port: String) -> Bool { find(port) != nil }

    /// The path people know an input by, for diagnostics.
    package func displayName(_ port: String) -> String { input(port).displayName }

    /// Whether an input is a file or a tree, its digest and size.
    package func object(_ port: String) -> StoredObject { input(port).object }

    /// The content of a file.
    package func bytes(_ port: String) throws(ActionFailure) -> [UInt8] {
        let input = input(port)
        guard input.object.kind == .file else { throw .message("'\(input.displayName)' is a folder, and a file is needed") }
        if !input.isKept { return try inPlace(input) { (place) throws(SystemError) in try Files.read(place) } }
        return try healing(input) { () throws(StoreError) in try store.read(input.object.digest) }
    }

    /// The files of a tree with their `/`-separated paths, sorted by bytes; names that are not UTF-8 are percent-encoded.
    package func tree(_ port: String) throws(ActionFailure) -> [(path: String, bytes: [UInt8])] {
        let input = input(port)
        guard input.object.kind == .tree else { throw .message("'\(input.displayName)' is a file, and a folder is needed") }
        if !input.isKept { return try inPlace(input) { (place) throws(SystemError) in try FolderFiles.read(place, ignoring: input.rules) } }
        return try healing(input) { () throws(StoreError) in try store.files(of: input.object.digest) }
    }

    /// An input as a command is to see it.
    package enum Shown: Sendable {
        /// A file, to be read through this descriptor.
        case file(OpenFile)
        /// A folder that nobody may write to.
        case folder(HostPath)
    }

    /// An input, to be shown in a sandbox: from the store, or, for data that is only pinned, where it lies.
    ///
    /// What lies in the workspace is checked here, and must be checked again with ``check(_:)`` when the command has ended.
    package func shown(_ port: String) throws(ActionFailure) -> Shown {
        let input = input(port)
        if !input.isKept {
            try check(port)
            guard let place = input.place else { preconditionFailure("data that is only pinned has a place") }
            if input.object.kind == .tree {
                try refuseLeftOut(input, place)
                return .folder(place)
            }
            do throws(SystemError) {
                return .file(try Descriptor.reading(place).shared())
            } catch {
                throw .message(error.description)
            }
        }
        return try healing(input) { () throws(StoreError) in
            switch input.object.kind {
            case .file: .file(try store.open(file: input.object.digest))
            case .tree: .folder(try store.view(of: input.object.digest))
            }
        }
    }

    /// Checks that data which is read where it lies is still what is pinned; what comes from the store cannot have changed.
    package func check(_ port: String) throws(ActionFailure) {
        let input = input(port)
        if input.isKept { return }
        guard let place = input.place else { preconditionFailure("data that is only pinned has a place") }
        // Somebody may change it and change it back: then the content is the pinned one, and the signatures are not.
        guard
            let look = try? store.survey(
                place, keeping: .nothing, signatures: input.signatures, ignoring: input.rules, label: place.bytes),
            look.object == input.object,
            looks.seen.withLock({ seen in
                let now = look.paths + look.signatures
                let first = seen[port] ?? now
                seen[port] = first
                return first == now
            })
        else {
            if Interruption.signal != nil { throw .cancelled }
            throw .message("'\(input.displayName)' changed while the build ran; it is only pinned, so mlbuild has no copy of it")
        }
    }

    /// What a command is shown where it lies is shown with everything in it, so nothing may be there that is no part of the data.
    private func refuseLeftOut(_ input: Bound, _ place: HostPath) throws(ActionFailure) {
        let found: [UInt8]?
        do throws(SystemError) { found = try FolderFiles.leftOut(place, by: input.rules) } catch { throw .message(error.description) }
        guard let found else { return }
        throw .message(
            "'\(input.displayName)' holds '\(PathText.encode(found))', which 'ignore' leaves out and the command would see: with "
                + "\"keep\": \"reference\" data is shown where it lies; move it away, or let the store keep a copy")
    }

    /// Reads from the store; what it lost is put back from the workspace, where the same content still lies there.
    private func healing<Content>(_ input: Bound, _ read: () throws(StoreError) -> Content) throws(ActionFailure) -> Content {
        do throws(StoreError) {
            return try read()
        } catch {
            guard error.isLoss, let place = input.place,
                (try? store.importData(place, keep: true, signatures: nil, ignoring: input.rules)) == input.object
            else {
                throw .store(error)
            }
        }
        do throws(StoreError) {
            return try read()
        } catch {
            throw .store(error)
        }
    }

    /// Reads what is only pinned where it lies, and checks it before and after.
    private func inPlace<Content>(_ input: Bound, _ read: (HostPath) throws(SystemError) -> Content) throws(ActionFailure) -> Content {
        guard let place = input.place else { preconditionFailure("data that is only pinned has a place") }
        try check(input.port)
        let content: Content
        do throws(SystemError) {
            content = try read(place)
        } catch {
            throw .message(error.description)
        }
        try check(input.port)
        return content
    }

    private func find(_ port: String) -> Bound? {
        bound.first { $0.port.utf8.elementsEqual(port.utf8) }
    }

    private func input(_ port: String) -> Bound {
        guard let input = find(port) else { preconditionFailure("a performer asks for the ports that are bound") }
        return input
    }
}
