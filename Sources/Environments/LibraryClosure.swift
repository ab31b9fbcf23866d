import Platform

/// Every library that programs need, directly or through other libraries, with its place below the root.
struct LibraryClosure {
    /// A file of this machine and where it belongs.
    struct Placed: Hashable {
        let file: HostPath
        let place: [UInt8]
    }

    let search: LibrarySearch
    /// What has been read, so that nothing is read twice.
    private var known: [HostPath: ElfFile] = [:]

    init(search: LibrarySearch) {
        self.search = search
    }

    /// A search for the machine that `program` is for.
    init(for program: HostPath) throws(PinningError) {
        let elf = try Self.read(program)
        search = try LibrarySearch(machine: elf.machine, neededBy: program)
        known[program] = elf
    }

    /// Most files that one program may need.
    private static let largest = 4096

    /// One file to look at, with the `DT_RPATH` folders of what loaded it.
    private struct Waiting {
        let file: Placed
        let inherited: [Folder]
    }

    /// A folder to search, and where the libraries found in it belong; nil: beside the C library.
    private struct Folder {
        let path: HostPath
        let place: [UInt8]?
    }

    /// What `file` needs to be loaded: its loader and all its libraries, without itself.
    ///
    /// - Parameter loader: the program that loads `file`, when that is a library: its `DT_RPATH` counts too.
    /// - Parameter isWhole: whether a library that is not on this machine is an error, or left to what the program has loaded before.
    /// - Throws: `.noLibrary` when one is not on this machine; `.notProgram`, `.unreadable`.
    mutating func of(
        _ file: HostPath, at place: [UInt8], loadedBy loader: Placed? = nil, isWhole: Bool = true
    ) throws(PinningError) -> [Placed] {
        var inherited: [Folder] = []
        if let loader { inherited = Self.inheritable(try read(loader.file), loader) }
        let first = Placed(file: file, place: place)
        var found: [Placed] = []
        var seen: Set<[UInt8]> = []
        var waiting = [Waiting(file: first, inherited: inherited)]
        while let next = waiting.popLast() {
            let elf = try read(next.file.file)
            guard elf.machine == search.machine else {
                throw .notProgram(next.file.file.description, reason: "it is for another kind of processor")
            }
            if let interpreter = elf.interpreter, next.file == first {
                let path = HostPath(bytes: interpreter)
                found.append(Placed(file: path, place: HostPlace.normalised(interpreter)))
            }
            // The libraries' names are taken in order, so that of two with one name the loader's choice is ours.
            for name in elf.needed where !Self.isLoader(name) {
                guard let library = locate(name, for: next, elf) else {
                    if !isWhole { continue }
                    throw .noLibrary(String(decoding: name, as: UTF8.self), neededBy: next.file.file.description)
                }
                guard seen.insert(library.place).inserted else { continue }
                guard seen.count <= Self.largest else {
                    throw .tooLarge(file.description, reason: "it needs more than \(Self.largest) libraries")
                }
                found.append(library)
                let rpath = elf.runpath.isEmpty ? Self.folders(elf.rpath, of: next.file) : []
                waiting.append(Waiting(file: library, inherited: rpath + next.inherited))
            }
        }
        return found.sorted { $0.place.lexicographicallyPrecedes($1.place) }
    }

    /// Whether the name is the loader's own: it is in memory before any library is looked for.
    static func isLoader(_ name: [UInt8]) -> Bool {
        name.starts(with: "ld-linux".utf8) || name.starts(with: "ld-musl".utf8)
    }

    private func locate(_ name: [UInt8], for user: Waiting, _ elf: ElfFile) -> Placed? {
        guard !name.contains(UInt8(ascii: "/")), !name.isEmpty else { return nil }
        // The loader's order: DT_RPATH of the file and of what loaded it, unless it has DT_RUNPATH; that; the cache; its own folders.
        let folders =
            elf.runpath.isEmpty
            ? Self.folders(elf.rpath, of: user.file) + user.inherited : Self.folders(elf.runpath, of: user.file)
        for folder in folders {
            if let file = search.find(name, in: folder.path) {
                return Placed(file: file, place: Self.join(folder.place ?? search.place, name))
            }
        }
        return search.find(name).map { Placed(file: $0, place: Self.join(search.place, name)) }
    }

    private static func inheritable(_ elf: ElfFile, _ file: Placed) -> [Folder] {
        elf.runpath.isEmpty ? folders(elf.rpath, of: file) : []
    }

    private static func folders(_ texts: [[UInt8]], of file: Placed) -> [Folder] {
        texts.compactMap { text in
            if let rest = afterOrigin(text) {
                // What lies beside a file here lies beside it there.
                let place = HostPlace.joined(HostPlace.parent(file.place), rest)
                return Folder(path: HostPath(bytes: file.file.parent.bytes + rest), place: place)
            }
            // `$LIB` and `$PLATFORM` are answered by the loader alone; a relative folder depends on where a program is started.
            guard text.first == UInt8(ascii: "/"), !text.contains(UInt8(ascii: "$")) else { return nil }
            return Folder(path: HostPath(bytes: text), place: nil)
        }
    }

    /// What follows `$ORIGIN`; nil when the folder does not start with it.
    static func afterOrigin(_ folder: [UInt8]) -> [UInt8]? {
        for token in ["$ORIGIN", "${ORIGIN}"] where folder.starts(with: token.utf8) {
            let rest = Array(folder.dropFirst(token.utf8.count))
            return rest.isEmpty || (rest.first == UInt8(ascii: "/") && !rest.contains(UInt8(ascii: "$"))) ? rest : nil
        }
        return nil
    }

    static func join(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
        folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
    }

    private mutating func read(_ file: HostPath) throws(PinningError) -> ElfFile {
        if let elf = known[file] { return elf }
        let elf = try Self.read(file)
        known[file] = elf
        return elf
    }

    /// The largest program or library that is read.
    private static let largestFile = 4 << 30

    static func read(_ file: HostPath) throws(PinningError) -> ElfFile {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(file, limit: largestFile)
        } catch {
            throw .unreadable(error)
        }
        do throws(ElfFile.Fault) {
            return try ElfFile(bytes)
        } catch {
            throw .notProgram(file.description, reason: error.rawValue)
        }
    }
}
