internal import CPlatform
internal import Synchronization
#if canImport(Glibc)
    internal import Glibc
#endif

/// What the machine and the process say about themselves.
package enum Host {
    /// An environment variable; nil when it is not set.
    package static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// What proves to an S3 service who asks; nothing that is started here needs it.
    private static let credentialNames = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]

    /// The environment as it is handed to a child process: `NAME=value`, bytes as they are, without credentials of S3 services.
    package static func environmentBlock() -> [[UInt8]] {
        guard let block = platform_environment() else { return [] }
        var result: [[UInt8]] = []
        var index = 0
        while let entry = block[index] {
            let bytes = Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry)))
            if !credentialNames.contains(where: { bytes.starts(with: $0.utf8) && bytes.dropFirst($0.utf8.count).first == UInt8(ascii: "=") }
            ) {
                result.append(bytes)
            }
            index += 1
        }
        return result
    }

    package static func currentDirectory() throws(SystemError) -> HostPath {
        guard let path = getcwd(nil, 0) else { throw SystemError(operation: "find the current folder", path: nil, code: errno) }
        defer { free(path) }
        return HostPath(bytes: Array(UnsafeRawBufferPointer(start: path, count: strlen(path))))
    }

    /// Cores that this process may use, at least 1.
    package static var coreCount: Int { Int(platform_core_count()) }

    /// `$HOME` if it is an absolute path, else what the password file says; nil when neither knows.
    package static var homeDirectory: HostPath? {
        if let home = environment("HOME"), home.hasPrefix("/") { return HostPath(home) }
        guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return nil }
        return HostPath(bytes: Array(UnsafeRawBufferPointer(start: folder, count: strlen(folder))))
    }

    package static var processIdentifier: Int32 { getpid() }

    /// The file of the running program.
    package static func executablePath() throws(SystemError) -> HostPath {
        HostPath(bytes: try Files.linkTarget(HostPath("/proc/self/exe")))
    }

    private static let counter = Atomic<UInt64>(0)

    /// A text of letters, digits and dashes that no other call gives, here or elsewhere: process, number, random bits.
    package static func uniqueText() -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        var random: UInt64 = 0
        let count = withUnsafeMutableBytes(of: &random) { platform_random($0.baseAddress!, $0.count) }
        // Without a random source time still tells two processes of one number apart.
        if count != 8 { random = UInt64(bitPattern: Clock.wall()) }
        return "\(processIdentifier)-\(number)-\(String(random, radix: 36))"
    }

    /// Whether a name has the form that ``uniqueText()`` gives: what bears another may belong to somebody.
    package static func isUniqueText(_ name: some Sequence<UInt8>) -> Bool {
        let parts = Array(name).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.count <= 20 }
            && parts[0].allSatisfy(digits.contains) && parts[1].allSatisfy(digits.contains)
            && parts[2].allSatisfy { digits.contains($0) || letters.contains($0) }
    }
}
