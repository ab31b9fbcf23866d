import Canonical
import Locking
import Platform
import Storage

/// Why resolving cannot go on: the store or the system refused, or pip did.
enum ResolvingError: Error {
    case store(StoreError)
    case pip(PipFailure)
    case badWheelName(String)
    case otherBytes(String, expected: Digest, got: Digest)
}

/// Finds the wheels that requirements lead to, with pip, and puts them into the store.
struct WheelResolution {
    let pip: Pip
    let root: HostPath
    let work: HostPath
    let store: DirectoryStore
    let mask: SecretText
    /// Wheels that stay where the requirements let them: those of earlier pins that nobody asked to renew.
    let kept: [Lockfile.Entry<WheelPin>]
    /// Names of wheels among them that were resolved for the same version of Python, and so fit it.
    let fitting: Set<String>

    /// How often constraints are loosened before they are dropped: each time costs a run of pip.
    private static let attempts = 8

    /// The wheels for `order`, which has no constraints of its own but those of the user.
    ///
    /// The versions of ``kept`` are held to first; those that are in the way are let go one by one, as pip names them, so that what
    /// has nothing to do with a change does not change.
    func resolve(_ order: Pip.Order) throws(ResolvingError) -> [WheelFile] {
        var held = order.isExact || order.needsHashes ? [] : Self.constraints(kept)
        for attempt in 0... {
            var attempted = order
            attempted.constraints += held.map { "\($0.project)==\($0.version)" }
            let run = try download(attempted)
            if run.status == 0 { return try take(run) }
            let failure = PipFailure(run, mask: mask)
            try discard(run)
            guard !held.isEmpty else { throw .pip(failure) }
            switch failure.cause {
            case .unreachable, .forbidden, .badRequirement: throw .pip(failure)
            case .unknownPackage(let project) where !held.contains(where: { $0.project == Requirement.project(project) }):
                // Not a version that has gone, but a name that nobody knows.
                throw .pip(failure)
            case .conflict, .unknownPackage, .noVersion, .noWheel, .otherBytes, .noHash, .other: break
            }
            let inTheWay = Self.projects(in: failure.cause)
            let fewer = held.filter { !inTheWay.contains($0.project) }
            held = fewer.count == held.count || attempt >= Self.attempts ? [] : fewer
        }
        preconditionFailure("constraints come to an end")
    }

    private static func constraints(_ kept: [Lockfile.Entry<WheelPin>]) -> [(project: String, version: String)] {
        var versions: [String: Set<String>] = [:]
        for entry in kept {
            if let name = WheelName(entry.name) { versions[name.project, default: []].insert(name.version) }
        }
        // Of two versions in two environments neither is the one to hold to.
        return versions.filter { $0.value.count == 1 }.map { ($0.key, $0.value.first ?? "") }
            .sorted { $0.project.utf8.lexicographicallyPrecedes($1.project.utf8) }
    }

    /// The projects whose constraints may be what stands in the way.
    private static func projects(in cause: PipFailure.Cause) -> Set<String> {
        switch cause {
        case .conflict(_, let constraints): Set(constraints.map { Requirement.project($0) })
        case .unknownPackage(let text), .noVersion(let text, _), .noWheel(let text, _), .otherBytes(let text, _, _):
            [Requirement.project(text)]
        case .noHash, .unreachable, .forbidden, .badRequirement, .other: []
        }
    }

    // MARK: Runs

    func download(_ order: Pip.Order) throws(ResolvingError) -> PipRun {
        let run = try Self.refusing { () throws(SystemError) in try pip.download(order, root: root, work: work) }
        if let refusal = run.refusal { throw .store(.refused(refusal)) }
        return run
    }

    func discard(_ run: PipRun) throws(ResolvingError) {
        try Self.refusing { () throws(SystemError) in try Files.removeTree(run.folder) }
    }

