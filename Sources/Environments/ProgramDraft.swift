import Locking
import Platform
import Storage

/// A program pin that is being put together.
struct ProgramDraft {
    private(set) var tree = TreeDraft()
    var closure: LibraryClosure
    /// Programs that are in it already, so that scripts which run each other end.
    private var programs: Set<HostPath> = []

    /// How many interpreters of interpreters are followed.
    private static let deepest = 4

    private let search: ProgramSearch

    init(closure: LibraryClosure, search: ProgramSearch = ProgramSearch()) {
        self.closure = closure
        self.search = search
    }

    mutating func add(_ source: TreeDraft.Source, at place: String) throws(PinningError) {
        try tree.add(source, at: Array(place.utf8))
    }

    /// Adds an ELF program at a place, with all its libraries.
    mutating func add(program file: HostPath, at place: String) throws(PinningError) {
        try add(elf: file, at: Array(place.utf8))
    }

    /// Adds an ELF file at a place with what it needs; see ``LibraryClosure/of(_:at:loadedBy:isWhole:)``.
    mutating func add(
        elf file: HostPath, at place: [UInt8], loadedBy loader: LibraryClosure.Placed? = nil, isWhole: Bool = true
    ) throws(PinningError) {
        let needed = try closure.of(file, at: place, loadedBy: loader, isWhole: isWhole)
        try tree.add(.file(file), at: place)
        for library in needed { try tree.add(.file(library.file), at: library.place) }
    }

    /// Adds a library where everything that is asked for by name is found, if this machine has it.
    mutating func add(libraryIfPresent name: String) throws(PinningError) {
        guard let file = closure.search.find(Array(name.utf8)) else { return }
        try add(elf: file, at: LibraryClosure.join(closure.search.place, Array(name.utf8)))
    }

    /// Adds all files of a folder at their places; nothing when there is no such folder.
    mutating func add(dataBelow folder: HostPath) throws(PinningError) {
        for file in try FolderWalk.files(below: folder) { try add(data: file, at: HostPlace.path(of: file)) }
    }

    private mutating func add(data file: HostPath, at place: [UInt8]) throws(PinningError) {
        if try Self.isElf(file) { return try add(elf: file, at: place) }
        try tree.add(.file(file), at: place)
    }

    // MARK: Tools

    /// Adds a program of any kind so that `usr/bin/name` starts it: its libraries or interpreter, and its package's data.
    mutating func add(tool file: HostPath, named name: String) throws(PinningError) {
        let command = Array("usr/bin/".utf8) + Array(name.utf8)
        try add(tool: file, at: command, depth: 0)
    }

    private mutating func add(tool file: HostPath, at command: [UInt8], depth: Int) throws(PinningError) {
        if file.lastComponent.starts(with: "python".utf8) {
            throw .notProgram(file.description, reason: "it is an interpreter of Python; ask for it with 'python' in the environment")
        }
        guard depth <= Self.deepest else { throw .tooLarge(file.description, reason: "its interpreter is a script, again and again") }
        let owners = try PackageDatabase.owners(of: [file])
        // A packaged program finds its data from its own place; anything else only has to be found.
        let place = owners == nil ? command : HostPlace.path(of: file)
        if place != command { try tree.add(.link(target: Self.link(from: command, to: place)), at: command) }
        guard programs.insert(file).inserted else { return }
        if let script = try ScriptHead.read(file) {
            try tree.add(.file(file), at: place)
            try add(interpreterOf: script, neededBy: file, depth: depth)
        } else {
            try add(elf: file, at: place)
        }
        for owner in owners ?? [] { try add(dataOf: owner, for: file, depth: depth) }
    }

    private mutating func add(interpreterOf script: ScriptHead, neededBy file: HostPath, depth: Int) throws(PinningError) {
        let program = try script.program(neededBy: file, search)
        for (file, place) in script.places(of: program) where !Self.isEverywhere(place) {
            try add(tool: try ProgramPinning.resolved(file), at: place, depth: depth + 1)
        }
    }

