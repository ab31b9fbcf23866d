internal import Canonical
package import Locking
internal import Platform
package import Storage

extension ProgramPinning {
    /// The shared libraries of this machine that wheels need and neither they nor `programs` have; nil when there are none.
    ///
    /// Installs the wheels in the store on the way, so that the first use of the environment finds them there. A library that is not
    /// on this machine is passed over: wheels bring parts along that only some machines can load, and to import one says so.
    ///
    /// - Parameter programs: the environment's, the interpreter among them.
    /// - Throws: `.badWheel`, `.store`; `.noLibrary` when this machine has no C library.
    package static func libraries(
        for wheels: [WheelFile], programs: [ProgramPin], store: DirectoryStore
    ) throws(PinningError) -> DataPin? {
        guard let first = wheels.first else { return nil }
        let trees = try install(wheels, beside: programs.map(\.tree.object), for: first, store)
        var needs = LibraryNeeds()
        do throws(StoreError) {
            for program in programs {
                for file in try TreePath.files(of: program.tree.object, store) { needs.present.insert(file.path) }
            }
            for tree in trees { try needs.look(at: tree, store) }
        } catch {
            throw .store(error)
        }
        let names = needs.unmet
        if names.isEmpty { return nil }

        let search = try LibrarySearch(machine: LibraryNeeds.machine, neededBy: HostPath(first.fileName))
        var closure = LibraryClosure(search: search)
        var draft = TreeDraft()
        for name in names {
            let place = LibraryClosure.join(search.place, name)
            guard !needs.present.contains(place), let file = search.find(name) else { continue }
            let library = LibraryClosure.Placed(file: file, place: place)
            let others: [LibraryClosure.Placed]
            do throws(PinningError) {
                others = try closure.of(file, at: place)
            } catch {
                // It could not be loaded here either.
                if case .noLibrary = error { continue }
                throw error
            }
            for one in [library] + others where !needs.present.contains(one.place) { try draft.add(.file(one.file), at: one.place) }
        }
        return draft.paths.isEmpty ? nil : DataPin(try draft.put(in: store))
    }

    private static func install(
        _ wheels: [WheelFile], beside programs: [StoredObject], for first: WheelFile, _ store: DirectoryStore
    ) throws(PinningError) -> [StoredObject] {
        var trees: [StoredObject] = []
        var records: [ActionRecord] = []
        var current = first
        do throws(WheelInstall.Failure) {
            guard let place = try WheelInstall.Place.among(programs, store) else { throw .bad("there is no interpreter to install it for") }
            for wheel in wheels {
                current = wheel
                let (tree, record) = try WheelInstall.install(wheel, at: place, store)
                trees.append(tree)
                if let record { records.append(record) }
            }
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .bad(let reason): throw .badWheel(current.fileName, reason: reason)
            }
        }
        do throws(StoreError) {
            _ = try store.publish(records)
        } catch {
            throw .store(error)
        }
        return trees
    }
}

/// Which libraries the programs and modules of installed wheels ask for by name.
private struct LibraryNeeds {
    /// Everything that the environment has, as paths below its root.
    var present: Set<[UInt8]> = []
    private var users: [(place: [UInt8], elf: ElfFile)] = []

    #if arch(arm64)
        static let machine: UInt16 = 183
    #else
        static let machine: UInt16 = 62
    #endif

    /// Reads every file of a tree that may be a program or module.
    mutating func look(at tree: StoredObject, _ store: DirectoryStore) throws(StoreError) {
        var candidates: [(path: [UInt8], digest: Digest)] = []
        for (path, content) in try TreePath.files(of: tree, store) {
            present.insert(path)
            guard case .file(let digest, let size, let isExecutable) = content, size > 64 else { continue }
            let name = String(decoding: HostPath(bytes: path).lastComponent, as: UTF8.self)
            if isExecutable || name.hasSuffix(".so") || name.contains(".so.") { candidates.append((path, digest)) }
        }
        let elves = try ParallelWork.map(candidates.map(\.digest)) { (digest) throws(StoreError) -> ElfFile? in
            let bytes = try store.read(digest)
            // What is no ELF file for this machine is not loaded on it.
            guard let elf = try? ElfFile(bytes), elf.machine == Self.machine else { return nil }
            return elf
        }
        for (candidate, elf) in zip(candidates, elves) { if let elf { users.append((candidate.path, elf)) } }
    }

    /// Names that no folder beside their users answers, sorted.
    var unmet: [[UInt8]] {
        var names: Set<[UInt8]> = []
        for (place, elf) in users {
            let folder = HostPlace.parent(place)
            let folders = (elf.runpath.isEmpty ? elf.rpath : elf.runpath).compactMap { text in
                LibraryClosure.afterOrigin(text).flatMap { HostPlace.joined(folder, $0) }
            }
            for name in elf.needed where !LibraryClosure.isLoader(name) && !name.isEmpty && !name.contains(UInt8(ascii: "/")) {
                if !folders.contains(where: { present.contains(LibraryClosure.join($0, name)) }) { names.insert(name) }
            }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}

extension WheelInstall.Place {
    /// As ``find(in:_:)``, with the errors of installing.
    static func among(_ programs: [StoredObject], _ store: DirectoryStore) throws(WheelInstall.Failure) -> WheelInstall.Place? {
        do throws(StoreError) {
            return try find(in: programs, store)
        } catch {
            throw .store(error)
        }
    }
}
