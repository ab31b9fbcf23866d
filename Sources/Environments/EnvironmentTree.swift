package import Canonical
package import Locking
internal import Platform
package import Storage
internal import Synchronization

/// Why an environment that is locked cannot be had.
package enum EnvironmentError: Error, Hashable, Sendable, CustomStringConvertible {
    case store(StoreError)
    /// A pinned object is not in the store; the pin's name.
    case missing(pin: String)
    /// The shared libraries that the environment's wheels need are not in the store.
    case missingLibraries
    /// Two parts put different content at one place.
    case clash(path: String, parts: [String])
    /// The lock is for another system or architecture.
    case platform(locked: String, here: String)
    /// A wheel that cannot be installed, and why.
    case badWheel(String, reason: String)
    /// The same parts gave another tree before: they were put together by other rules, or by a faulty machine.
    case changed(earlier: Digest, now: Digest)

    package var description: String {
        switch self {
        case .store(let error): error.description
        case .missing(let pin): "'\(pin)' is not in the store"
        case .missingLibraries: "the libraries that its packages need are not in the store"
        case .clash(let path, let parts): "\(parts.map { "'\($0)'" }.joined(separator: " and ")) differ in '\(path)'"
        case .platform(let locked, let here): "the environment is locked for \(locked), and this is \(here)"
        case .badWheel(let wheel, let reason): "'\(wheel)' cannot be installed: \(reason)"
        case .changed(let earlier, let now): "the environment was \(earlier) before, and its parts make \(now) now"
        }
    }
}

