internal import Canonical

/// What a tree's encoding names, without a value for each entry: for who goes through millions.
enum TreeScan {
    private static let headSize = 16

    /// Whether bytes begin as a tree does.
    static func isTree(_ bytes: some Collection<UInt8>) -> Bool { bytes.count >= headSize && bytes.starts(with: Tree.magic) }

    /// Gives every file and tree that is named; false for what is no tree, of which it may have given some.
    ///
    /// - Complexity: one pass, no allocation but the digests'.
    static func forEach(_ bytes: UnsafeRawBufferPointer, _ body: (_ digest: Digest, _ isTree: Bool, _ size: Int) -> Void) -> Bool {
        guard isTree(bytes) else { return false }
        var offset = headSize
        while offset < bytes.count {
            guard offset + 2 <= bytes.count else { return false }
            let tag = bytes[offset]
            offset += 2 + Int(bytes[offset + 1])
            switch tag {
            case FolderRecord.Tag.link:
                guard offset + 8 <= bytes.count else { return false }
                let length = number(bytes, offset)
                guard length >= 0, length <= bytes.count - offset - 8 else { return false }
                offset += 8 + length
            case FolderRecord.Tag.file, FolderRecord.Tag.executable, FolderRecord.Tag.folder:
                let isTree = tag == FolderRecord.Tag.folder
                let length = Digest.byteCount + (isTree ? 16 : 8)
                guard offset + length <= bytes.count else { return false }
                let digest = Digest(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Digest.byteCount)]))
                body(digest, isTree, number(bytes, offset + Digest.byteCount))
                offset += length
            default: return false
            }
        }
        return true
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(truncatingIfNeeded: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
}
