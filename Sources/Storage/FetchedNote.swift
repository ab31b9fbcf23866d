package import Canonical
internal import Diagnostics
internal import Platform

/// What is written down of an object that an index on the web listed under its digest: it can be fetched again.
// SPEC: store.md#fetched
enum FetchedNote {
    private static let heading = "mlbuild fetched 1 "
    private static let longest = 1 << 16

    static func encode(_ name: String, _ digest: Digest) -> [UInt8] {
        let members: JSONValue = ["digest": .string(digest.description), "name": .string(name)]
        let body = CanonicalJSON.encode(members) + [UInt8(ascii: "\n")]
        return Array("\(heading)\(Digest.of(body))\n".utf8) + body
    }

    /// The name under which it was listed; nil for a note that is damaged or about something else.
    static func decode(_ bytes: [UInt8], _ digest: Digest) -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let body = Array(bytes[(end + 1)...])
        guard Array("\(heading)\(Digest.of(body))".utf8) == Array(bytes[..<end]) else { return nil }
        let parsed = JSONDocument.parse(SourceText(name: "note", bytes: body), limits: .canonical)
        guard !parsed.hasErrors, let root = parsed.value?.root, root["digest"]?.string == digest.description else { return nil }
        return root["name"]?.string
    }

    /// Whether there is a note that holds; looking is no use of it.
    static func holds(_ digest: Digest, in folder: HostPath) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let file = try Descriptor.reading(DirectoryStore.place(digest, in: folder), followLinks: false, leavesTrace: false)
            return decode(try file.readToEnd(limit: longest), digest) != nil
        } catch {
            if error.isMissing || error.isMediumFailure || DirectoryStore.isWrongKind(DirectoryStore.place(digest, in: folder)) {
                return false
            }
            throw error
        }
    }
}

extension DirectoryStore {
    /// Writes down that an index listed the file `name` under this digest, so a collection need not take the store's for the only copy.
    ///
    /// Not durable: without a note an object stays.
    package func note(fetched digest: Digest, as name: String) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in
            let folder = root.appending(StoreTrash.Kind.fetched.rawValue)
            if try FetchedNote.holds(digest, in: folder) { return }
            let path = Self.place(digest, in: folder)
            let temporary = try writeTemporary(FetchedNote.encode(name, digest))
            do throws(SystemError) {
                if Self.isWrongKind(path) { _ = try moveAway(path, name: digest.hex) }
                try Files.makeDirectories(path.parent)
                try Files.rename(temporary, to: path)
            } catch {
                Files.discard(temporary)
                throw error
            }
        }
    }
}
