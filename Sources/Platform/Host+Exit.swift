#if canImport(Glibc)
    internal import Glibc
#endif

extension Host {
    /// Ends the process with `status`; the kernel releases locks and descriptors.
    package static func exit(_ status: Int32) -> Never {
        Glibc.exit(status)
    }
}
