internal import CArchive

/// Takes an archive of somebody else's making apart, member by member, and refuses what is not plain files, folders and links inside.
///
/// What has been given is in order only once ``next()`` has given nil: read an archive to its end before anything of it is used.
/// Memory does not depend on the length of members.
// SPEC: manifest.md#archives
package final class UnpackReader {
    package struct Limits: Sendable {
        package var members = 2_000_000
        /// Bytes of all members.
        package var bytes = 1 << 40
        /// How many times as long as the archive the members may be, once they are longer than `free`.
        package var ratio = 200
        package var free = 64 << 20

        package init() {}
    }

    package struct Member: Hashable, Sendable {
        package enum Content: Hashable, Sendable {
            case file(isExecutable: Bool)
            case folder
            /// A symbolic link: leading `../`, then the path of another member.
            case link(target: String)
            /// The same content as the file at this path, which came before.
            case same(as: String)
        }

        /// Keeps the rules of ``MemberPath``.
        package let path: String
        package let content: Content
    }

    private let reader: OpaquePointer
    /// Whether there is one file, and no archive around it.
    private let isOneFile: Bool
    private let archiveSize: Int
    private let limits: Limits
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var message = [CChar](repeating: 0, count: 512)
    private var names = NameTable()
    /// What there is, by path: true for files.
    private var files: [String: Bool] = [:]
    private var links: [(path: String, goal: String)] = []
    private var count = 0
    private var bytes = 0

    /// Opens the file behind a descriptor, which is `size` bytes long and stays the caller's.
    ///
    /// With `isOneFile` it is no archive, but one file in gzip, bzip2, xz or zstd: a member without a path.
    package init(_ number: Int32, size: Int, isOneFile: Bool = false, limits: Limits = Limits()) throws(UnpackError) {
        let library: OpaquePointer
        do throws(ArchiveError) { library = try Zstandard.shared().library } catch { throw .library(error) }
        var words = [CChar](repeating: 0, count: 512)
        guard let reader = carchive_reader_open(library, number, isOneFile ? 1 : 0, &words, words.count) else {
            throw .damaged(Self.text(words))
        }
        self.reader = reader
        self.isOneFile = isOneFile
        self.limits = limits
        archiveSize = size
    }

    deinit {
        carchive_reader_close(reader)
        buffer.deallocate()
    }

    /// The next member; nil at the end, where links have been found to lead to something.
    package func next() throws(UnpackError) -> Member? {
        while true {
            var raw = carchive_member()
            switch carchive_reader_next(reader, &raw, &message, message.count) {
            case 1: break
            case 0:
                try checkLinks()
                return nil
            default: throw .damaged(Self.text(message))
            }
            count += 1
            if count > limits.members { throw .tooManyMembers(limit: limits.members) }
            if let member = try member(raw) { return member }
        }
    }

    /// Gives all bytes of the file that ``next()`` gave last, as long as they are wanted.
    package func read(_ give: (UnsafeRawBufferPointer) -> Bool) throws(UnpackError) {
        while true {
            let got = carchive_reader_read(reader, buffer.baseAddress!, buffer.count, &message, message.count)
            if got == 0 { return }
            guard got > 0 else { throw .damaged(Self.text(message)) }
            bytes += got
            if bytes > limits.bytes { throw .tooLarge(limit: limits.bytes) }
            if bytes > limits.free, bytes / limits.ratio > archiveSize { throw .bomb(ratio: limits.ratio) }
            if !give(UnsafeRawBufferPointer(rebasing: buffer[..<got])) { return }
        }
    }

    // MARK: Members

    /// Nil for the root, which many archives name.
    private func member(_ raw: carchive_member) throws(UnpackError) -> Member? {
        if isOneFile { return Member(path: "", content: .file(isExecutable: false)) }
        guard let pointer = raw.path else { throw .member("", .path(.notUnicode)) }
        let written = Self.bytes(pointer)
        guard let text = String(validating: written, as: UTF8.self) else {
            throw .member(Self.shown(written), .path(.notUnicode))
        }
        var path = Self.stripped(text)
        if raw.kind == carchive_folder {
            while path.hasSuffix("/"), path.utf8.count > 1 { path.removeLast() }
            if path == "." || path.isEmpty, !text.isEmpty { return nil }
        }
        func refused(_ fault: UnpackError.Fault) -> UnpackError { .member(Self.shown(written), fault) }
        if let fault = MemberPath.fault(of: path) { throw refused(.path(fault)) }
        if raw.is_encrypted != 0 { throw refused(.encrypted) }
        if raw.kind == carchive_special { throw refused(.special) }
        switch names.add(path, isFolder: raw.kind == carchive_folder) {
        case nil: break
        case .duplicate: throw refused(.duplicate)
        case .twins(let other): throw refused(.twin(other))
        case .fileAndFolder(let other): throw refused(.fileAndFolder(other))
        }
        switch raw.kind {
        case carchive_folder:
            files[path] = false
            return Member(path: path, content: .folder)
        case carchive_link:
            guard let target = raw.target.flatMap({ String(validating: Self.bytes($0), as: UTF8.self) }),
                let goal = Self.goal(of: target, from: path)
            else { throw refused(.link) }
            links.append((path, goal))
            return Member(path: path, content: .link(target: target))
        case carchive_again:
            guard let target = raw.target.flatMap({ String(validating: Self.bytes($0), as: UTF8.self) }).map(Self.stripped),
                files[target] == true, raw.size == 0
            else { throw refused(.secondName) }
            files[path] = true
            return Member(path: path, content: .same(as: target))
        default:
            files[path] = true
            return Member(path: path, content: .file(isExecutable: raw.is_executable != 0))
        }
    }

    /// Where a link leads, as the path of a member; nil for one that may not be.
    private static func goal(of target: String, from path: String) -> String? {
        var names = path.split(separator: "/").dropLast()
        var rest = target.split(separator: "/", omittingEmptySubsequences: false)
        while rest.first == ".." {
            rest.removeFirst()
            // No folder above the root.
            if names.popLast() == nil { return nil }
        }
        let goal = (names + rest).joined(separator: "/")
        return !rest.isEmpty && MemberPath.fault(of: goal) == nil ? goal : nil
    }

    /// Every link leads to a file or folder, by way of other links or none.
    private func checkLinks() throws(UnpackError) {
        if links.isEmpty { return }
        var goals: [String: String] = [:]
        for link in links { goals[link.path] = link.goal }
        var folders: Set<String> = []
        for path in files.keys {
            var names = path.split(separator: "/").dropLast()
            while !names.isEmpty, folders.insert(names.joined(separator: "/")).inserted { names.removeLast() }
        }
        for link in links {
            var goal = link.goal
            var steps = 0
            while let next = goals[goal], steps <= 40 {
                goal = next
                steps += 1
            }
            guard files[goal] != nil || folders.contains(goal) else { throw .member(link.path, .link) }
        }
    }

    // MARK: Texts

    /// Without the `./` that tar puts before each path of a folder that is packed as a whole.
    private static func stripped(_ text: String) -> String {
        var rest = text[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        return String(rest)
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        var result: [UInt8] = []
        var place = text
        while place.pointee != 0, result.count < 65536 {
            result.append(UInt8(bitPattern: place.pointee))
            place += 1
        }
        return result
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// At most 200 bytes of a name.
    private static func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(200), as: UTF8.self) }
}
