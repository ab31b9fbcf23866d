import CArchive

/// zstd through libarchive, which is opened when it is first needed.
struct Zstandard: Sendable {
    /// The level that archives are written with.
    static let level: Int32 = 3

    // Immutable once made (CArchive.h), never freed.
    nonisolated(unsafe) let library: OpaquePointer

    /// The names under which the library is looked for, in this order.
    static var libraryNames: [String] {
        #if canImport(Darwin)
            [
                "/opt/homebrew/opt/libarchive/lib/libarchive.13.dylib", "/usr/local/opt/libarchive/lib/libarchive.13.dylib",
                "libarchive.13.dylib",
            ]
        #else
            ["libarchive.so.13"]
        #endif
    }

    /// The codec of this process.
    ///
    /// - Throws: ``ArchiveError/libraryMissing(_:)``, the same one in every call.
    static func shared() throws(ArchiveError) -> Zstandard {
        try opened.get()
    }

    private static let opened: Result<Zstandard, ArchiveError> = {
        do throws(ArchiveError) {
            return .success(try Zstandard(opening: libraryNames))
        } catch {
            return .failure(error)
        }
    }()

    /// Opens the first of `names` that can be opened.
    init(opening names: [String]) throws(ArchiveError) {
        var message = [CChar](repeating: 0, count: Self.messageCapacity)
        let pointers: [UnsafeMutablePointer<CChar>] = names.map { name in
            let text = Array(name.utf8CString)
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
            copy.initialize(from: text, count: text.count)
            return copy
        }
        defer { for pointer in pointers { pointer.deallocate() } }
        let list: [UnsafePointer<CChar>?] = pointers.map { UnsafePointer($0) } + [nil]
        guard let opened = carchive_open(list, &message, message.count) else { throw .libraryMissing(Self.text(message)) }
        library = opened
    }

    /// The library's name for its version, such as `libarchive 3.6.2`.
    var version: String { String(cString: carchive_version(library)) }

    /// One zstd frame that holds `bytes`.
    ///
    /// - Complexity: about 150 MB/s in the calling thread.
    func compress(_ bytes: [UInt8]) throws(ArchiveError) -> [UInt8] {
        var frame: [UInt8] = []
        var message = [CChar](repeating: 0, count: Self.messageCapacity)
        let outcome = bytes.withUnsafeBytes { content in
            withUnsafeMutablePointer(to: &frame) { context in
                carchive_compress(library, content.baseAddress, content.count, Self.level, Self.append, context, &message, message.count)
            }
        }
        guard outcome == carchive_done else { throw .codec(Self.text(message)) }
        return frame
    }

    /// The content of the zstd frame `bytes[0..<end]`, nil if it is longer than `limit`; `expected` bytes are set aside for it.
    func decompress(_ bytes: [UInt8], end: Int, limit: Int, expected: Int = 0) throws(ArchiveError) -> [UInt8]? {
        precondition(limit >= 0, "a limit is not negative")
        var content: [UInt8] = []
        content.reserveCapacity(min(limit, expected))
        var message = [CChar](repeating: 0, count: Self.messageCapacity)
        let outcome = bytes.withUnsafeBytes { frame in
            withUnsafeMutablePointer(to: &content) { context in
                carchive_decompress(library, frame.baseAddress, end, UInt64(limit), Self.append, context, &message, message.count)
            }
        }
        if outcome == carchive_too_long { return nil }
        guard outcome == carchive_done else { throw .codec(Self.text(message)) }
        return content
    }

    static let messageCapacity = 512

    static let append: carchive_sink = { context, bytes, count in
        context!.assumingMemoryBound(to: [UInt8].self).pointee.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    }

    static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
