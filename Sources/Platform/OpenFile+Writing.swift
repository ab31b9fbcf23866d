internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

extension OpenFile {
    /// Writes all of `bytes` from `offset` on, in as many calls as it takes. Several may write at a time.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = platform_write_at(number, bytes.baseAddress! + done, bytes.count - done, Int64(offset + done))
            if count < 0 { throw SystemError(operation: "write", path: nil, code: Int32(truncatingIfNeeded: -count)) }
            // A device may take nothing and say so; going on would never end.
            if count == 0 { throw SystemError(operation: "write", path: nil, code: EIO) }
            done += count
        }
    }

    /// Cuts off, or fills up with zeros, what is not `size` bytes.
    package func resize(to size: Int) throws(SystemError) {
        let result = platform_ftruncate(number, Int64(size))
        if result < 0 { throw SystemError(operation: "resize", path: nil, code: Int32(truncatingIfNeeded: -result)) }
    }

    /// Starts writing its content without waiting.
    package func startWriteback() { platform_start_writeback(number) }
}
