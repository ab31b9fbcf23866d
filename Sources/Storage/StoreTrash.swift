internal import Canonical
internal import Platform

/// What a collection has taken out of its place and may put back, until all of it is doomed in one step.
// SPEC: store.md#collecting
struct StoreTrash: Sendable {
    /// The file that a collection holds locked.
    static let lockName = "collecting"
    static let folderName = "trash"
    static let doomedName = "doomed"

    /// What is kept by digest, two digits a folder; in the order in which it is put back: a record comes after what it names.
    enum Kind: String, CaseIterable, Sendable {
        case objects
        case fetched
        case actions
        case proofs
    }

    let root: HostPath

    private var folder: HostPath { root.appending(Self.folderName) }
    private var doomed: HostPath { root.appending(Self.doomedName) }

    func place(_ kind: Kind, _ digest: Digest) -> HostPath { DirectoryStore.place(digest, in: root.appending(kind.rawValue)) }
    func trashPlace(_ kind: Kind, _ digest: Digest) -> HostPath { DirectoryStore.place(digest, in: folder.appending(kind.rawValue)) }

    /// Keeps others from collecting; nil when somebody does.
    func lock() throws(SystemError) -> FileLock? { try FileLock.acquire(root.appending(Self.lockName), wait: false) }

    /// Makes the folder; what is in it from now on is put back by whoever opens the store, should this process be killed.
    func begin() throws(SystemError) { try Files.makeDirectories(folder) }

    /// Takes something out of its place; false when it is not there any more.
    func take(_ kind: Kind, _ digest: Digest) throws(SystemError) -> Bool {
        try move(place(kind, digest), to: trashPlace(kind, digest))
    }

    /// Puts something back, unless there is another by now; false when it was not taken.
    @discardableResult
    func putBack(_ kind: Kind, _ digest: Digest) throws(SystemError) -> Bool {
        let taken = trashPlace(kind, digest)
        do throws(SystemError) {
            return try move(taken, to: place(kind, digest))
        } catch {
            guard error.exists else { throw error }
            // Put anew meanwhile, from the right bytes.
            try Files.removeFile(taken)
            return true
        }
    }

    private func move(_ path: HostPath, to target: HostPath) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try Files.rename(path, to: target, replacing: false)
        } catch {
            guard error.isMissing else { throw error }
            if try Files.status(path, followLinks: false) == nil { return false }
            try Files.makeDirectories(target.parent)
            try Files.rename(path, to: target, replacing: false)
        }
        return true
    }

    /// Takes a view; nobody may want it any more.
    func takeView(_ name: [UInt8]) throws(SystemError) {
        let views = folder.appending("views")
        try Files.makeDirectories(views)
        for part in [name + Array(".index".utf8), name] {
            let path = root.appending("views").appending(part)
            if try Files.status(path, followLinks: false) != nil { try Files.rename(path, to: views.appending(part)) }
        }
    }

    /// Takes something that has not come as a whole; nobody may be at it.
    func takePartial(_ name: [UInt8]) throws(SystemError) -> Bool {
        try move(root.appending(PartialName.folder).appending(name), to: folder.appending(PartialName.folder).appending(name))
    }

    /// Gives up all that was taken, in one step; from here on a kill does not bring it back.
    func doom() throws(SystemError) {
        try Files.removeTree(doomed)
        // What was put back has its name before the rest loses its own.
        try Descriptor.folder(root).syncFileSystem()
        try Files.rename(folder, to: doomed)
        // Else a power cut could bring the folder back without some of what was in it: a record without its objects.
        try Files.sync(root)
        try clear()
    }

    /// Removes what was given up, by this collection or by one that was killed then.
    func clear() throws(SystemError) { try Files.removeTree(doomed) }

    /// Puts everything back, records after what they name.
    func restore() throws(SystemError) {
        let isThere = try Files.status(folder, followLinks: false) != nil
        for kind in Kind.allCases {
            let parts = folder.appending(kind.rawValue)
            for part in try Self.list(parts) {
                for entry in try Self.list(parts.appending(part)) {
                    let hex = String(decoding: part + entry, as: UTF8.self)
                    // What bears no digest was never taken from here.
                    if let digest = Digest(hex: hex) { try putBack(kind, digest) }
                }
            }
        }
        let partial = folder.appending(PartialName.folder)
        for name in try Self.list(partial) {
            do throws(SystemError) {
                _ = try move(partial.appending(name), to: root.appending(PartialName.folder).appending(name))
            } catch {
                // Begun anew meanwhile.
                if !error.exists { throw error }
            }
        }
        for name in try Self.list(root.appending("views")) where name.ends(with: ViewRemoval.suffix.utf8) {
            try Files.removeFileIfPresent(root.appending("views").appending(name))
        }
        guard isThere else { return }
        // What was put back has its name before the folder loses its own.
        try Descriptor.folder(root).syncFileSystem()
        try Files.removeTree(folder)
    }

    /// Puts back what a collection that was killed had taken; nothing while one is at work.
    func recover() throws(SystemError) {
        guard try Files.status(folder, followLinks: false) != nil, let lock = try lock() else { return }
        try withExtendedLifetime(lock) { () throws(SystemError) in try restore() }
    }

    private static func list(_ folder: HostPath) throws(SystemError) -> [[UInt8]] {
        do throws(SystemError) {
            return try Files.list(folder).map(\.name)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }
}

/// How a view is taken away although a process may be about to show it.
enum ViewRemoval {
    /// Behind the digits of a view's tree: the view is about to go, so whoever needs it makes one of his own.
    static let suffix = ".going"

    static func mark(of tree: Digest) -> String { tree.hex + suffix }
}

extension Collection<UInt8> {
    fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool {
        count >= suffix.count && self.dropFirst(count - suffix.count).elementsEqual(suffix)
    }
}
