internal import Canonical
package import Platform

/// Why data was left as it lies there.
package enum RestoreError: Error, Sendable {
    /// What lies at these paths is in no store: it would be lost.
    case unsaved([[UInt8]])
    /// The store does not have the content of these paths.
    case missing([[UInt8]])
    /// At these paths lie folders that are to go, with something in them that was left out of the data.
    case occupied([[UInt8]])
    case data(ImportError)
}

extension DirectoryStore {
    /// Undoes changes below `path`: what ``changes(from:to:signatures:)`` said lay there before lies there again.
    ///
    /// Nothing is lost: unless the store has the content of every file that would be replaced or removed, nothing is
    /// written at all, and each is looked at once more just before. Each file is replaced as one step; stopped half way, the
    /// rest is a smaller list of changes. Folders that end up empty and are not to be there are removed.
    ///
    /// - Parameter staging: a folder for what is being made: whoever is killed leaves it there, and not among the data
    /// - Throws: ``RestoreError``; only `.data` may have changed something.
    package func undo(_ changes: [DataChange], at path: HostPath, staging: HostPath? = nil) throws(RestoreError) {
        var unsaved: [[UInt8]] = []
        var missing: [[UInt8]] = []
        var occupied: [[UInt8]] = []
        let refilled = Self.foldersAbove(changes.filter { $0.before != nil })
        // A folder stays where something comes back into it.
        let changes = changes.filter { !($0.before == nil && $0.after == .emptyFolder && refilled.contains($0.path)) }
        for change in changes {
            if let leaf = change.after, try !isSaved(leaf) { unsaved.append(change.path) }
            if change.after == .emptyFolder, let names = try? Files.list(path.appending(change.path)), !names.isEmpty {
                occupied.append(change.path)
            }
            guard case .file(let digest, _, _) = change.before else { continue }
            do throws(StoreError) {
                if try !contains(digest) { missing.append(change.path) }
            } catch {
                throw .data(.store(error))
            }
        }
        if !unsaved.isEmpty { throw .unsaved(unsaved) }
        if !missing.isEmpty { throw .missing(missing) }
        if !occupied.isEmpty { throw .occupied(occupied) }
        do throws(ImportError) {
            let root = try followed(path)
            // Removals first: a file may stand where a folder is to be. From the last path on: what is inside goes before.
            for change in changes.reversed() where change.before == nil { try remove(change, below: root) }
            let restored = changes.filter { $0.before != nil }
            for start in stride(from: 0, to: restored.count, by: Self.restoredAtATime) {
                try restore(restored[start..<min(start + Self.restoredAtATime, restored.count)], below: root, staging)
            }
            try settle(changes, below: root)
        } catch {
            throw .data(error)
        }
    }

    /// The folders on the way to what changed, the data's own not among them.
    private static func foldersAbove(_ changes: [DataChange]) -> Set<[UInt8]> {
        var folders: Set<[UInt8]> = []
        for change in changes {
            var path = change.path[...]
            while let slash = path.lastIndex(of: UInt8(ascii: "/")) {
                path = path[..<slash]
                // Those above it are there then, too.
                if !folders.insert(Array(path)).inserted { break }
            }
        }
        return folders
    }

    /// Whether the store gives it back: its copy is read, for a damaged one saves nothing.
    private func isSaved(_ leaf: DataChange.Leaf) throws(RestoreError) -> Bool {
        switch leaf {
        case .file(let digest, _, _):
            do throws(StoreError) { return try holds(digest) } catch { throw .data(.store(error)) }
        case .emptyFolder: return true
        case .link: return false
        }
    }

    /// Data may lie behind a link, which stays.
    private func followed(_ path: HostPath) throws(ImportError) -> HostPath {
        do throws(SystemError) {
            return try Files.status(path, followLinks: false)?.kind == .symbolicLink ? try Files.resolved(path) : path
        } catch {
            throw .refused(error)
        }
    }

    private func place(_ change: DataChange, below root: HostPath) -> HostPath {
        change.path.isEmpty ? root : root.appending(change.path)
    }

    /// Makes sure that what is there is what was seen: it may have been written to since.
    private func confirm(_ change: DataChange, at place: HostPath) throws(ImportError) {
        let kind: FileKind?
        let target: [UInt8]
        do throws(SystemError) {
            kind = try Files.status(place, followLinks: change.path.isEmpty)?.kind
            target = kind == .symbolicLink ? try Files.linkTarget(place) : []
        } catch {
            throw .refused(error)
        }
        let isSame: Bool
        switch change.after {
        case nil: isSame = kind == nil || (kind == .directory && change.before == .emptyFolder)
        case .emptyFolder: isSame = kind == .directory
        case .link(let seen): isSame = kind == .symbolicLink && target == seen
        case .file(let digest, _, _):
            guard kind == .regular else { throw .changing(place) }
            isSame = try importData(place, keep: false).digest == digest
        }
        if !isSame { throw .changing(place) }
    }

