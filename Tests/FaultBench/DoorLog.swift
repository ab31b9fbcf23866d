import CPlatform
import Glibc
import Platform
import Synchronization

/// What a process did to the file system, in order, as its door saw it.
struct DoorLog {
    enum Entry {
        case make(path: String, node: UInt64, isFolder: Bool, mode: UInt32)
        case symlink(path: String, text: [UInt8])
        case write(node: UInt64, offset: Int, bytes: [UInt8])
        case resize(node: UInt64, size: Int)
        case mode(node: UInt64, mode: UInt32)
        case rename(from: String, to: String, flags: Int32)
        case link(from: String, to: String)
        case remove(path: String)
        case sync(node: UInt64)
        case syncAll

        var names: [String] {
            switch self {
            case .make(let path, _, _, _), .symlink(let path, _), .remove(let path): [path]
            case .rename(let from, let to, _), .link(let from, let to): [from, to]
            case .write, .resize, .mode, .sync, .syncAll: []
            }
        }

        func takesAway(_ path: String) -> Bool {
            switch self {
            case .remove(path), .rename(path, _, _), .rename(_, path, _): true
            default: false
            }
        }
    }

    private(set) var entries: [Entry] = []

    /// Reads what ``LoggingTwin`` wrote.
    init(_ file: Int32) {
        var size = stat()
        fstat(file, &size)
        var bytes = [UInt8](repeating: 0, count: Int(size.st_size))
        var count = 0
        while count < bytes.count {
            let part = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress! + count, $0.count - count, off_t(count)) }
            if part <= 0 { break }
            count += part
        }
        var reader = Reader(bytes: bytes[..<count])
        while let entry = reader.entry() { append(entry) }
    }

    /// Two threads may write down what they did the other way round: a folder was there before anything in it.
    private mutating func append(_ entry: Entry) {
        var place = entries.count
        if case .make(let path, _, true, _) = entry {
            for (index, earlier) in entries.enumerated().reversed() {
                if earlier.takesAway(path) { break }
                if earlier.names.contains(where: { $0.hasPrefix(path + "/") }) { place = index }
            }
        }
        entries.insert(entry, at: place)
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func number() -> UInt64? {
            guard bytes.count >= 8 else { return nil }
            let value = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            bytes = bytes.dropFirst(8)
            return value
        }

        mutating func block() -> [UInt8]? {
            guard let count = number(), bytes.count >= Int(count) else { return nil }
            defer { bytes = bytes.dropFirst(Int(count)) }
            return Array(bytes.prefix(Int(count)))
        }

        mutating func entry() -> Entry? {
            guard let kind = number(), let first = number(), let second = number(), let path = block(), let data = block() else {
                return nil
            }
            let text = String(decoding: path, as: UTF8.self)
            let target = String(decoding: data, as: UTF8.self)
            return switch kind {
            case 0: .make(path: text, node: first, isFolder: false, mode: UInt32(second))
            case 1: .make(path: text, node: first, isFolder: true, mode: UInt32(second))
            case 2: .symlink(path: text, text: data)
            case 3: .write(node: first, offset: Int(second), bytes: data)
            case 4: .resize(node: first, size: Int(second))
            case 5: .mode(node: first, mode: UInt32(second))
            case 6: .rename(from: text, to: target, flags: Int32(second))
            case 7: .link(from: text, to: target)
            case 8: .remove(path: text)
            case 9: .sync(node: first)
            default: .syncAll
            }
        }
    }
}

/// Writes down each change that was made, so that ``Disk`` can say what a power cut may have left of them.
class LoggingTwin: DoorTwin {
    private let file: Int32
    /// The numbers of files whose making was seen.
    private let made = Mutex<Set<UInt64>>([])

    /// - Parameter file: takes the log; nil to write none.
    init(to file: Int32?) { self.file = file ?? -1 }

