internal import CPlatform

extension OpenFile {
    /// At most `buffer.count` bytes from `offset` on; 0 means the end. Several may read at a time.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
        let count = platform_read_at(number, start, buffer.count, Int64(offset))
        if count < 0 { throw SystemError(operation: "read", path: nil, code: Int32(truncatingIfNeeded: -count)) }
        return count
    }

    /// Makes the empty file `target` share its blocks; false where the file system cannot.
    package func clone(to target: borrowing Descriptor) throws(SystemError) -> Bool {
        let result = platform_clone(target.number, number)
        if result >= 0 { return true }
        return try target.refusesClone(Int(-result))
    }
}
