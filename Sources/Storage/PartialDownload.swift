package import Canonical
internal import Diagnostics
internal import Platform

/// What comes from a URL, in order, and outlives the process that fetches it: its digest is known when all of it is there.
///
/// What an earlier process left is gone on with only if it has the digest that was written down for it, and for who asked for
/// it there is something, the validator, by which the server tells it from other bytes.
// SPEC: store.md#partial-objects
package final class PartialDownload {
    /// What a server says about bytes that lets it go on with them later.
    package enum Validator: Hashable, Sendable {
        /// A strong entity tag, with its quotes.
        case tag(String)
        /// A time of last change, as the server wrote it.
        case modified(String)
    }

    /// So many bytes are added at most before their digest is written down.
    static let step = 16 << 20

    /// Bytes that are there.
    package private(set) var count = 0
    /// Nil for bytes that cannot be gone on with.
    package private(set) var validator: Validator?
    private let store: DirectoryStore
    private let path: HostPath
    /// Nil for one that nobody can go on with.
    private let state: HostPath?
    private let lock: FileLock?
    private let file: OpenFile
    private var hasher = SHA256Hasher()
    private var noted = 0

    /// Goes on with what has come from the source that `name` stands for, or begins; when another process is at it, with a copy of
    /// its own.
    ///
    /// - Complexity: reads what is there.
    package init(_ name: Digest, in store: DirectoryStore) throws(StoreError) {
        self.store = store
        let folder = store.root.appending(PartialName.folder)
        let shared = folder.appending(name.hex + PartialName.source)
        (lock, path, file) = try DirectoryStore.refusing { () throws(SystemError) in
            if try Files.status(folder) == nil { try Files.makeDirectories(folder) }
            let lock = try FileLock.acquire(shared, wait: false)
            let path = lock == nil ? try store.temporaryPath() : shared
            return (lock, path, try Descriptor.updating(path, mode: 0o600).shared())
        }
        state = lock == nil ? nil : folder.appending(name.hex + PartialName.state)
        try DirectoryStore.refusing { () throws(SystemError) in try goOn() }
    }

    /// Believes what is there as far as it has the digest that was written down.
    private func goOn() throws(SystemError) {
        guard let state, let bytes = try Files.readIfPresent(state, limit: 1 << 16), let note = Note.decode(bytes) else {
            return try file.resize(to: 0)
        }
        var hasher = SHA256Hasher()
        var read = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while read < note.count {
            try Interruption.check()
            let wanted = min(buffer.count, note.count - read)
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: read)
            if count == 0 { break }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            read += count
        }
        let copy = hasher
        guard read == note.count, copy.finalize() == note.digest else { return try file.resize(to: 0) }
        try file.resize(to: read)
        (self.hasher, count, noted, validator) = (hasher, read, read, note.validator)
    }

    /// Begins anew with bytes that `validator` tells from others.
    package func begin(_ validator: Validator?) throws(StoreError) {
        self.validator = validator
        hasher = SHA256Hasher()
        (count, noted) = (0, 0)
        try DirectoryStore.refusing { () throws(SystemError) in
            // What was written down of other bytes goes before they do.
            if let state { try Files.removeFileIfPresent(state) }
            try file.resize(to: 0)
        }
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try DirectoryStore.refusing { () throws(SystemError) in try file.write(bytes, at: count) }
        hasher.update(bytes)
        count += bytes.count
        guard count - noted >= Self.step else { return }
        file.startWriteback()
        try note()
    }

    /// Writes down what is there, so that another process can go on with it. Not durable: what is lost then is fetched again.
    package func note() throws(StoreError) {
        guard let state, let validator, count > noted else { return }
        let copy = hasher
        let note = Note(count: count, digest: copy.finalize(), validator: validator)
        try DirectoryStore.refusing { () throws(SystemError) in
            let temporary = try store.writeTemporary(note.encoded)
            try Files.rename(temporary, to: state)
        }
        noted = count
    }

    /// Keeps all that has come as an object of the store; durable after `flush`.
    package func finish() throws(StoreError) -> StoredObject {
        let copy = hasher
        let digest = copy.finalize()
        try DirectoryStore.refusing { () throws(SystemError) in
            let temporary = try store.temporaryPath()
            if let state { try Files.removeFileIfPresent(state) }
            try Files.setPermissions(path, 0o444)
            try Files.rename(path, to: temporary, replacing: false)
            store.adopt(temporary, as: digest)
        }
        return StoredObject(kind: .file, digest: digest, size: count, files: 1)
    }

    /// Takes it away, for what is not to be gone on with.
    package func discard() {
        if let state { Files.discard(state) }
        Files.discard(path)
    }
}

extension PartialDownload {
    /// What is written down of bytes that have come.
    private struct Note {
        private static let heading = "mlbuild download 1 "

        let count: Int
        let digest: Digest
        let validator: Validator

        var encoded: [UInt8] {
            let said: (name: String, text: String) =
                switch validator {
                case .tag(let text): ("tag", text)
                case .modified(let text): ("modified", text)
                }
            let members: JSONValue = [
                "bytes": .string(String(count)), "digest": .string(digest.description), said.name: .string(said.text),
            ]
            let body = CanonicalJSON.encode(members) + [UInt8(ascii: "\n")]
            return Array("\(Self.heading)\(Digest.of(body))\n".utf8) + body
        }

        /// Nil for what is damaged: then nothing that has come is believed.
        static func decode(_ bytes: [UInt8]) -> Note? {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let body = Array(bytes[(end + 1)...])
            guard Array("\(heading)\(Digest.of(body))".utf8) == Array(bytes[..<end]) else { return nil }
            let parsed = JSONDocument.parse(SourceText(name: "download", bytes: body), limits: .canonical)
            guard !parsed.hasErrors, let root = parsed.value?.root, let count = root["bytes"]?.string.flatMap({ Int($0) }), count >= 0,
                let digest = root["digest"]?.string.flatMap({ Digest($0) })
            else { return nil }
            if let tag = root["tag"]?.string { return Note(count: count, digest: digest, validator: .tag(tag)) }
            if let time = root["modified"]?.string { return Note(count: count, digest: digest, validator: .modified(time)) }
            return nil
        }
    }
}