    override func after(_ call: inout platform_call) {
        if file < 0 || call.result < 0 { return }
        switch call.operation {
        case UInt32(PLATFORM_OPEN.rawValue) where call.flags & O_CREAT != 0:
            guard let status = Self.status(Int32(call.result)) else { return }
            made.withLock { _ = $0.insert(UInt64(status.st_ino)) }
            note(0, UInt64(status.st_ino), UInt64(status.st_mode & 0o7777), path(call.folder, call.path))
        case UInt32(PLATFORM_MKDIR.rawValue):
            var status = stat()
            guard let name = call.path, lstat(name, &status) == 0 else { return }
            note(1, UInt64(status.st_ino), UInt64(status.st_mode & 0o7777), path(call.folder, call.path))
        case UInt32(PLATFORM_WRITE.rawValue): write(call)
        case UInt32(PLATFORM_TRUNCATE.rawValue):
            guard let status = Self.status(call.file) else { return }
            note(4, UInt64(status.st_ino), UInt64(status.st_size))
        case UInt32(PLATFORM_CHMOD.rawValue) where call.is_times == 0:
            var status = stat()
            if let name = call.path { guard stat(name, &status) == 0 else { return } } else { fstat(call.file, &status) }
            note(5, UInt64(status.st_ino), UInt64(status.st_mode & 0o7777))
        case UInt32(PLATFORM_RENAME.rawValue):
            noteStranger(call)
            note(6, 0, UInt64(UInt32(bitPattern: call.flags)), path(call.folder, call.path), Array(path(AT_FDCWD, call.target).utf8))
        case UInt32(PLATFORM_LINK.rawValue):
            if let text = call.bytes {
                note(2, 0, 0, path(call.folder, call.path), Array(UnsafeRawBufferPointer(start: text, count: call.count)))
            } else {
                note(7, 0, 0, path(call.folder, call.path), Array(path(AT_FDCWD, call.target).utf8))
            }
        case UInt32(PLATFORM_REMOVE.rawValue): note(8, 0, 0, path(call.folder, call.path))
        case UInt32(PLATFORM_SYNC.rawValue):
            guard let status = Self.status(call.file) else { return }
            if call.is_whole != 0 { note(10, 0, 0) } else { note(9, UInt64(status.st_ino), 0) }
        default: return
        }
    }

    /// A file that a command made, beside the door, is written down when it is taken over: whatever lies there already is left alone.
    private func noteStranger(_ call: platform_call) {
        var status = stat()
        let target = path(AT_FDCWD, call.target)
        guard lstat(target, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        guard !made.withLock({ $0.contains(UInt64(status.st_ino)) }) else { return }
        let from = path(call.folder, call.path)
        var folder = ""
        for part in from.split(separator: "/").dropLast() {
            folder += "/" + part
            note(1, 0, 0o755, folder)
        }
        let bytes = (try? Files.read(HostPath(target))) ?? []
        note(0, UInt64(status.st_ino), UInt64(status.st_mode & 0o7777), from)
        note(3, UInt64(status.st_ino), 0, "", bytes)
    }

    private func write(_ call: platform_call) {
        guard let status = Self.status(call.file), status.st_mode & S_IFMT == S_IFREG else { return }
        if let bytes = call.bytes {
            let start = call.is_placed != 0 ? Int(call.offset) : Int(lseek(call.file, 0, SEEK_CUR)) - call.result
            note(3, UInt64(status.st_ino), UInt64(start), "", Array(UnsafeRawBufferPointer(start: bytes, count: call.result)))
        } else {
            // A clone or a copy inside the kernel: what is there now.
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            let count = bytes.withUnsafeMutableBytes { $0.isEmpty ? 0 : pread(call.file, $0.baseAddress!, $0.count, 0) }
            note(3, UInt64(status.st_ino), 0, "", Array(bytes.prefix(max(0, count))))
        }
    }

    private static func status(_ file: Int32) -> stat? {
        var status = stat()
        return fstat(file, &status) == 0 ? status : nil
    }

    /// The absolute path of a name below an open folder.
    final func path(_ folder: Int32, _ name: UnsafePointer<CChar>?) -> String {
        let text = name.map { String(cString: $0) } ?? ""
        if text.hasPrefix("/") { return text }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let link = folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/\(folder)"
        let count = buffer.withUnsafeMutableBytes { readlink(link, $0.baseAddress!.assumingMemoryBound(to: CChar.self), 4096) }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) + "/" + text
    }

    private func note(_ kind: UInt64, _ first: UInt64, _ second: UInt64, _ path: String = "", _ data: [UInt8] = []) {
        var bytes: [UInt8] = []
        func add(_ value: UInt64) { for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) } }
        add(kind)
        add(first)
        add(second)
        add(UInt64(path.utf8.count))
        bytes += path.utf8
        add(UInt64(data.count))
        bytes += data
        // One call, at the end of the file: entries of several threads do not mix.
        _ = Glibc.write(file, bytes, bytes.count)
    }
}
