import CPlatform
import Glibc
import Platform

/// A protection that can be taken away at the door.
enum DoorRemoval: String, CaseIterable {
    case syncOfStoreFiles = "sync of the store's files"
    case syncOfFileSystem = "sync of the file system"
    case syncOfStoreFolders = "sync of the store's folders"
    case syncOfLock = "sync of mlops.lock"
    case syncOfLockFolder = "sync of the folder of mlops.lock"
    case syncOfArchive = "sync of the archive"
    case syncOfArchiveFolder = "sync of the archive's folder"
    case syncOfCheckout = "sync of data that is brought back"
    case refusalToReplace = "refusal to replace an object"
    case refusalOfLinks = "refusal to follow links"
    case refusalToWait = "refusal to wait for fifos"
    case storeLocks = "locks of leases"
    case workspaceLock = "lock of the workspace"
    case readOnlyObjects = "objects that cannot be written to"
    case clearing = "clearing away of temporaries"
    case changeTime = "ctime in signatures"
    case writeErrors = "errors of writes"
    case atomicReplacement = "replacement as one step"
    case busyMark = "mark of a busy workspace"
    case quarantine = "quarantine instead of removal"
    case shortWrites = "going on after short writes"
}

/// Stands beside the door and leaves one protection out.
final class RemovalTwin: LoggingTwin {
    private let removal: DoorRemoval?
    private var number = 0

    /// - Parameters:
    ///   - removal: nil to leave everything there.
    ///   - file: takes the log of what was done; nil to write none.
    init(_ removal: DoorRemoval?, to file: Int32? = nil) {
        self.removal = removal
        super.init(to: file)
    }

    override func before(_ call: inout platform_call) -> Bool {
        switch removal {
        case .syncOfStoreFiles: return leaveOut(&call, isSync(call, of: S_IFREG) { $0.contains("/cache/") })
        case .syncOfFileSystem: return leaveOut(&call, call.operation == UInt32(PLATFORM_SYNC.rawValue) && call.is_whole != 0)
        case .syncOfStoreFolders: return leaveOut(&call, isSync(call, of: S_IFDIR) { $0.contains("/cache/") } || isSecondSync(call))
        case .syncOfLock: return leaveOut(&call, isSync(call, of: S_IFREG) { $0.contains("/work/.mlbuild-") })
        case .syncOfLockFolder: return leaveOut(&call, isSync(call, of: S_IFDIR) { $0.hasSuffix("/work") })
        case .syncOfArchive: return leaveOut(&call, isSync(call, of: S_IFREG) { $0.contains("/dist/") })
        case .syncOfArchiveFolder: return leaveOut(&call, isSync(call, of: S_IFDIR) { $0.hasSuffix("/dist") })
        case .syncOfCheckout:
            return leaveOut(&call, isSync(call, of: S_IFREG) { $0.contains("/work/.mlbuild/") } || call.is_whole != 0)
        case .refusalToReplace:
            if call.operation == UInt32(PLATFORM_RENAME.rawValue) { call.flags &= ~1 }
        case .refusalOfLinks:
            if isOpening(call) { call.flags &= ~O_NOFOLLOW }
        case .refusalToWait:
            if isOpening(call) { call.flags &= ~O_NONBLOCK }
        case .storeLocks: return leaveOut(&call, isLock(call) { $0.contains("/leases/") })
        case .workspaceLock: return leaveOut(&call, isLock(call) { $0.hasSuffix("/.mlbuild/lock") })
        case .readOnlyObjects:
            if call.operation == UInt32(PLATFORM_OPEN.rawValue), call.mode == 0o444 { call.mode = 0o644 }
            return leaveOut(&call, call.operation == UInt32(PLATFORM_CHMOD.rawValue) && call.mode == 0o444)
        case .clearing:
            return leaveOut(
                &call, call.operation == UInt32(PLATFORM_REMOVE.rawValue) && path(call.folder, call.path).contains("/.mlbuild-"))
        case .writeErrors:
            guard isWriting(call) else { return false }
            number += 1
            // The disk was full for a moment.
            guard number % 7 == 3 else { return false }
            call.result = call.count
            return true
        case .shortWrites:
            guard isWriting(call), call.count > 1 else { return false }
            number += 1
            guard number % 7 == 3 else { return false }
            call.result = write(call.file, call.bytes, call.count / 2) < 0 ? -Int(errno) : call.count
            return true
        case .atomicReplacement:
            guard call.operation == UInt32(PLATFORM_RENAME.rawValue), call.flags == 0, let target = call.target else { return false }
            number += 1
            // What lies there goes first; and then, now and again, the process.
            if unlink(target) == 0, path(AT_FDCWD, target).hasSuffix("mlops.lock") { kill(getpid(), SIGKILL) }
        case .busyMark:
            guard let name = call.path, String(cString: name).hasSuffix("/.mlbuild/busy") else { return false }
            let operations = [UInt32(PLATFORM_MKDIR.rawValue), UInt32(PLATFORM_REMOVE.rawValue)]
            return leaveOut(&call, operations.contains(call.operation))
        case .quarantine:
            guard call.operation == UInt32(PLATFORM_RENAME.rawValue), let name = call.path, let target = call.target,
                String(cString: target).contains("/quarantine/")
            else { return false }
            call.result = unlink(name) == 0 || rmdir(name) == 0 ? 0 : -Int(errno)
            return true
        case .changeTime, nil: return false
        }
        return false
    }

