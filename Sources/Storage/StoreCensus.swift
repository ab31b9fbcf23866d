internal import Canonical
internal import Platform

/// What lies in one of a store's folders by digest, without its content.
///
/// - Complexity: 48 bytes for each.
struct StoreCensus: Sendable {
    /// Sorted.
    private(set) var digests: [Digest] = []
    private(set) var sizes: [Int] = []
    /// When each was last used, in nanoseconds since 1970 by the file system's clock.
    private(set) var uses: [Int64] = []
    /// Names that no digest has, or that are no files: nothing of the store's.
    private(set) var strangers = 0

    var count: Int { digests.count }
    var bytes: Int { sizes.reduce(0, &+) }

    /// Of nothing.
    init() {}

    private struct Part {
        var entries: [(digest: Digest, size: Int, use: Int64)] = []
        var strangers = 0
    }

    /// Looks at everything below `folder`, two digits a folder.
    init(of folder: HostPath) throws(SystemError) {
        let parts: [Part]
        do throws(ImportError) {
            parts = try ParallelMap.run(256, context: {}) { (_, number) throws(ImportError) in
                try DirectoryImport.asking { () throws(SystemError) in
                    try Interruption.check()
                    return try Self.part(number, of: folder)
                }
            }
        } catch {
            guard case .refused(let error) = error else { preconditionFailure("looking at files is refused or works") }
            throw error
        }
        let count = parts.reduce(0) { $0 + $1.entries.count }
        digests.reserveCapacity(count)
        sizes.reserveCapacity(count)
        uses.reserveCapacity(count)
        for part in parts {
            strangers += part.strangers
            for entry in part.entries {
                digests.append(entry.digest)
                sizes.append(entry.size)
                uses.append(entry.use)
            }
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// What is in one of the 256 folders, in the order of digests.
    private static func part(_ number: Int, of folder: HostPath) throws(SystemError) -> Part {
        let first = [hexDigits[number >> 4], hexDigits[number & 15]]
        let place = folder.appending(first)
        var part = Part()
        guard let kind = try Files.status(place, followLinks: false)?.kind else { return part }
        guard kind == .directory else {
            part.strangers = 1
            return part
        }
        for entry in try Files.list(place) {
            // Gone since, to quarantine say: no entry.
            guard let status = try Files.status(place.appending(entry.name), followLinks: false) else { continue }
            if let digest = Digest(hex: String(decoding: first + entry.name, as: UTF8.self)), status.kind == .regular {
                part.entries.append((digest, status.size, status.lastUse))
            } else {
                part.strangers += 1
            }
        }
        return part
    }

    /// - Complexity: O(log count)
    func index(of digest: Digest) -> Int? {
        var low = 0
        var high = digests.count
        while low < high {
            let middle = low + (high - low) / 2
            if digests[middle] < digest { low = middle + 1 } else { high = middle }
        }
        return low < digests.count && digests[low] == digest ? low : nil
    }
}
