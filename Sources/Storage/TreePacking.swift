internal import Canonical
internal import Platform

/// The encoding of a folder's tree, made from its packed form: what ``Tree/encode()`` gives, without a value for each entry.
enum TreePacking {
    /// The bytes of the tree with the sums of sizes and files; nil when these are beyond any file system.
    static func pack(_ folder: SurveyedFolder, _ inside: [(name: Int, object: StoredObject)]) -> (bytes: [UInt8], size: Int, files: Int)? {
        var bytes = Tree.magic
        bytes.reserveCapacity(bytes.count + 8 + folder.names.count + folder.count * (1 + Digest.byteCount + 8))
        FolderRecord.append(UInt64(folder.count), bytes: 8, to: &bytes)
        var (size, files) = (0, 0)
        var isBeyond = false
        func add(_ moreBytes: Int, _ moreFiles: Int) {
            let (newSize, sizeOverflow) = size.addingReportingOverflow(moreBytes)
            let (newFiles, filesOverflow) = files.addingReportingOverflow(moreFiles)
            if sizeOverflow || filesOverflow || moreBytes < 0 || moreFiles < 0 { isBeyond = true }
            (size, files) = (newSize, newFiles)
        }
        var (links, folders) = (folder.links[...], inside[...])
        for number in 0..<folder.count {
            let name = folder.name(number)
            precondition((1...255).contains(name.count), "entries have names that a folder can hold")
            let tag = folder.tags[number]
            bytes.append(tag)
            bytes.append(UInt8(name.count))
            bytes += name
            switch tag {
            case FolderRecord.Tag.folder:
                guard let (_, object) = folders.popFirst() else { preconditionFailure("every folder has a tree") }
                bytes += object.digest.bytes
                FolderRecord.append(UInt64(object.size), bytes: 8, to: &bytes)
                FolderRecord.append(UInt64(object.files), bytes: 8, to: &bytes)
                add(object.size, object.files)
            case FolderRecord.Tag.link:
                guard let (_, target) = links.popFirst() else { preconditionFailure("every link has a target") }
                FolderRecord.append(UInt64(target.count), bytes: 8, to: &bytes)
                bytes += target
            default:
                bytes += folder.digests[(number * Digest.byteCount)..<((number + 1) * Digest.byteCount)]
                let size = folder.fileSize(number)
                FolderRecord.append(UInt64(bitPattern: Int64(size)), bytes: 8, to: &bytes)
                add(size, 1)
            }
        }
        return isBeyond ? nil : (bytes, size, files)
    }
}

extension SurveyedFolder {
    /// The size of a file, as its signature has it.
    func fileSize(_ number: Int) -> Int {
        let start = number * StatSignature.byteCount + 16
        var size: UInt64 = 0
        for index in 0..<8 { size |= UInt64(signatures[start + index]) << UInt64(8 * index) }
        return Int(truncatingIfNeeded: size)
    }
}