    override func after(_ call: inout platform_call) {
        if removal == .changeTime, call.operation == UInt32(PLATFORM_LOOK.rawValue), call.result == 0, let status = call.status {
            status.pointee.st_ctim = status.pointee.st_mtim
        }
        super.after(&call)
    }

    private func leaveOut(_ call: inout platform_call, _ isMeant: Bool) -> Bool {
        if isMeant { call.result = 0 }
        return isMeant
    }

    private func isOpening(_ call: platform_call) -> Bool {
        call.operation == UInt32(PLATFORM_OPEN.rawValue) || call.operation == UInt32(PLATFORM_OPEN_READ.rawValue)
    }

    private func isWriting(_ call: platform_call) -> Bool {
        call.operation == UInt32(PLATFORM_WRITE.rawValue) && call.bytes != nil && opened(call.file).contains("/cache/tmp/")
    }

    private func isLock(_ call: platform_call, _ isMeant: (String) -> Bool) -> Bool {
        call.operation == UInt32(PLATFORM_LOCK.rawValue) && isMeant(opened(call.file))
    }

    private func isSync(_ call: platform_call, of kind: mode_t, _ isMeant: (String) -> Bool) -> Bool {
        guard call.operation == UInt32(PLATFORM_SYNC.rawValue), call.is_whole == 0 else { return false }
        var status = stat()
        return fstat(call.file, &status) == 0 && status.st_mode & S_IFMT == kind && isMeant(opened(call.file))
    }

    /// Where many folders changed, they are synced as a whole, after the files.
    private func isSecondSync(_ call: platform_call) -> Bool {
        guard call.operation == UInt32(PLATFORM_SYNC.rawValue), call.is_whole != 0 else { return false }
        number += 1
        return number % 2 == 0
    }

    /// What a descriptor was opened as.
    private func opened(_ file: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/fd/\(file)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), 4096)
        }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

/// A file system that stamps files every 10 ms, as many do.
final class CoarseClock: DoorTwin {
    override func after(_ call: inout platform_call) {
        guard call.operation == UInt32(PLATFORM_LOOK.rawValue), call.result == 0, let status = call.status else { return }
        let tick = 10_000_000
        status.pointee.st_ctim.tv_nsec -= status.pointee.st_ctim.tv_nsec % tick
        status.pointee.st_mtim.tv_nsec -= status.pointee.st_mtim.tv_nsec % tick
        // A whole second would be taken for a clock that counts nothing finer.
        if status.pointee.st_ctim.tv_nsec == 0 { status.pointee.st_ctim.tv_nsec = 1 }
    }
}
