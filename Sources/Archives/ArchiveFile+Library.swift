extension ArchiveFile {
    /// The name and version of the library that compresses archives, such as `libarchive 3.6.2`; opens it.
    ///
    /// - Throws: ``ArchiveError/libraryMissing(_:)``, with the package to install.
    package static func libraryVersion() throws(ArchiveError) -> String {
        try Zstandard.shared().version
    }
}
