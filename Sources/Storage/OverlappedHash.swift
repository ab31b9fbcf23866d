internal import Canonical
internal import Platform
internal import Synchronization

/// The digest of one large file by two threads: while one hashes a piece, the other reads the next.
///
/// A digest is one stream of SHA-256, so the pieces are hashed in their order whoever reads them.
// SPEC: store.md#files
final class OverlappedHash: Sendable {
    /// A smaller file is not worth a thread.
    static let least = 32 << 20
    /// A piece that stays in a core's own cache between reading and hashing, and is worth a change of threads.
    private static let piece = 1 << 19

    private struct Reading {
        var next = 0
        var isAtEnd = false
    }

    private struct Hashing {
        var next = 0
        var hasher = SHA256Hasher()
        var failure: SystemError?
    }

    private let source: Descriptor
    private let counter: ImportCounter?
    private let reading = Mutex(Reading())
    private let hashing = Monitor(Hashing())

    private init(_ file: OpenFile, _ counter: ImportCounter?) throws(SystemError) {
        // By number: the same file, wherever its name has gone, read from its beginning.
        source = try Descriptor.reading(HostPath("/proc/self/fd/\(file.number)"))
        self.counter = counter
    }

    /// The digest of all that `source` is open on; nil where it cannot be opened a second time.
    static func digest(of source: borrowing Descriptor, _ counter: ImportCounter?) throws(SystemError) -> Digest? {
        let file = try source.shared()
        guard let hash = try? OverlappedHash(file, counter) else { return nil }
        Threads.run(2) { _ in hash.work() }
        return try hash.hashing.withLock { (state) throws(SystemError) in
            if let failure = state.failure { throw failure }
            return state.hasher.finalize()
        }
    }

    /// Reads pieces and hashes them in their turn, until there are no more. Waits only for who has a piece already.
    private func work() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.piece, alignment: 4096)
        defer { buffer.deallocate() }
        while let (turn, count) = read(into: buffer) {
            _ = hashing.wait { $0.next == turn ? true : nil }
            hashing.update { state in
                state.hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                state.next += 1
            }
            counter?.add(bytes: count)
        }
    }

    /// The next piece: its number and length; nil at the end, and after a failure.
    private func read(into buffer: UnsafeMutableRawBufferPointer) -> (turn: Int, count: Int)? {
        reading.withLock { state in
            if state.isAtEnd { return nil }
            do throws(SystemError) {
                try Interruption.check()
                let count = try source.read(into: buffer)
                state.isAtEnd = count == 0
                defer { state.next += 1 }
                return count == 0 ? nil : (state.next, count)
            } catch {
                state.isAtEnd = true
                hashing.withLock { $0.failure = error }
                return nil
            }
        }
    }
}
