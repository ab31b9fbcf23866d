#if canImport(Glibc)
    internal import Glibc
#endif

extension Files {
    /// Tells the file system of a folder from others, as long as it is mounted; most keep it for good.
    package static func fileSystem(of folder: HostPath) throws(SystemError) -> String {
        let open = try Descriptor.folder(folder)
        var status = statvfs()
        if fstatvfs(open.number, &status) != 0 { throw folder.error("look at", Int(errno)) }
        return "\(String(try open.status().signature.device, radix: 16)):\(String(UInt64(status.f_fsid), radix: 16))"
    }

    /// The bytes that this process may still write to the file system of a folder.
    package static func freeSpace(in folder: HostPath) throws(SystemError) -> Int {
        let open = try Descriptor.folder(folder)
        var status = statvfs()
        if fstatvfs(open.number, &status) != 0 { throw folder.error("look at", Int(errno)) }
        return Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
