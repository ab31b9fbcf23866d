internal import Archives
internal import Canonical
internal import Platform
internal import Storage

/// Takes an archive of the store apart, and keeps what is in it as a tree.
// SPEC: manifest.md#archives
struct ArchiveIntake {
    enum Failure: Error {
        case archive(UnpackError)
        case store(StoreError)
    }

    /// Objects that wait to be made durable together.
    private static let batch = 4000
    /// Files up to this size are put as a whole, so that those which are there already are not written.
    private static let wholeLimit = 128 << 10

    let store: DirectoryStore
    var limits = UnpackReader.Limits()

    /// The tree in an archive, which the store has.
    ///
    /// All of it is read and checked before the first file is kept: what is refused leaves nothing behind.
    func tree(of archive: StoredObject, tell: (Int) -> Void) throws(Failure) -> StoredObject {
        let file = try open(archive)
        let cut = try ZipNames.cut(size: archive.size) { (offset, count) throws(Failure) in try bytes(of: file, at: offset, count) }
        if let cut { throw .archive(.member(cut, .path(.control))) }
        _ = try check(file, archive, isOneFile: false)
        return try keep(file, archive, tell)
    }

    /// The file that is packed in one, which the store has and which is no archive; checked as a whole before it is kept.
    func file(in packed: StoredObject, tell: (Int) -> Void) throws(Failure) -> StoredObject {
        let file = try open(packed)
        let (checksum, length) = try check(file, packed, isOneFile: true)
        let (first, last) = (try bytes(of: file, at: 0, 2), try bytes(of: file, at: packed.size - 8, 8))
        if GzipTrailer.contradicts(first: first, last: last, checksum: checksum, length: length) {
            throw .archive(.damaged("its checksum is another, or it has several members"))
        }
        let reader: UnpackReader
        do throws(UnpackError) {
            reader = try UnpackReader(file.number, size: packed.size, isOneFile: true, limits: limits)
            guard try reader.next() != nil else { throw .damaged("nothing is packed in it") }
        } catch {
            throw .archive(error)
        }
        let (digest, size) = try keep(reader)
        tell(size)
        return StoredObject(kind: .file, digest: digest, size: size, files: 1)
    }

    private func open(_ archive: StoredObject) throws(Failure) -> OpenFile {
        var result: Result<OpenFile, SystemError>?
        do throws(StoreError) {
            try store.lend(archive.digest) { file in
                do throws(SystemError) { result = .success(try file.shared()) } catch { result = .failure(error) }
                return nil
            }
        } catch {
            throw .store(error)
        }
        switch result {
        case .success(let file): return file
        case .failure(let error): throw .store(.refused(error))
        case nil: throw .store(.missing(archive.digest))
        }
    }

    /// Reads all of it; gives the checksum and length of all files in it, one after the other.
    private func check(_ file: OpenFile, _ archive: StoredObject, isOneFile: Bool) throws(Failure) -> (checksum: UInt32, length: Int) {
        var checksum: UInt32 = 0
        var length = 0
        do throws(UnpackError) {
            let reader = try UnpackReader(file.number, size: archive.size, isOneFile: isOneFile, limits: limits)
            while let member = try reader.next() {
                if case .file = member.content {
                    try reader.read { bytes in
                        if isOneFile { checksum = CRC32.of(bytes, after: checksum) }
                        length += bytes.count
                        return Interruption.signal == nil
                    }
                }
                if Interruption.signal != nil { break }
            }
        } catch {
            throw .archive(error)
        }
        try goOn()
        return (checksum, length)
    }

    private func bytes(of file: OpenFile, at offset: Int, _ count: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while offset >= 0, done < count {
            var result: Result<Int, SystemError> = .success(0)
            bytes.withUnsafeMutableBytes { raw in
                let rest = UnsafeMutableRawBufferPointer(rebasing: raw[done...])
                do throws(SystemError) {
                    result = .success(try file.read(into: rest, at: offset + done))
                } catch {
                    result = .failure(error)
                }
            }
            switch result {
            case .success(0): return Array(bytes[..<done])
            case .success(let got): done += got
            case .failure(let error): throw .store(.refused(error))
            }
        }
        return Array(bytes[..<done])
    }

    /// - Throws: when a signal asks to stop.
    private func goOn() throws(Failure) {
        do throws(SystemError) { try Interruption.check() } catch { throw .store(.refused(error)) }
    }

    private func keep(
        _ file: OpenFile, _ archive: StoredObject, _ tell: (Int) -> Void
    ) throws(Failure) -> StoredObject {
        let root = FolderDraft()
        var known: [String: TreeEntry.Content] = [:]
        var total = 0
        var waiting = 0
        let reader: UnpackReader
        do throws(UnpackError) {
            reader = try UnpackReader(file.number, size: archive.size, limits: limits)
        } catch {
            throw .archive(error)
        }
        while true {
            let next: UnpackReader.Member?
            do throws(UnpackError) { next = try reader.next() } catch { throw .archive(error) }
            guard let member = next else { break }
            switch member.content {
            case .folder: root.folder(at: member.path)
            case .link(let target): root.add(.link(target: Array(target.utf8)), at: member.path)
            case .same(let path):
                guard let content = known[path] else { preconditionFailure("a second name is of a file that came before") }
                known[member.path] = content
                root.add(content, at: member.path)
            case .file(let isExecutable):
                let (digest, size) = try keep(reader)
                let content = TreeEntry.Content.file(digest, size: size, isExecutable: isExecutable)
                known[member.path] = content
                root.add(content, at: member.path)
                total += size
                tell(total)
                waiting += 1
                if waiting == Self.batch {
                    waiting = 0
                    do throws(StoreError) { try store.flush() } catch { throw .store(error) }
                }
            }
        }
        do throws(StoreError) { return try root.put(in: store) } catch { throw .store(error) }
    }

    private func keep(_ reader: UnpackReader) throws(Failure) -> (Digest, Int) {
        var head: [UInt8] = []
        var isLarge = false
        var fault: UnpackError?
        do throws(UnpackError) {
            try reader.read { bytes in
                head += bytes
                isLarge = head.count > Self.wholeLimit
                return !isLarge && Interruption.signal == nil
            }
        } catch {
            throw .archive(error)
        }
        try goOn()
        do throws(StoreError) {
            if !isLarge {
                let digest = try store.put(head)
                return (digest, head.count)
            }
            var size = head.count
            var refusal: SystemError?
            let digest = try store.receive { file in
                var hasher = SHA256Hasher()
                do throws(SystemError) {
                    try head.withRawBytes { (bytes) throws(SystemError) in
                        hasher.update(bytes)
                        try file.write(bytes)
                    }
                } catch {
                    refusal = error
                    return nil
                }
                do throws(UnpackError) {
                    try reader.read { bytes in
                        size += bytes.count
                        hasher.update(bytes)
                        do throws(SystemError) {
                            try file.write(bytes)
                            try Interruption.check()
                        } catch {
                            refusal = error
                        }
                        return refusal == nil
                    }
                } catch {
                    fault = error
                    return nil
                }
                return refusal == nil ? hasher.finalize() : nil
            }
            if let refusal { throw .refused(refusal) }
            if let digest { return (digest, size) }
        } catch {
            throw .store(error)
        }
        throw .archive(fault ?? .damaged("it ends too early"))
    }
}
