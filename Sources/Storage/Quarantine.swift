package import Canonical
internal import Platform

/// What was removed from a quarantine, and what stays there.
package struct QuarantineReport: Sendable {
    package var removed = StoreAmount()
    package var left = StoreAmount()
}

extension DirectoryStore {
    /// Removes from quarantine what the store has a sound copy of; all else stays.
    ///
    /// - Complexity: reads the sound copies.
    package func clearQuarantine(isDryRun: Bool = false) throws(StoreError) -> QuarantineReport {
        var report = QuarantineReport()
        let folder = root.appending("quarantine")
        let names = try Self.refusing { () throws(SystemError) in
            try Files.status(folder) == nil ? [] : try Files.list(folder).map(\.name)
        }
        for name in names {
            let path = folder.appending(name)
            let size = try Self.refusing { () throws(SystemError) in try Files.status(path, followLinks: false)?.size ?? 0 }
            guard try isSpare(name, at: path) else {
                report.left.add(size)
                continue
            }
            report.removed.add(size)
            if !isDryRun { try Self.refusing { () throws(SystemError) in try Files.removeTree(path) } }
        }
        return report
    }

    /// Whether what lies in quarantine is a damaged copy of something that the store has.
    private func isSpare(_ name: [UInt8], at path: HostPath) throws(StoreError) -> Bool {
        guard let digest = Digest(hex: String(decoding: name.prefix(2 * Digest.byteCount), as: UTF8.self)),
            name.dropFirst(2 * Digest.byteCount).first == UInt8(ascii: "-")
        else { return false }
        // A view is made anew from its tree, and so is of no worth while that is whole.
        let kind = try Self.refusing { () throws(SystemError) in try Files.status(path, followLinks: false)?.kind }
        if kind == .directory { return try missing(in: StoredObject(kind: .tree, digest: digest, size: 0, files: 0)).isEmpty }
        let bytes = try? Files.read(path, limit: 1 << 30, followLinks: false)
        if let record = try record(for: digest) {
            // One that was withdrawn is sound, and has been kept for what it says.
            guard let withdrawn = bytes.flatMap({ ActionRecord.decode($0, key: digest) }) else { return true }
            return withdrawn.hasSameOutputs(as: record)
        }
        return try holdsInPlace(digest)
    }
}

extension DirectoryStore {
    /// Puts back objects of which a copy in quarantine is sound after all: what could not be read may be readable again.
    ///
    /// - Returns: how many are in place again.
    /// - Complexity: reads the copies of what is missing.
    package func putBack(_ digests: Set<Digest>) throws(StoreError) -> Int {
        let folder = root.appending("quarantine")
        var count = 0
        var touched: Set<HostPath> = []
        let names = try Self.refusing { () throws(SystemError) in
            try Files.status(folder) == nil ? [] : try Files.list(folder).filter { $0.kind == .regular }.map(\.name)
        }
        for name in names {
            guard let digest = Digest(hex: String(decoding: name.prefix(2 * Digest.byteCount), as: UTF8.self)), digests.contains(digest),
                try !looksPresent(digest), Self.isSound(folder.appending(name), digest)
            else { continue }
            claim([digest])
            let place = objectPath(digest)
            try Self.refusing { () throws(SystemError) in
                try Files.makeDirectories(place.parent)
                do throws(SystemError) {
                    try Files.rename(folder.appending(name), to: place, replacing: false)
                    touched.insert(place.parent)
                    count += 1
                } catch {
                    // Somebody was quicker: it is there, and the copy stays where it is.
                    if !error.exists, !error.isMissing { throw error }
                }
            }
        }
        try Self.refusing { () throws(SystemError) in
            for folder in touched.sorted() { try Descriptor.folder(folder).sync() }
        }
        return count
    }

    /// Whether a file has the bytes of an object; one that cannot be read has not.
    private static func isSound(_ path: HostPath, _ digest: Digest) -> Bool {
        do throws(SystemError) {
            let file = try Descriptor.reading(path, followLinks: false, leavesTrace: false)
            var hasher = SHA256Hasher()
            try file.stream { (bytes) throws(SystemError) in
                try Interruption.check()
                hasher.update(bytes)
            }
            // Nothing in the store may be writable.
            let mode = try file.status().mode
            return hasher.finalize() == digest && mode == 0o444
        } catch {
            return false
        }
    }

    /// Whether a damaged copy of an object lies in quarantine.
    package func hasQuarantined(_ digest: Digest) throws(StoreError) -> Bool {
        let folder = root.appending("quarantine")
        let prefix = Array("\(digest.hex)-".utf8)
        return try Self.refusing { () throws(SystemError) in
            if try Files.status(folder) == nil { return false }
            return try Files.list(folder).contains { $0.name.starts(with: prefix) }
        }
    }
}
