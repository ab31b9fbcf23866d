import Canonical
import Manifests
import Platform
import Storage

/// What earlier builds found at the paths of a workspace where single files lie: for each its digest, and the signature it had.
///
/// Folders are known by ``SignatureCache``. Holds only what has settled, so that an equal signature means equal content. Kept in a file with a checksum; one that is
/// damaged in any way is an empty memory.
// SPEC: state.md#contents
struct ContentMemory: Equatable, Sendable {
    private var contents: [RelativePath: Content] = [:]

    init() {}

    init(_ contents: [Content]) {
        for content in contents where content.isSettled && content.object.kind == .file { self.contents[content.path] = content }
    }

    subscript(_ path: RelativePath) -> Content? { contents[path] }

    /// This memory with what `newer` knows put over it.
    func updated(with newer: ContentMemory) -> ContentMemory {
        var result = self
        result.contents.merge(newer.contents) { _, new in new }
        return result
    }

    // MARK: The file

    private static let magic = Array("mlbcont1".utf8)
    private static let largest = 1 << 30

    static func load(_ folder: StateFolder) -> ContentMemory {
        // What cannot be read is not remembered; the files themselves are read then.
        guard let bytes = try? Files.readIfPresent(folder.contents, limit: largest) else { return ContentMemory() }
        return decode(bytes) ?? ContentMemory()
    }

    func store(in folder: StateFolder) throws(SystemError) {
        let bytes = encode()
        if bytes.count <= Self.largest { try Files.write(bytes, to: folder.contents) }
    }

    func encode() -> [UInt8] {
        var body: [UInt8] = []
        for path in contents.keys.sorted() {
            guard let content = contents[path] else { continue }
            body.append(0)
            body += content.object.digest.bytes
            let (object, signed) = (content.object, content.signed)
            for number in [object.size, object.files, signed.count, signed.paths.count, content.path.text.utf8.count] {
                for shift in stride(from: 0, to: 64, by: 8) { body.append(UInt8(truncatingIfNeeded: number >> shift)) }
            }
            body += content.path.text.utf8
            body += content.signed.paths
            body += content.signed.signatures
        }
        return Self.magic + Digest.of(body).bytes + body
    }

    static func decode(_ bytes: [UInt8]) -> ContentMemory? {
        let bodyStart = magic.count + Digest.byteCount
        guard bytes.count >= bodyStart, bytes.starts(with: magic) else { return nil }
        let body = Array(bytes[bodyStart...])
        guard Digest.of(body).bytes.elementsEqual(bytes[magic.count..<bodyStart]) else { return nil }
        var rest = body[...]
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func number() -> Int? {
            take(8).flatMap { Int(exactly: $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
        }
        var contents: [Content] = []
        while !rest.isEmpty {
            guard take(1)?.first == 0, let digest = take(Digest.byteCount), let size = number(), let files = number(),
                let count = number(), count <= bytes.count, let pathBytes = number(), let nameBytes = number(), let name = take(nameBytes),
                let path = RelativePath(String(decoding: name, as: UTF8.self)), let paths = take(pathBytes),
                let signatures = take(count * StatSignature.byteCount),
                let signed = SignedPaths(paths: Array(paths), signatures: Array(signatures))
            else { return nil }
            let object = StoredObject(kind: .file, digest: Digest(bytes: digest), size: size, files: files)
            contents.append(Content(path: path, object: object, signed: signed, isSettled: true))
        }
        return ContentMemory(contents)
    }
}
