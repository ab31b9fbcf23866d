internal import Canonical
internal import Platform

/// What is known of one folder, packed: its own signature, the tree that it was, and each name in it with signature and digest.
///
/// The layout is that of the file of signatures, so that a million files are read without making a value for each.
// SPEC: store.md#signatures
struct FolderRecord: Sendable {
    /// What an entry is, in the letters of trees.
    enum Tag {
        static let file = UInt8(ascii: "f")
        static let executable = UInt8(ascii: "x")
        static let folder = UInt8(ascii: "t")
        static let link = UInt8(ascii: "l")

        static func isFile(_ tag: UInt8) -> Bool { tag == file || tag == executable }
    }

    /// Before the path: its length, the number of entries, the length of the names; 4 bytes each.
    private static let lengthsSize = 12
    /// Behind the path: signature, digest, size, files, rules and store.
    private static let headSize = StatSignature.byteCount + Digest.byteCount + 4 * 8

    /// Where the record lies in a larger buffer; of its own when it was just made.
    private let storage: [UInt8]
    private let start: Int
    private let pathCount: Int
    private let namesCount: Int
    /// Number of entries.
    let count: Int

    /// Reads the record at `offset`; nil when it does not fit into `bytes` before `end` or contradicts itself.
    init?(in bytes: [UInt8], at offset: Int, end: Int) {
        guard offset >= 0, end <= bytes.count, end - offset >= Self.lengthsSize else { return nil }
        storage = bytes
        start = offset
        pathCount = Self.number(bytes, offset, bytes: 4)
        count = Self.number(bytes, offset + 4, bytes: 4)
        namesCount = Self.number(bytes, offset + 8, bytes: 4)
        // Four lengths below 2^32, so nothing overflows.
        guard end - offset >= size, pathCount > 0 else { return nil }
        let names = bytes[self.names]
        guard names.isEmpty || names.last == 0, names.count(where: { $0 == 0 }) == count else { return nil }
    }

    /// Packs a folder; the arrays have one element, 40 or 32 bytes for each of the names, which are ended by NULs.
    init(
        path: HostPath, signature: StatSignature?, tree: StoredObject, rules: UInt64, store: UInt64, names: [UInt8], tags: [UInt8],
        signatures: [UInt8], digests: [UInt8]
    ) {
        precondition(signatures.count == tags.count * StatSignature.byteCount && digests.count == tags.count * Digest.byteCount)
        start = 0
        pathCount = path.bytes.count
        count = tags.count
        namesCount = names.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            Self.lengthsSize + path.bytes.count + Self.headSize + names.count + tags.count + signatures.count + digests.count)
        for length in [pathCount, count, namesCount] { Self.append(UInt64(length), bytes: 4, to: &bytes) }
        bytes += path.bytes
        bytes += signature?.bytes ?? [UInt8](repeating: 0, count: StatSignature.byteCount)
        bytes += tree.digest.bytes
        for number in [UInt64(tree.size), UInt64(tree.files), rules, store] { Self.append(number, bytes: 8, to: &bytes) }
        bytes += names
        bytes += tags
        bytes += signatures
        bytes += digests
        storage = bytes
    }

    var size: Int {
        Self.lengthsSize + pathCount + Self.headSize + namesCount + count * (1 + StatSignature.byteCount + Digest.byteCount)
    }

    var bytes: ArraySlice<UInt8> { storage[start..<(start + size)] }
    var path: [UInt8] { Array(storage[(start + Self.lengthsSize)..<head]) }

    private var head: Int { start + Self.lengthsSize + pathCount }
    private var names: Range<Int> { (head + Self.headSize)..<(head + Self.headSize + namesCount) }
    private var tagsStart: Int { names.upperBound }
    private var signaturesStart: Int { tagsStart + count }
    private var digestsStart: Int { signaturesStart + count * StatSignature.byteCount }

    /// What the folder itself looked like; nil when that had not settled.
    var signature: StatSignature? {
        let bytes = storage[head..<(head + StatSignature.byteCount)]
        return bytes.allSatisfy { $0 == 0 } ? nil : StatSignature(bytes: bytes)
    }

    /// What the folder was as an object; nil for numbers that nothing can have.
    var tree: StoredObject? {
        let start = head + StatSignature.byteCount
        let numbers = start + Digest.byteCount
        let (size, files) = (Self.number(storage, numbers, bytes: 8), Self.number(storage, numbers + 8, bytes: 8))
        guard size >= 0, files >= 0 else { return nil }
        return StoredObject(kind: .tree, digest: Digest(bytes: storage[start..<numbers]), size: size, files: files)
    }

    /// What stands for the rules by which names were left out.
    var rules: UInt64 { word(2) }

    /// What stands for the store that had all of it; 0 when none had.
    var store: UInt64 { word(3) }

    private func word(_ index: Int) -> UInt64 {
        UInt64(bitPattern: Int64(Self.number(storage, head + StatSignature.byteCount + Digest.byteCount + 8 * index, bytes: 8)))
    }

    // MARK: Entries

    /// The names, each ended by a NUL, in the order of their bytes.
    var nameBytes: ArraySlice<UInt8> { storage[names] }
    var tags: ArraySlice<UInt8> { storage[tagsStart..<signaturesStart] }
    /// 40 bytes for each name; zeros where nothing is trusted.
    var signatures: ArraySlice<UInt8> { storage[signaturesStart..<digestsStart] }
    /// 32 bytes for each name; zeros for folders and links.
    var digests: ArraySlice<UInt8> { storage[digestsStart..<(digestsStart + count * Digest.byteCount)] }

    // MARK: Numbers

    static func append(_ number: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))) }
    }

    /// Little-endian; of 8 bytes with the sign bit, which callers refuse.
    private static func number(_ bytes: [UInt8], _ offset: Int, bytes count: Int) -> Int {
        var number: UInt64 = 0
        for index in 0..<count { number |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        return Int(truncatingIfNeeded: number)
    }
}