/// The folder that commands find as their root: programs, libraries, an interpreter with its packages.
package enum EnvironmentTree {
    /// The version of how an environment is put together; part of the keys of commands.
    package static let version = 1

    /// The root folder of a locked environment as one tree, put together from pinned objects; from the cache when it was made before.
    ///
    /// Asks neither the network nor the programs of this machine. The tree is durable when the call returns.
    package static func assemble(
        _ pin: EnvironmentPin, _ lockfile: Lockfile, store: DirectoryStore
    ) throws(EnvironmentError) -> StoredObject {
        guard pin.platform == EnvironmentPlatform.here else { throw .platform(locked: pin.platform, here: EnvironmentPlatform.here) }
        let parts = try EnvironmentParts(pin, lockfile)
        let key = CanonicalJSON.digest(parts.document)
        let memory = Memory(store: store.root, key: key)
        // Asked for by every command of a build: looked through once.
        if let known = made.withLock({ $0[memory] }), try contains(store, known) { return known }
        // Stages that start together need it together: one thread makes it.
        return try making.withLock { (_) throws(EnvironmentError) in
            if let known = made.withLock({ $0[memory] }), try contains(store, known) { return known }
            let object: StoredObject
            if let found = try find(key, in: store) { object = found } else { object = try make(parts, store) }
            made.withLock { $0[memory] = object }
            return object
        }
    }

    private struct Memory: Hashable {
        let store: HostPath
        let key: Digest
    }

    private static let making = Mutex(())
    private static let made = Mutex<[Memory: StoredObject]>([:])

    static let outputName = "root"

    private static func contains(_ store: DirectoryStore, _ object: StoredObject) throws(EnvironmentError) -> Bool {
        do throws(StoreError) {
            return try store.contains(object.digest)
        } catch {
            throw .store(error)
        }
    }

    /// What was made before, if all of it is still there.
    private static func find(_ key: Digest, in store: DirectoryStore) throws(EnvironmentError) -> StoredObject? {
        do throws(StoreError) {
            guard let object = try store.record(for: key)?.output(outputName), object.kind == .tree else { return nil }
            return try store.missing(in: object).isEmpty ? object : nil
        } catch {
            throw .store(error)
        }
    }

    /// Refuses what ``assemble(_:_:store:)`` would refuse, and keeps nothing of the tree but the installed wheels.
    static func check(_ pin: EnvironmentPin, _ lockfile: Lockfile, store: DirectoryStore) throws(EnvironmentError) {
        let (layers, _) = try layers(try EnvironmentParts(pin, lockfile), store)
        _ = try merge(layers, DraftStore(over: store))
    }

    private static func make(_ parts: EnvironmentParts, _ store: DirectoryStore) throws(EnvironmentError) -> StoredObject {
        let (layers, records) = try layers(parts, store)
        let object = try merge(layers, store)
        let record = ActionRecord(document: parts.document, outputs: [(outputName, object)])
        let outcome: PublishOutcome?
        do throws(StoreError) {
            outcome = try store.publish(records + [record]).last
        } catch {
            throw .store(error)
        }
        if case .conflict(let existing)? = outcome, let earlier = existing.output(outputName) {
            throw .changed(earlier: earlier.digest, now: object.digest)
        }
        return object
    }

    /// The trees of all parts, and records of wheels that were not installed before.
    private static func layers(
        _ parts: EnvironmentParts, _ store: DirectoryStore
    ) throws(EnvironmentError) -> (layers: [TreeMerge.Layer], records: [ActionRecord]) {
        var layers: [TreeMerge.Layer] = []
        for program in parts.programs {
            try require(program.tree.object, else: .missing(pin: program.name), store)
            layers.append(TreeMerge.Layer(part: program.name, tree: program.tree.object))
        }
        if let libraries = parts.libraries {
            try require(libraries.object, else: .missingLibraries, store)
            layers.append(TreeMerge.Layer(part: EnvironmentParts.librariesName, tree: libraries.object))
        }
        let (wheels, records) = try install(parts, beside: layers.map(\.tree), store)
        return (layers + wheels, records)
    }

    /// One tree of `layers` and of what no part brings.
    private static func merge(_ layers: [TreeMerge.Layer], _ store: any ObjectStore) throws(EnvironmentError) -> StoredObject {
        let root: StoredObject
        do throws(StoreError) {
            root = try RootFolder.put(beside: layers.map(\.tree), in: store)
        } catch {
            throw .store(error)
        }
        return try TreeMerge.merge(layers + [TreeMerge.Layer(part: "mlbuild", tree: root)], store)
    }

    private static func install(
        _ parts: EnvironmentParts, beside programs: [StoredObject], _ store: DirectoryStore
    ) throws(EnvironmentError) -> (layers: [TreeMerge.Layer], records: [ActionRecord]) {
        guard let first = parts.wheels.first else { return ([], []) }
        var layers: [TreeMerge.Layer] = []
        var records: [ActionRecord] = []
        let place: WheelInstall.Place?
        do throws(StoreError) {
            place = try WheelInstall.Place.find(in: programs, store)
        } catch {
            throw .store(error)
        }
        guard let place else { throw .badWheel(first.fileName, reason: "the environment has no interpreter") }
        for wheel in parts.wheels {
            let file = WheelFile(fileName: wheel.fileName, digest: wheel.pin.digest, size: wheel.pin.size)
            do throws(WheelInstall.Failure) {
                let (tree, record) = try WheelInstall.install(file, at: place, store)
                layers.append(TreeMerge.Layer(part: wheel.fileName, tree: tree))
                if let record { records.append(record) }
            } catch {
                switch error {
                case .store(.missing(wheel.pin.digest)): throw .missing(pin: wheel.fileName)
                case .store(let error): throw .store(error)
                case .bad(let reason): throw .badWheel(wheel.fileName, reason: reason)
                }
            }
        }
        return (layers, records)
    }

    /// Refuses a pin of which the store lacks a part.
    private static func require(
        _ object: StoredObject, else missing: EnvironmentError, _ store: DirectoryStore
    ) throws(EnvironmentError) {
        let isComplete: Bool
        do throws(StoreError) {
            let lost = try store.missing(in: object)
            isComplete = object.kind == .tree && lost.isEmpty
        } catch {
            throw .store(error)
        }
        if !isComplete { throw missing }
    }
}
