internal import CSandbox

/// The random bytes that a sandbox gives to its threads: ChaCha20 (RFC 8439), numbered streams of one 32-byte key.
///
/// Stream 0 is that of the command's first thread, stream n that of the thread whose identifier is n larger;
/// ``device`` is what `/dev/urandom` and `/dev/random` give, one after the other to whoever reads.
package struct EntropyStream: Sendable {
    package static let device: UInt64 = 1 << 32

    package let key: [UInt8]
    package let number: UInt64
    private var position: UInt64 = 0

    /// - Precondition: `key` has 32 bytes.
    package init(key: [UInt8], number: UInt64 = 0) {
        precondition(key.count == 32, "a key of derived entropy has 32 bytes")
        self.key = key
        self.number = number
    }

    /// The next `count` bytes.
    package mutating func next(_ count: Int) -> [UInt8] {
        let start = position
        position &+= UInt64(count)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { sandbox_stream(key, number, start, base, count) }
            initialized = count
        }
    }
}
