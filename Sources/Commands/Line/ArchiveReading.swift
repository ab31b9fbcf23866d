internal import Archives
internal import Canonical
internal import Platform

/// An archive named on the command line, read and checked.
struct NamedArchive {
    let name: String
    let archive: ModelArchive
    let identity: Digest
    /// Bytes of the file.
    let size: Int

    /// - Parameter start: The folder that a relative name starts from.
    init(_ name: String, from start: HostPath) throws(CommandFailure) {
        let path = start.resolving(name)
        let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.read(path, limit: ArchiveFile.defaultLimit) }
        do throws(ArchiveError) {
            let (archive, identity) = try ModelArchive.open(bytes)
            self.name = name
            self.archive = archive
            self.identity = identity
            size = bytes.count
        } catch {
            throw CommandFailure(error, file: name)
        }
    }
}
