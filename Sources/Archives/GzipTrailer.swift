/// The length and checksum that gzip writes behind what it packed: libarchive looks at the checksums of all forms but this one.
package enum GzipTrailer {
    /// Whether a file that begins with `first` and ends with the 8 bytes `last` may hold other bytes than were packed in it.
    ///
    /// Of several members in one file only the last has its checksum at a known place, so nothing vouches for the others.
    package static func contradicts(first: [UInt8], last: [UInt8], checksum: UInt32, length: Int) -> Bool {
        guard first.starts(with: [0x1F, 0x8B]), last.count == 8 else { return false }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        return number(last[4...]) != UInt32(truncatingIfNeeded: length) || number(last[..<4]) != checksum
    }
}
