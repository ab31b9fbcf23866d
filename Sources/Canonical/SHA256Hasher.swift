import CDigest

/// Computes the SHA-256 of bytes that arrive in pieces.
///
/// The digest depends on the bytes alone, not on how they were cut. Runs on the processor's SHA instructions where there are some.
package struct SHA256Hasher: Sendable {
    /// Whether the processor has instructions for it, and they are used.
    package static var isAccelerated: Bool { cdigest_sha256_is_accelerated() }

    private var context = cdigest_sha256()

    package init() {
        cdigest_sha256_start(&context)
    }

    /// Takes the next bytes of the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        cdigest_sha256_update(&context, bytes.baseAddress, bytes.count)
    }

    /// Takes the next bytes of the message.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of all bytes taken so far; a copy goes on from here, this hasher is used up.
    package consuming func finalize() -> Digest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Digest.byteCount) { digest in
            cdigest_sha256_finish(&context, digest.baseAddress!)
            return Digest(bytes: digest)
        }
    }
}
