package import Platform

// SPEC: store.md#leases
extension DirectoryStore {
    /// A fresh empty folder on the store's file system, for somebody to work in; it goes with this process at the latest.
    package func workFolder() throws(StoreError) -> HostPath {
        try Self.refusing { () throws(SystemError) in
            let folder = try temporaryPath()
            try Files.makeDirectory(folder)
            // Whatever the umask is: who works there may look at it.
            try Files.setPermissions(folder, 0o755)
            return folder
        }
    }

    /// Removes a folder that ``workFolder()`` gave, whatever was put there.
    package func removeWorkFolder(_ folder: HostPath) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in try Files.removeTree(folder) }
    }
}