    private func remove(_ change: DataChange, below root: HostPath) throws(ImportError) {
        let place = place(change, below: root)
        try confirm(change, at: place)
        do throws(SystemError) {
            if change.after == .emptyFolder { try Files.removeDirectory(place) } else { try Files.removeFile(place) }
            // Upwards, as long as nothing is left.
            var folder = place.parent
            while !change.path.isEmpty, folder != root, try Files.list(folder).isEmpty {
                try Files.removeDirectory(folder)
                folder = folder.parent
            }
        } catch {
            throw .refused(error)
        }
    }

    /// So many files are made and synced before they go to their places together.
    private static let restoredAtATime = 1024
    /// Up to this many are synced one by one, more with one call for the file system.
    private static let syncedOneByOne = 3

    /// Brings back what lay at some paths: files are made and durable before the first goes to its place.
    private func restore(_ changes: ArraySlice<DataChange>, below root: HostPath, _ staging: HostPath?) throws(ImportError) {
        var made: [HostPath?] = []
        do throws(ImportError) {
            for change in changes { made.append(try stage(change, below: root, staging)) }
            let files = made.compactMap { $0 }
            do throws(SystemError) {
                if files.count > Self.syncedOneByOne {
                    try Descriptor.folder(files[0].parent).syncFileSystem()
                } else {
                    for file in files { try Descriptor.reading(file).sync() }
                }
            } catch {
                throw .refused(error)
            }
            for (change, file) in zip(changes, made) { try restore(change, by: file, below: root) }
        } catch {
            for file in made { if let file { Files.discard(file) } }
            throw error
        }
    }

    /// Makes the file that a change is undone with, where nobody looks for it; nil for what is no file.
    private func stage(_ change: DataChange, below root: HostPath, _ staging: HostPath?) throws(ImportError) -> HostPath? {
        guard case .file(let digest, _, let isExecutable) = change.before else { return nil }
        let folder = place(change, below: root).parent
        let temporary: HostPath
        do throws(SystemError) {
            try Files.makeDirectories(folder)
            let device = try staging.flatMap { (place) throws(SystemError) in try Files.status(place)?.signature.device }
            let isOne = device == (try Files.status(folder)?.signature.device)
            temporary = (isOne ? staging ?? folder : folder).appending(Files.temporaryName())
        } catch {
            throw .refused(error)
        }
        do throws(StoreError) {
            try materialise(file: digest, at: temporary, isExecutable: isExecutable)
        } catch {
            Files.discard(temporary)
            throw .store(error)
        }
        return temporary
    }

    /// Makes the names that were changed durable.
    private func settle(_ changes: [DataChange], below root: HostPath) throws(ImportError) {
        do throws(SystemError) {
            var folders: Set<HostPath> = []
            for change in changes {
                var folder = place(change, below: root).parent
                // What was emptied is gone, and shows in the folder above.
                while try Files.status(folder)?.kind != .directory { folder = folder.parent }
                folders.insert(folder)
            }
            if folders.count > Self.syncedOneByOne, let first = folders.first {
                try Descriptor.folder(first).syncFileSystem()
            } else {
                for folder in folders.sorted() { try Descriptor.folder(folder).sync() }
            }
        } catch {
            throw .refused(error)
        }
    }

    private func restore(_ change: DataChange, by file: HostPath?, below root: HostPath) throws(ImportError) {
        let place = place(change, below: root)
        try confirm(change, at: place)
        if let file {
            do throws(SystemError) {
                // Only an empty one goes: what was left out of the data is nobody's to remove.
                if change.after == .emptyFolder { try Files.removeDirectory(place) }
                return try Self.replace(place, by: file)
            } catch {
                throw .refused(error)
            }
        }
        do throws(SystemError) {
            switch change.after {
            case nil: try Files.makeDirectories(place.parent)
            case .emptyFolder: try Files.removeDirectory(place)
            case .file, .link: try Files.removeFile(place)
            }
            if case .link(let target) = change.before {
                try Files.makeSymbolicLink(place, to: target)
            } else {
                try Files.makeDirectories(place)
            }
        } catch {
            throw .refused(error)
        }
    }
}
