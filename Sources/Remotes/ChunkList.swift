internal import Canonical

/// How a large object is put together: runs of chunks, each run an object that lists its chunks.
// SPEC: remotes.md#chunks
struct ChunkList: Hashable, Sendable {
    static let magic = Array("mlblist1".utf8)
    /// Objects of more bytes lie on a remote in chunks.
    static let leastSize = 8 << 20
    private static let headLength = 56
    private static let entryLength = 40

    /// A run's object and the bytes of its chunks together.
    struct Entry: Hashable, Sendable {
        let run: Digest
        let size: Int
    }

    let whole: Digest
    let size: Int
    let runs: [Entry]

    /// Why bytes are no list, or no run.
    struct Malformed: Error, Hashable, Sendable {
        let reason: String
    }

    /// The most bytes that the list of an object of this size has.
    static func mostBytes(of size: Int) -> Int { headLength + (size / Chunker.reach + 2) * entryLength + Digest.byteCount }

    /// Whether a list can have so many bytes.
    static func canHave(_ bytes: Int) -> Bool {
        let entries = bytes - headLength - Digest.byteCount
        return entries > 0 && entries % entryLength == 0
    }

    func encode() -> [UInt8] {
        var bytes = Self.magic + whole.bytes
        Pack.append(UInt64(size), to: &bytes)
        Pack.append(UInt64(runs.count), to: &bytes)
        for entry in runs {
            bytes += entry.run.bytes
            Pack.append(UInt64(entry.size), to: &bytes)
        }
        return bytes + Digest.of(bytes).bytes
    }

    init(whole: Digest, size: Int, runs: [Entry]) {
        (self.whole, self.size, self.runs) = (whole, size, runs)
    }

    /// Reads the list of an object; what it says is proven only by the digest of what is put together by it.
    init(_ bytes: [UInt8], of digest: Digest) throws(Malformed) {
        guard Self.canHave(bytes.count), bytes.starts(with: Self.magic) else { throw Malformed(reason: "it is no list of chunks") }
        let end = bytes.count - Digest.byteCount
        guard Digest.of(Array(bytes[..<end])).bytes == bytes[end...].map({ $0 }) else { throw Malformed(reason: "it is damaged") }
        guard Digest(bytes: bytes[8..<40]) == digest else { throw Malformed(reason: "it is about another object") }
        let size = Self.number(bytes, at: 40)
        guard Self.number(bytes, at: 48) == UInt64((end - Self.headLength) / Self.entryLength), size < 1 << 62 else {
            throw Malformed(reason: "its numbers contradict each other")
        }
        var runs: [Entry] = []
        var left = Int(size)
        for start in stride(from: Self.headLength, to: end, by: Self.entryLength) {
            let size = Self.number(bytes, at: start + Digest.byteCount)
            guard size > 0, size <= UInt64(left) else { throw Malformed(reason: "its numbers contradict each other") }
            runs.append(Entry(run: Digest(bytes: bytes[start..<(start + Digest.byteCount)]), size: Int(size)))
            left -= Int(size)
        }
        guard left == 0 else { throw Malformed(reason: "its numbers contradict each other") }
        self.init(whole: digest, size: Int(size), runs: runs)
    }

    static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { Pack.number($0, at: offset) }
    }
}

/// Some chunks that follow each other.
// SPEC: remotes.md#chunks
struct ChunkRun: Hashable, Sendable {
    static let magic = Array("mlbcrun1".utf8)
    private static let headLength = 16
    private static let entryLength = 40
    /// A run with fewer chunks does not end of its own accord.
    private static let leastCount = 8
    static let mostCount = 128
    /// Most bytes of a run's object.
    static let mostBytes = headLength + mostCount * entryLength

    struct Chunk: Hashable, Sendable {
        let digest: Digest
        let size: Int
    }

    let chunks: [Chunk]

    /// Bytes of the chunks together.
    var size: Int { chunks.reduce(0) { $0 + $1.size } }

    init(_ chunks: [Chunk]) { self.chunks = chunks }

    /// Puts chunks into runs that end by content, as groups of packs do.
    static func runs(of chunks: [Chunk]) -> [ChunkRun] {
        var result: [ChunkRun] = []
        var current: [Chunk] = []
        for chunk in chunks {
            current.append(chunk)
            let ends = current.count >= leastCount && chunk.digest.leadingWord >> 59 == 0
            if ends || current.count == mostCount {
                result.append(ChunkRun(current))
                current = []
            }
        }
        return current.isEmpty ? result : result + [ChunkRun(current)]
    }

    func encode() -> [UInt8] {
        var bytes = Self.magic
        Pack.append(UInt64(chunks.count), to: &bytes)
        for chunk in chunks {
            bytes += chunk.digest.bytes
            Pack.append(UInt64(chunk.size), to: &bytes)
        }
        return bytes
    }

    /// Reads the run that a list says to have chunks of `size` bytes; `isLast` when nothing of the object follows.
    init(_ bytes: [UInt8], size: Int, isLast: Bool) throws(ChunkList.Malformed) {
        let count = (bytes.count - Self.headLength) / Self.entryLength
        guard bytes.starts(with: Self.magic), (1...Self.mostCount).contains(count),
            bytes.count == Self.headLength + count * Self.entryLength, ChunkList.number(bytes, at: 8) == UInt64(count)
        else { throw ChunkList.Malformed(reason: "it is no run of chunks") }
        var chunks: [Chunk] = []
        for start in stride(from: Self.headLength, to: bytes.count, by: Self.entryLength) {
            let size = ChunkList.number(bytes, at: start + Digest.byteCount)
            let least = isLast && chunks.count == count - 1 ? 1 : Chunker.reach
            guard (UInt64(least)...UInt64(Chunker.most)).contains(size) else {
                throw ChunkList.Malformed(reason: "a chunk has a length that none has")
            }
            chunks.append(Chunk(digest: Digest(bytes: bytes[start..<(start + Digest.byteCount)]), size: Int(size)))
        }
        guard chunks.reduce(0, { $0 + $1.size }) == size else { throw ChunkList.Malformed(reason: "its numbers contradict each other") }
        self.init(chunks)
    }
}
