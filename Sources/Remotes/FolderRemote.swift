internal import Canonical
package import Platform
internal import Synchronization

/// A folder as a remote: on another disk, a share, or what a web server shows.
package final class FolderRemote: Remote {
    private let root: HostPath
    /// What was written and is not in place yet; the bytes of it all.
    private let pending = Mutex<(files: [(place: RemotePlace, path: HostPath)], bytes: Int)>(([], 0))
    private static let batchCount = 2000
    private static let batchBytes = 1 << 30

    package init(_ root: HostPath) {
        self.root = root
    }

    package func session() throws(RemoteError) -> any RemoteSession {
        // A disk that is not there is no folder without objects.
        do throws(SystemError) { _ = try Descriptor.folder(root) } catch { throw .place(error) }
        return Session(remote: self)
    }

    package func settle() throws(RemoteError) {
        let files = pending.withLock { pending in
            defer { pending = ([], 0) }
            return pending.files
        }
        if files.isEmpty { return }
        do throws(SystemError) {
            if files.count > 3 {
                try Descriptor.folder(root).syncFileSystem()
            } else {
                for file in files { try Descriptor.reading(file.path).sync() }
            }
            for file in files { try Files.rename(file.path, to: path(file.place)) }
            for kind in Set(files.map(\.place.kind)).sorted(by: { $0.rawValue < $1.rawValue }) { try Files.sync(folder(kind)) }
        } catch {
            for file in files { Files.discard(file.path) }
            throw RemoteError(error)
        }
    }

    private func folder(_ kind: RemotePlace.Kind) -> HostPath { root.appending(kind.rawValue) }

    private func path(_ place: RemotePlace) -> HostPath { folder(place.kind).appending(place.digest.hex) }

    private final class Session: RemoteSession {
        private let remote: FolderRemote

        init(remote: FolderRemote) { self.remote = remote }

        func look(at place: RemotePlace) throws(RemoteError) -> Presence {
            try Self.refusing { () throws(SystemError) in
                guard let status = try Files.status(remote.path(place), followLinks: false) else { return .absent }
                // Something that is no file has no length of an object, so it is written over or refused.
                return .present(size: status.kind == .regular ? status.size : -1)
            }
        }

        func fetch(
            _ place: RemotePlace, range: Range<Int>?, limit: Int, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
        ) throws(RemoteError) {
            var failure: RemoteError?
            do throws(SystemError) {
                let file = try Descriptor.reading(remote.path(place), followLinks: false)
                guard try file.status().size <= limit else {
                    failure = .corrupt(place, "it is longer than \(limit) bytes")
                    throw Self.stop
                }
                if let range {
                    if try Self.read(range, of: file.shared(), take, &failure) { return }
                    failure = .corrupt(place, "it is shorter than what it holds")
                    throw Self.stop
                }
                try file.stream { (bytes) throws(SystemError) in
                    try Interruption.check()
                    do throws(RemoteError) {
                        try take(bytes)
                    } catch {
                        failure = error
                        throw Self.stop
                    }
                }
            } catch {
                if let failure { throw failure }
                if error.isMissing { throw .missing(place) }
                throw RemoteError(error)
            }
        }

        /// Gives a range of a file; false when the file ends before.
        private static func read(
            _ range: Range<Int>, of file: OpenFile, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void,
            _ failure: inout RemoteError?
        ) throws(SystemError) -> Bool {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(Files.chunkSize, range.count)), alignment: 64)
            defer { buffer.deallocate() }
            var offset = range.lowerBound
            while offset < range.upperBound {
                try Interruption.check()
                let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
                let count = try file.read(into: wanted, at: offset)
                if count == 0 { return false }
                offset += count
                do throws(RemoteError) {
                    try take(UnsafeRawBufferPointer(rebasing: wanted[..<count]))
                } catch {
                    failure = error
                    throw stop
                }
            }
            return true
        }

        /// Ends a walk through a file; never shown.
        private static let stop = SystemError(operation: "go on", path: nil, code: 125)

        func put(_ object: OutgoingObject, at place: RemotePlace, replaces: Bool) throws(RemoteError) {
            let temporary = remote.folder(place.kind).appending(Files.temporaryName())
            do throws(RemoteError) {
                try write(object, to: temporary, in: place.kind)
            } catch {
                Files.discard(temporary)
                throw error
            }
            let size = object.size
            let isFull = remote.pending.withLock { pending in
                pending.files.append((place, temporary))
                pending.bytes &+= size
                return pending.files.count >= FolderRemote.batchCount || pending.bytes >= FolderRemote.batchBytes
            }
            if isFull { try remote.settle() }
        }

        private func write(_ object: OutgoingObject, to temporary: HostPath, in kind: RemotePlace.Kind) throws(RemoteError) {
            let file = try create(temporary, in: kind)
            let isShared = try object.clone(to: file)
            try object.readChecked { (bytes) throws(RemoteError) in
                if isShared { return true }
                do throws(SystemError) { try file.write(bytes) } catch { throw .place(error) }
                return true
            }
        }

        private func create(_ path: HostPath, in kind: RemotePlace.Kind) throws(RemoteError) -> Descriptor {
            do throws(SystemError) {
                do throws(SystemError) {
                    return try Descriptor.creating(path, mode: 0o444)
                } catch {
                    guard error.isMissing else { throw error }
                    // Not the folder of the remote itself: a disk that is not there must not be written to beside it.
                    try Files.makeDirectory(remote.folder(kind))
                    try Files.sync(remote.root)
                    return try Descriptor.creating(path, mode: 0o444)
                }
            } catch {
                if error.exists { return try createAgain(path) }
                throw .place(error)
            }
        }

        /// Another thread has just made the folder.
        private func createAgain(_ path: HostPath) throws(RemoteError) -> Descriptor {
            do throws(SystemError) { return try Descriptor.creating(path, mode: 0o444) } catch { throw .place(error) }
        }

        /// What lies there has the same bytes, or other ones that are to go.
        var keepsWhatLiesThere: Bool { false }

        private static func refusing<Value>(_ body: () throws(SystemError) -> Value) throws(RemoteError) -> Value {
            do throws(SystemError) { return try body() } catch { throw .place(error) }
        }
    }
}
