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