    /// Whether every environment has that program, from the pins `sh` and `coreutils`.
    private static func isEverywhere(_ place: [UInt8]) -> Bool {
        place.elementsEqual("usr/bin/sh".utf8) || place.elementsEqual("usr/bin/env".utf8)
    }

    /// The text of the link at `source` that leads to `target`, both below the root.
    private static func link(from source: [UInt8], to target: [UInt8]) -> [UInt8] {
        var folders = source.split(separator: UInt8(ascii: "/")).dropLast()
        var names = target.split(separator: UInt8(ascii: "/"))[...]
        while let first = folders.first, names.count > 1, names.first == first {
            folders = folders.dropFirst()
            names = names.dropFirst()
        }
        let up = Array(repeating: Array("..".utf8)[...], count: folders.count)
        return Array((up + names).joined(separator: [UInt8(ascii: "/")]))
    }

    // MARK: Packages

    /// Adds what a package holds for its programs, and nothing that is for people or other systems.
    private mutating func add(dataOf package: String, for program: HostPath, depth: Int) throws(PinningError) {
        var links: [(file: HostPath, place: [UInt8])] = []
        var size = 0
        var count = 0
        for file in try PackageDatabase.content(of: package) where PackageContent.isNeeded(HostPlace.normalised(file.bytes)) {
            let status: FileStatus?
            do throws(SystemError) {
                status = try Files.status(file, followLinks: false)
            } catch {
                throw .unreadable(error)
            }
            guard let status, status.kind == .regular || status.kind == .symbolicLink else { continue }
            let place = HostPlace.path(of: file)
            if tree.contains(place) { continue }
            size = size &+ status.size
            count += 1
            guard count <= PackageContent.largestCount, size <= PackageContent.largestSize else {
                throw .tooLarge(
                    program.description,
                    reason:
                        "its package '\(package)' has more than \(PackageContent.largestCount) files or \(PackageContent.largestSize >> 20) MiB"
                )
            }
            if status.kind == .symbolicLink { links.append((file, place)) } else { try add(helper: file, at: place, depth: depth) }
        }
        for link in links { try add(link: link.file, at: link.place) }
    }

    /// Adds a file that a program may use. What it needs and this machine lacks, the program has loaded before, or does without.
    private mutating func add(helper file: HostPath, at place: [UInt8], depth: Int) throws(PinningError) {
        if try Self.isElf(file) {
            do throws(PinningError) {
                try add(elf: file, at: place, isWhole: false)
            } catch {
                // A program for another kind of machine is data here.
                guard case .notProgram = error else { throw error }
                try tree.add(.file(file), at: place)
            }
            return
        }
        try tree.add(.file(file), at: place)
        guard depth < Self.deepest, (try? Files.status(file)?.isExecutable) == true, let script = try ScriptHead.read(file) else { return }
        do throws(PinningError) {
            try add(interpreterOf: script, neededBy: file, depth: depth)
        } catch {
            switch error {
            case .noInterpreter, .notProgram, .noLibrary, .notFound: return
            default: throw error
            }
        }
    }

    /// A link whose end is in the tree too stays one; another becomes the file that it leads to.
    private mutating func add(link file: HostPath, at place: [UInt8]) throws(PinningError) {
        let target: [UInt8]
        do throws(SystemError) {
            target = try Files.linkTarget(file)
        } catch {
            throw .unreadable(error)
        }
        if target.first != UInt8(ascii: "/"), let end = HostPlace.joined(HostPlace.parent(place), target), tree.contains(end) {
            return try tree.add(.link(target: target), at: place)
        }
        // One that leads nowhere, or to a folder of another package, helps nobody.
        guard let real = try? Files.resolved(file), try ProgramPinning.exists(real) else { return }
        if programs.contains(real) {
            return try tree.add(.link(target: Self.link(from: place, to: HostPlace.path(of: real))), at: place)
        }
        try add(helper: real, at: place, depth: Self.deepest)
    }

