internal import Canonical

/// Many small objects as one: how many, which, how long each is, and then their bytes.
// SPEC: remotes.md#packs
struct Pack: Sendable {
    static let magic = Array("mlbpack1".utf8)
    /// Bytes before the first member.
    static let headLength = 16
    static let memberLength = 40
    /// Most bytes of a pack, and most objects in it.
    static let sizeLimit = 4 << 20
    static let memberLimit = 16_384

    struct Member: Hashable, Sendable {
        let digest: Digest
        /// Where its bytes stand; nil for a folder that was too much for the pack and lies by itself.
        let range: Range<Int>?
    }

    let members: [Member]
    /// Bytes of all of it.
    let size: Int

    /// Why bytes are no pack.
    struct Malformed: Error, Hashable, Sendable {
        let reason: String
    }

    private static let elsewhere = UInt64.max

    /// What stands before the bytes of the members; `nil` for the length of one that lies elsewhere.
    static func head(_ members: [(digest: Digest, length: Int?)]) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(headLength + members.count * memberLength)
        append(UInt64(members.count), to: &bytes)
        for member in members {
            bytes += member.digest.bytes
            append(member.length.map(UInt64.init) ?? elsewhere, to: &bytes)
        }
        return bytes
    }

    /// How many bytes the head has, as the first 16 say.
    static func headLength(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> Int {
        guard bytes.count >= headLength, bytes.prefix(magic.count).elementsEqual(magic) else {
            throw Malformed(reason: "it does not begin as a pack does")
        }
        let count = number(bytes, at: magic.count)
        guard count <= UInt64(memberLimit) else { throw Malformed(reason: "it says that it holds \(count) objects") }
        return headLength + Int(count) * memberLength
    }

    /// Reads a head; of what follows nothing is looked at.
    init(head bytes: UnsafeRawBufferPointer) throws(Malformed) {
        let length = try Self.headLength(bytes)
        guard bytes.count >= length else { throw Malformed(reason: "it ends too early") }
        var members: [Member] = []
        var end = length
        for start in stride(from: Self.headLength, to: length, by: Self.memberLength) {
            let digest = Digest(bytes: bytes[start..<(start + Digest.byteCount)])
            let length = Self.number(bytes, at: start + Digest.byteCount)
            if length == Self.elsewhere {
                members.append(Member(digest: digest, range: nil))
                continue
            }
            guard length <= UInt64(Self.sizeLimit), end + Int(length) <= Self.sizeLimit else {
                throw Malformed(reason: "it says that it is longer than \(Self.sizeLimit) bytes")
            }
            members.append(Member(digest: digest, range: end..<(end + Int(length))))
            end += Int(length)
        }
        self.members = members
        size = end
    }

    /// Reads all of a pack.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        try self.init(head: bytes)
        guard size == bytes.count else { throw Malformed(reason: "it has \(bytes.count) bytes and says that it has \(size)") }
    }

    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
