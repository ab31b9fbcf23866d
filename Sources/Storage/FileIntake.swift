internal import Canonical
internal import Platform

/// A file of the user that was read whole.
struct ImportedFile: Sendable {
    let digest: Digest
    /// What it looked like before and after.
    let signature: StatSignature
    let isExecutable: Bool
    /// A time of the clock that stamps files, from before the first byte was read; nil when somebody may have been writing then.
    let now: Int64?

    var size: Int { Int(signature.size) }

    /// Whether every change since is sure to give another signature.
    var isSettled: Bool { now.map(signature.isSettled(asOf:)) ?? false }
}

/// Room for the bytes of a file, used for one after the other.
final class ReadBuffer {
    /// A piece of this size stays in a core's own cache between reading and hashing.
    static let size = 1 << 18

    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)

    deinit { bytes.deallocate() }
}

/// Reads files one by one: gives their digests, and keeps their bytes where they are to be kept.
struct FileIntake: Sendable {
    /// How often a file that changes while it is read is read again.
    private static let attempts = 5
    /// How long to wait for whoever has a file open for writing, in nanoseconds.
    private static let patience: Int64 = 2_000_000_000
    /// Files up to this size are read whole, so that those which are in the store already are not written at all.
    private static let wholeLimit = ReadBuffer.size / 2

    let store: DirectoryStore
    let keep: Bool
    /// How far the clock that stamps files is behind our own.
    let lag: Int64
    let counter: ImportCounter?
    /// Whether there are cores that no other file needs.
    let hasSpareCores: Bool
    /// No single write takes longer, in nanoseconds; matters where the kernel does not say who writes.
    var longestWrite: Int64 = 30_000_000_000

    /// What one try to read a file came to.
    private enum Try {
        case read(Taken, FileStatus, now: Int64?)
        /// It was written to meanwhile, or a moment before.
        case changed
        /// Somebody who wrote to it lately has it open.
        case busy
    }

    /// What one reading of a file gave.
    private enum Taken {
        case hashed(Digest)
        /// So many bytes in the buffer.
        case whole(Int, Digest)
        /// A temporary file of the store with the bytes that the digest is of.
        case copied(HostPath, Digest)

        var digest: Digest {
            switch self {
            case .hashed(let digest), .whole(_, let digest), .copied(_, let digest): digest
            }
        }
    }

    /// - Parameter isWatched: whether somebody else sees to it that the name still means the file that was read.
    func read(_ path: HostPath, followLinks: Bool, isWatched: Bool, _ buffer: ReadBuffer) throws(ImportError) -> ImportedFile {
        let deadline = Clock.monotonic() + Self.patience
        var changes = 0
        while changes < Self.attempts {
            let found: Try
            do throws(SystemError) {
                found = try readOnce(path, followLinks: followLinks, isWatched: isWatched, buffer.bytes)
                if case .busy = found {
                    try Interruption.check()
                    Clock.sleep(nanoseconds: 10_000_000)
                }
            } catch {
                // It was there a moment ago, and a file.
                throw error.isMissing ? .changing(path) : .refused(error)
            }
            switch found {
            case .read(let taken, let status, let now):
                try settle(taken, buffer.bytes)
                counter?.add(files: 1)
                return ImportedFile(digest: taken.digest, signature: status.signature, isExecutable: status.isExecutable, now: now)
            case .changed: changes += 1
            case .busy: if Clock.monotonic() > deadline { throw .openForWriting(path) }
            }
        }
        throw .changing(path)
    }

    /// Reads a file and makes sure that it was one and the same all the while.
    private func readOnce(
        _ path: HostPath, followLinks: Bool, isWatched: Bool, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Try {
        let source = try Descriptor.reading(path, followLinks: followLinks)
        let before = try source.status()
        var now = Clock.wall() &- lag
        // Within the tick a further write need not give another signature.
        let rest = before.signature.changed &+ before.signature.tick &- now
        if (0...before.signature.tick).contains(rest), Safeguard.settling.holds {
            Clock.sleep(nanoseconds: rest + 1_000_000)
            now = Clock.wall() &- lag
            if try source.status().signature != before.signature { return .changed }
        }
        // A write is stamped when it begins: one that goes on right now would not show afterwards.
        let isOld = before.signature.isSettled(asOf: now &- longestWrite)
        let isStill: Bool
        switch Safeguard.writers.holds ? source.writers() : .none {
        case .none: isStill = true
        case .unknown: isStill = isOld
        case .some:
            guard isOld else { return .busy }
            isStill = false
        }
        let taken = try take(source, size: before.size, buffer)
        var isSame = try source.status().signature == before.signature
        if isSame, !isWatched { isSame = try Files.status(path, followLinks: followLinks)?.signature == before.signature }
        if let taken, isSame { return .read(taken, before, now: isStill ? now : nil) }
        if case .copied(let temporary, _) = taken { Files.discard(temporary) }
        return .changed
    }

    private func take(
        _ source: borrowing Descriptor, size: Int, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Taken? {
        if keep, size <= Self.wholeLimit {
            var count = 0
            while true {
                let part = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
                count += part
                // Its status, looked at once more, says whether there is more by now.
                if part == 0 || (size > 0 && count == size) { break }
                if count == buffer.count { return nil }
            }
            counter?.add(bytes: count)
            return .whole(count, Digest.of(UnsafeRawBufferPointer(rebasing: buffer[..<count])))
        }
        if !keep {
            if hasSpareCores, size >= OverlappedHash.least, let digest = try OverlappedHash.digest(of: source, counter) {
                return .hashed(digest)
            }
            return .hashed(try hash(source, size: size, buffer))
        }
        let temporary = try store.temporaryPath()
        do throws(SystemError) {
            let target = try Descriptor.creating(temporary, mode: 0o444)
            let digest: Digest
            if try target.clone(source) {
                digest = try hash(target, size: size, buffer)
            } else {
                digest = try hash(source, size: size, buffer) { (bytes) throws(SystemError) in try target.write(bytes) }
            }
            try target.setPermissions(0o444)
            return .copied(temporary, digest)
        } catch {
            Files.discard(temporary)
            throw error
        }
    }

    /// The digest of everything from here to the end, with each piece given to `use` before.
    private func hash(
        _ source: borrowing Descriptor, size: Int, _ buffer: UnsafeMutableRawBufferPointer,
        _ use: (UnsafeRawBufferPointer) throws(SystemError) -> Void = { _ in }
    ) throws(SystemError) -> Digest {
        var hasher = SHA256Hasher()
        var total = 0
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            try Interruption.check()
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(piece)
            try use(piece)
            counter?.add(bytes: count)
            total += count
            // Its status, looked at once more, says whether there is more by now.
            if total == size, count < buffer.count { break }
        }
        return hasher.finalize()
    }

    private func settle(_ taken: Taken, _ buffer: UnsafeMutableRawBufferPointer) throws(ImportError) {
        do throws(StoreError) {
            switch taken {
            case .hashed: return
            case .whole(let count, let digest):
                try store.put(UnsafeRawBufferPointer(rebasing: buffer[..<count]), digest)
            case .copied(let temporary, let digest):
                if try store.holds(digest) { Files.discard(temporary) } else { store.adopt(temporary, as: digest) }
            }
            try store.flushIfMany()
        } catch {
            if case .copied(let temporary, _) = taken { Files.discard(temporary) }
            throw .store(error)
        }
    }
}