    private static func isElf(_ file: HostPath) throws(PinningError) -> Bool {
        do throws(SystemError) {
            return try FileHead.read(file, count: 4) == ElfFile.magic
        } catch {
            throw .unreadable(error)
        }
    }

    // MARK: The pin

    /// The pin of everything that was added; the origin is empty unless a package manager knows every file.
    func pin(in store: DirectoryStore) throws(PinningError) -> ProgramPin {
        let object = try tree.put(in: store)
        return ProgramPin(tree: DataPin(object), origin: try origin())
    }

    private func origin() throws(PinningError) -> [String] {
        var files: Set<HostPath> = []
        for file in tree.hostFiles { files.insert(try ProgramPinning.resolved(file)) }
        guard let packages = try PackageDatabase.owners(of: files.sorted()), let versions = try PackageDatabase.versions(of: packages)
        else {
            return []
        }
        return versions
    }
}

/// Which files of a package its programs work with.
enum PackageContent {
    static let largestCount = 20_000
    static let largestSize = 1 << 30

    private static let roots = ["etc", "usr/lib", "usr/lib32", "usr/lib64", "usr/libexec", "usr/share"]

    /// Folders that are for people, for other systems, or that no sandbox has a use for.
    private static let unneeded: Set<String> = [
        "etc/apparmor.d", "etc/bash_completion.d", "etc/cron.d", "etc/cron.daily", "etc/cron.hourly", "etc/cron.monthly", "etc/cron.weekly",
        "etc/default", "etc/init.d", "etc/logrotate.d", "etc/systemd", "etc/xdg", "usr/lib/systemd", "usr/lib/sysusers.d",
        "usr/lib/tmpfiles.d", "usr/lib/udev", "usr/share/applications", "usr/share/apport", "usr/share/bash-completion", "usr/share/bug",
        "usr/share/dbus-1", "usr/share/doc", "usr/share/doc-base", "usr/share/fish", "usr/share/icons", "usr/share/info",
        "usr/share/lintian", "usr/share/locale", "usr/share/man", "usr/share/menu", "usr/share/metainfo", "usr/share/mime",
        "usr/share/pixmaps", "usr/share/reportbug", "usr/share/vim", "usr/share/zsh",
    ]

    /// Whether a file at this place below the root belongs into an environment.
    static func isNeeded(_ place: [UInt8]) -> Bool {
        let text = String(decoding: place, as: UTF8.self)
        guard roots.contains(where: { text.utf8.starts(with: ($0 + "/").utf8) }) else { return false }
        let names = text.split(separator: "/")
        if names.contains("__pycache__") { return false }
        let folder = names.prefix(names.first == "etc" ? 2 : 3).joined(separator: "/")
        return names.first == "etc" ? !unneeded.contains(folder) : !unneeded.contains(folder)
    }
}

/// Files below a folder, links followed.
enum FolderWalk {
    private static let deepest = 64

    /// All regular files below `folder`, sorted; empty when there is no such folder. `skips` leaves out by name and depth.
    static func files(
        below folder: HostPath, skipping skips: (_ name: [UInt8], _ depth: Int, _ kind: FileKind) -> Bool = { _, _, _ in false }
    ) throws(PinningError) -> [HostPath] {
        var result: [HostPath] = []
        var waiting: [(path: HostPath, depth: Int)] = [(folder, 0)]
        do throws(SystemError) {
            guard try Files.status(folder)?.kind == .directory else { return [] }
            while let (path, depth) = waiting.popLast() {
                for entry in try Files.list(path) {
                    let child = path.appending(entry.name)
                    // A link stands for what it leads to; one that leads nowhere for nothing.
                    let kind = entry.kind == .symbolicLink ? try Files.status(child)?.kind ?? .other : entry.kind
                    if skips(entry.name, depth, kind) { continue }
                    switch kind {
                    case .regular: result.append(child)
                    case .directory where depth < deepest: waiting.append((child, depth + 1))
                    default: continue
                    }
                }
            }
        } catch {
            throw .unreadable(error)
        }
        return result.sorted()
    }
}
