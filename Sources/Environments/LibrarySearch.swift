import Platform

/// Finds shared libraries as the dynamic loader of this machine does.
struct LibrarySearch {
    /// `e_machine` of the libraries that count.
    let machine: UInt16
    /// Libraries by name, from the loader's own cache, in its order.
    private let cached: [[UInt8]: [HostPath]]
    private let folders: [HostPath]
    /// The folder below the root where the loader of the environment looks first; the C library's own.
    let place: [UInt8]

    /// - Throws: `.noLibrary` when not even the C library is found.
    init(machine: UInt16, neededBy program: HostPath) throws(PinningError) {
        self.machine = machine
        cached = Self.cache()
        folders = Self.defaultFolders(machine)
        // glibc's, then musl's.
        for name in ["libc.so.6", "libc.so"] {
            if let library = Self.find(Array(name.utf8), machine, cached, folders) {
                place = HostPlace.path(of: library.parent)
                return
            }
        }
        throw .noLibrary("libc.so.6", neededBy: program.description)
    }

    /// The library in the loader's cache or its own folders; nil when there is none for this machine.
    func find(_ name: [UInt8]) -> HostPath? { Self.find(name, machine, cached, folders) }

    /// The library in one folder; nil when none is there that this machine can load.
    func find(_ name: [UInt8], in folder: HostPath) -> HostPath? {
        let path = folder.appending(name)
        return Self.fits(path, machine) ? path : nil
    }

    private static func find(
        _ name: [UInt8], _ machine: UInt16, _ cached: [[UInt8]: [HostPath]], _ folders: [HostPath]
    ) -> HostPath? {
        let candidates = (cached[name] ?? []) + folders.map { $0.appending(name) }
        return candidates.first { fits($0, machine) }
    }

    /// Whether the file is a 64-bit ELF file for `machine`; what cannot be read does not fit, as for the loader.
    private static func fits(_ path: HostPath, _ machine: UInt16) -> Bool {
        guard let head = try? ElfHead.read(path) else { return false }
        return head == machine
    }

    /// What `ldconfig` says of the loader's cache; empty where there is no such program.
    private static func cache() -> [[UInt8]: [HostPath]] {
        for program in ["/sbin/ldconfig", "/usr/sbin/ldconfig"] {
            guard let outcome = try? ProcessRunner.run([program, "-p"], environment: ["LC_ALL": "C"]), outcome.status == 0 else { continue }
            return read(cache: outcome.output)
        }
        return [:]
    }

    /// Reads lines such as `libz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1`.
    ///
    /// Variants for some processors only are left out: the environment is for all of its platform.
    static func read(cache text: [UInt8]) -> [[UInt8]: [HostPath]] {
        var result: [[UInt8]: [HostPath]] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let arrow = words.firstIndex(where: { $0.elementsEqual("=>".utf8) }), arrow + 1 < words.count, let name = words.first,
                !words[..<arrow].contains(where: { $0.starts(with: "hwcap".utf8) })
            else { continue }
            // A path may have spaces in it: everything after the arrow.
            let path = HostPath(bytes: Array(line[words[arrow + 1].startIndex...]))
            if path.isAbsolute { result[Array(name), default: []].append(path) }
        }
        return result
    }

    private static func defaultFolders(_ machine: UInt16) -> [HostPath] {
        let triplet = machine == 183 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"
        return ["/lib/\(triplet)", "/usr/lib/\(triplet)", "/lib64", "/usr/lib64", "/lib", "/usr/lib"].map { HostPath($0) }
    }
}

/// The first bytes of a file that may be a program.
enum ElfHead {
    /// The machine of a 64-bit little-endian ELF file; nil for any other file.
    static func read(_ path: HostPath) throws(SystemError) -> UInt16? {
        machine(try FileHead.read(path, count: 20))
    }

    static func machine(_ head: some RandomAccessCollection<UInt8>) -> UInt16? {
        let bytes = Array(head.prefix(20))
        guard bytes.count == 20, bytes.starts(with: ElfFile.magic), bytes[4] == 2, bytes[5] == 1 else { return nil }
        return UInt16(bytes[18]) | UInt16(bytes[19]) << 8
    }
}

enum FileHead {
    /// At most the first `count` bytes of a file.
    static func read(_ path: HostPath, count: Int) throws(SystemError) -> [UInt8] {
        let file = try Descriptor.reading(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while filled < count {
            let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if got == 0 { break }
            filled += got
        }
        return Array(buffer[..<filled])
    }
}

/// Where files of this machine lie below the root of an environment.
enum HostPlace {
    /// Folders of the root that are links into `/usr` on today's systems, and always are in an environment.
    static let merged = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"]

    /// The place of the folder or file `path`, links in the folders above it resolved: `/lib/x` is `usr/lib/x`.
    static func path(of path: HostPath) -> [UInt8] {
        let folder = (try? Files.resolved(path.parent)) ?? path.parent
        let name = path.lastComponent
        let full =
            (try? Files.status(path, followLinks: false)?.kind) == .directory || name.isEmpty
            ? ((try? Files.resolved(path)) ?? path) : folder.appending(name)
        return normalised(full.bytes)
    }

    /// A path as it is seen from the root, with `usr/` before what belongs there; `..` at the root is the root.
    static func normalised(_ path: [UInt8]) -> [UInt8] {
        var names: [[UInt8]] = []
        for name in path.split(separator: UInt8(ascii: "/")) {
            if name.elementsEqual(".".utf8) { continue }
            if name.elementsEqual("..".utf8) { _ = names.popLast() } else { names.append(Array(name)) }
        }
        if let first = names.first, merged.contains(where: { $0.utf8.elementsEqual(first) }) { names.insert(Array("usr".utf8), at: 0) }
        return Array(names.joined(separator: [UInt8(ascii: "/")]))
    }

    /// `path` seen from the folder `folder`, with `.` and `..` gone; nil when it leads out of the root.
    static func joined(_ folder: [UInt8], _ path: some Collection<UInt8>) -> [UInt8]? {
        var names: [[UInt8]] = folder.split(separator: UInt8(ascii: "/")).map(Array.init)
        for name in path.split(separator: UInt8(ascii: "/")) {
            if name.elementsEqual(".".utf8) { continue }
            if name.elementsEqual("..".utf8) {
                if names.popLast() == nil { return nil }
                continue
            }
            names.append(Array(name))
        }
        return Array(names.joined(separator: [UInt8(ascii: "/")]))
    }

    /// The folder that a place lies in.
    static func parent(_ place: [UInt8]) -> [UInt8] {
        guard let slash = place.lastIndex(of: UInt8(ascii: "/")) else { return [] }
        return Array(place[..<slash])
    }
}
