internal import Canonical
internal import Platform

/// The file that says that a folder is a store and in which format: a line, and a line with the first one's digest.
// SPEC: store.md#layout
enum StoreFormat {
    enum Found: Hashable {
        case absent
        case version(Int)
        case damaged
    }

    static let fileName = "format"
    private static let heading = "mlbuild store "

    static func encode(_ version: Int) -> [UInt8] {
        let line = Array("\(heading)\(version)\n".utf8)
        return line + Array("\(Digest.of(line))\n".utf8)
    }

    static func read(_ root: HostPath) throws(SystemError) -> Found {
        let path = root.appending(fileName)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: 4096, followLinks: false)
        } catch {
            if error.isMissing { return .absent }
            // A folder, a link, a fifo, or too long to be ours; anything else is a refusal.
            guard !error.isReadOnly, let status = try? Files.status(path, followLinks: false), status.kind != .regular || status.size > 4096
            else { throw error }
            return .damaged
        }
        // Without the check a flipped bit would look like a later version.
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix(heading), let digits = text.dropFirst(heading.count).split(separator: "\n").first,
            let version = Int(digits), bytes == encode(version), version >= 1
        else { return .damaged }
        return .version(version)
    }
}
