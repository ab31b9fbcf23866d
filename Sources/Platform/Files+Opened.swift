internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

extension Files {
    /// Writes into what lies at `path` already, such as a fifo or a device, without putting anything in its place.
    ///
    /// Waits for a reader where a fifo has none yet.
    package static func write(_ bytes: [UInt8], into path: HostPath) throws(SystemError) {
        let number = try path.call("write") { Int(platform_open(AT_FDCWD, $0, O_WRONLY | O_NOCTTY, 0)) }
        try Descriptor(number: Int32(number), path: path).write(bytes)
    }
}