    /// Puts the wheels of a run into the store; a file that is pinned under the same name must have the pinned bytes.
    private func take(_ run: PipRun) throws(ResolvingError) -> [WheelFile] {
        let names = try Self.refusing { () throws(SystemError) in try Files.list(run.wheels) }
        let listed = run.listed
        var wheels: [WheelFile] = []
        for (bytes, _) in names {
            let fileName = String(decoding: bytes, as: UTF8.self)
            guard let name = WheelName(fileName) else { throw .badWheelName(fileName) }
            let object = try put(run.wheels.appending(bytes), listed)
            let same = kept.first { $0.name.utf8.elementsEqual(fileName.utf8) }
            if let same, same.pin.digest != object.digest {
                throw .otherBytes(fileName, expected: same.pin.digest, got: object.digest)
            }
            // An index may gain another file of the same version; the one that is pinned is as good as ever.
            let pinned = kept.filter { fitting.contains($0.name) }.filter {
                WheelName($0.name).map { $0.project == name.project && $0.version == name.version } ?? false
            }
            if same == nil, pinned.count == 1, try isInStore(pinned[0].pin.digest) {
                wheels.append(WheelFile(fileName: pinned[0].name, digest: pinned[0].pin.digest, size: pinned[0].pin.size))
            } else {
                wheels.append(WheelFile(fileName: fileName, digest: object.digest, size: object.size))
            }
        }
        try discard(run)
        return wheels.sorted { $0.fileName.utf8.lexicographicallyPrecedes($1.fileName.utf8) }
    }

    /// Keeps a wheel, and that an index has it if one listed it under just its digest: a folder may have the only copy.
    private func put(_ file: HostPath, _ listed: Set<Digest>) throws(ResolvingError) -> StoredObject {
        let object = try put(file)
        if listed.contains(object.digest) {
            let name = String(decoding: file.lastComponent, as: UTF8.self)
            do throws(StoreError) { try store.note(fetched: object.digest, as: name) } catch { throw .store(error) }
        }
        return object
    }

    private func put(_ file: HostPath) throws(ResolvingError) -> StoredObject {
        do throws(ImportError) {
            return try store.put(file: file)
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .refused(let error): throw .store(.refused(error))
            case .missing, .unsupported, .escapingLink, .danglingLink, .changing, .openForWriting, .tooDeep:
                throw .store(.refused(SystemError(operation: "keep", path: file.description, code: 5)))
            }
        }
    }

    private func isInStore(_ digest: Digest) throws(ResolvingError) -> Bool {
        do throws(StoreError) {
            return try store.contains(digest)
        } catch {
            throw .store(error)
        }
    }

    static func refusing<Result>(_ body: () throws(SystemError) -> Result) throws(ResolvingError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .store(.refused(error))
        }
    }
}

extension WheelResolution {
    /// Gets pinned wheels again, each by its name, version and hash, and nothing else.
    ///
    /// - Parameter python: the version of Python that they are for, when ``pip`` runs under another one.
    func fetch(_ wheels: [Lockfile.Entry<WheelPin>], options: [String], python: String?) throws(ResolvingError) {
        // Wheels for another Python have tags of their own, and pip takes one set of tags at a time.
        let groups = python == nil ? [wheels] : wheels.map { [$0] }
        for group in groups {
            var order = Pip.Order(requirements: options, isExact: true)
            for entry in group {
                guard let name = WheelName(entry.name) else { continue }
                order.requirements.append("\(name.project)==\(name.version) --hash=\(entry.pin.digest)")
                if let python { order.target = Self.target(name, python: python) }
            }
            let run = try download(order)
            guard run.status == 0 else { throw .pip(PipFailure(run, mask: mask)) }
            let listed = run.listed
            for (bytes, _) in try Self.refusing({ () throws(SystemError) in try Files.list(run.wheels) }) {
                // Whatever its name is here: the digest is what was asked for, and what makes it the pinned one.
                _ = try put(run.wheels.appending(bytes), listed)
            }
            try discard(run)
            for entry in group where try !isInStore(entry.pin.digest) {
                throw .otherBytes(entry.name, expected: entry.pin.digest, got: Digest.of([]))
            }
        }
    }

    private static func target(_ name: WheelName, python: String) -> [String] {
        var result = ["--python-version", python, "--implementation", "cp"]
        for abi in name.abis { result += ["--abi", abi] }
        for platform in name.platforms where platform != "any" { result += ["--platform", platform] }
        return result
    }
}
