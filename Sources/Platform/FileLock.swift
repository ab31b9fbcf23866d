internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// A lock that a process holds on a file, and that the kernel takes back when the process ends in any way.
package final class FileLock: Sendable {
    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    // Closing alone would leave the lock with a child process that is just being started.
    deinit { platform_unlock(descriptor.number) }

    /// Locks the file at `path`, which is made if need be; nil when it is held and `wait` is false.
    ///
    /// `onWait` is called once before waiting; a lock that becomes free is noticed within 20 ms. The lock ends with the object.
    ///
    /// - Throws: EINTR when SIGINT or SIGTERM arrives while waiting.
    package static func acquire(
        _ path: HostPath, exclusive: Bool = true, wait: Bool = true, onWait: () -> Void = {}
    ) throws(SystemError) -> FileLock? {
        var told = false
        while true {
            let descriptor = try open(path, exclusive: exclusive)
            let operation = exclusive ? LOCK_EX : LOCK_SH
            var result = platform_flock(descriptor.number, operation | LOCK_NB)
            var pause: Int64 = 1_000_000
            while result == -EWOULDBLOCK {
                if !wait { return nil }
                if !told { onWait() }
                told = true
                // Asking again and again, not one blocking call: a signal that lands on another thread, or just before the
                // call, would not end that one.
                if Interruption.wait(nanoseconds: pause) { throw path.error("lock", Int(EINTR)) }
                pause = min(pause * 2, 20_000_000)
                result = platform_flock(descriptor.number, operation | LOCK_NB)
            }
            if result < 0 { throw path.error("lock", -Int(result)) }
            // The file may have been removed while we waited; a lock on a nameless file excludes nobody.
            let held = try descriptor.status().signature
            if let named = try Files.status(path, followLinks: false)?.signature, named.inode == held.inode, named.device == held.device {
                return FileLock(descriptor)
            }
        }
    }

    /// Adds to the end of the locked file; what the holder has written is seen by everybody at once.
    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try descriptor.write(bytes)
    }

    /// Whether somebody holds an exclusive lock on the file at `path`; false when nothing is there.
    ///
    /// Asking takes a shared lock for a moment: who tries to have an exclusive one just then does not get it.
    package static func isHeld(_ path: HostPath) throws(SystemError) -> Bool {
        let number = path.result { Int(platform_open(AT_FDCWD, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)) }
        if number == -Int(ENOENT) { return false }
        if number < 0 { throw path.error("lock", -number) }
        let descriptor = Descriptor(number: Int32(number), path: path)
        let result = platform_flock(descriptor.number, LOCK_SH | LOCK_NB)
        if result == -EWOULDBLOCK { return true }
        if result < 0 { throw path.error("lock", -Int(result)) }
        platform_unlock(descriptor.number)
        return false
    }

    /// The process that holds an exclusive lock on the file at `path`; nil where the system does not say for sure.
    package static func holder(of path: HostPath) -> Int32? {
        guard let signature = try? Files.status(path, followLinks: false)?.signature, let table = try? Files.read(HostPath("/proc/locks"))
        else { return nil }
        // As the C library packs the two numbers of a device, and the kernel prints them.
        let device = signature.device
        let numbers = [device >> 8 & 0xFFF | device >> 32 & ~0xFFF, device & 0xFF | device >> 12 & ~0xFF]
        let shown = numbers.map { ($0 & 0xFFFF_FFFF < 16 ? "0" : "") + String($0 & 0xFFFF_FFFF, radix: 16) }
        let file = "\(shown[0]):\(shown[1]):\(signature.inode)"
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            // `3: FLOCK  ADVISORY  WRITE 4711 fe:00:123 0 EOF`; who waits has an arrow before its words.
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", words[5] == file, let process = Int32(words[4]), process > 0
            else { continue }
            return process
        }
        return nil
    }

    private static func open(_ path: HostPath, exclusive: Bool) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK
        var number = path.result { Int(platform_open(AT_FDCWD, $0, flags, 0o666)) }
        if number < 0, [EACCES, EROFS, EPERM].contains(Int32(-number)) {
            // Somebody else's lock file, or one that cannot be written: reading is enough to lock it.
            let refused = number
            number = path.result { Int(platform_open(AT_FDCWD, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)) }
            if number < 0 { number = refused }
        }
        if number == -Int(ELOOP) || number == -Int(EISDIR) || number == -Int(ENXIO), let words = Files.kindInWords(path) {
            throw path.error("lock", -number, detail: "it is \(words), not a file; remove it")
        }
        if number < 0 { throw path.error("lock", -number) }
        let descriptor = Descriptor(number: Int32(number), path: path)
        guard try descriptor.status().kind == .regular else {
            let words = Files.kindInWords(path) ?? "something else"
            throw path.error("lock", Int(EINVAL), detail: "it is \(words), not a file; remove it")
        }
        return descriptor
    }
}
