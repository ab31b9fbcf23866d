import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage

/// The course of resolving: pins that are found, and what is wrong, one environment after the other.
struct ResolvingEnvironments {
    let manifest: Manifest
    let previous: Lockfile
    let root: HostPath
    let store: DirectoryStore
    let machine: ResolvingSurroundings
    let progress: @Sendable (String) -> Void
    let update: EnvironmentUpdate
    let onlyNew: Bool

    /// What every environment has.
    private static let base = ["sh", "coreutils"]

    private(set) var diagnostics: [Diagnostic] = []
    private var environments: [Lockfile.Entry<EnvironmentPin>] = []
    /// Programs and wheels that were pinned in this run; they count before earlier ones.
    private var programs: [String: ProgramPin] = [:]
    private var wheels: [String: WheelPin] = [:]
    /// Programs of which it is known what the store lacks.
    private var isLookedThrough: Set<String> = []
    private var pips: [FoundInterpreter: Pip] = [:]
    private var work: HostPath?

    init(
        manifest: Manifest, previous: Lockfile, root: HostPath, store: DirectoryStore, scope: ResolveScope,
        machine: ResolvingSurroundings, progress: @escaping @Sendable (String) -> Void
    ) {
        self.manifest = manifest
        self.previous = previous
        self.root = root
        self.store = store
        self.machine = machine
        self.progress = progress
        update = EnvironmentUpdate(scope)
        onlyNew = scope == .unpinned
    }

    /// The lockfile with what was found; complete only when there are no diagnostics.
    func lockfile() -> Lockfile {
        previous.replacing(
            environments: environments, programs: programs.map { Lockfile.Entry($0.key, $0.value) },
            wheels: wheels.map { Lockfile.Entry($0.key, $0.value) })
    }

    mutating func run() throws(StoreError) {
        do throws(StoreError) {
            for name in manifest.usedEnvironments { try resolve(name) }
        } catch {
            // What went wrong is more worth telling than that the folder stays until the process ends.
            if let work { try? store.removeWorkFolder(work) }
            throw error
        }
        if let work { try store.removeWorkFolder(work) }
    }

    /// Puts every environment together that is not as it was, for a build must not be the first to find that it cannot be.
    mutating func checkWhatGoesTogether() throws(StoreError) {
        guard diagnostics.isEmpty else { return }
        let lockfile = lockfile()
        for entry in environments where entry.pin.platform == EnvironmentPlatform.here {
            do throws(EnvironmentError) {
                let document = try EnvironmentParts(entry.pin, lockfile).document
                let earlier = try? previous.pin(environment: entry.name).map { try EnvironmentParts($0, previous).document }
                if document == earlier { continue }
                try EnvironmentTree.check(entry.pin, lockfile, store: store)
            } catch {
                if case .store(let error) = error { throw error }
                let places = ManifestPlaces(manifest, environment: entry.name)
                diagnostics.append(EnvironmentProblem.assembling(error, places: places))
            }
        }
    }

    private mutating func resolve(_ name: String) throws(StoreError) {
        let places = ManifestPlaces(manifest, environment: name)
        let pin = previous.pin(environment: name)
        if let pin, onlyNew { return try keep(name, pin, places) }
        let request = EnvironmentRequest.read(manifest.environment(name), root: root, places: places)
        guard let request = request.value else {
            diagnostics += request.diagnostics
            return
        }
        if let pin, pin.request == request.digest, !update.touches(name, pin) { return try keep(name, pin, places) }
        try renew(name, request, pin, places)
    }

    // MARK: Pins that stay

    private mutating func keep(_ name: String, _ pin: EnvironmentPin, _ places: ManifestPlaces) throws(StoreError) {
        environments.append(.init(name, pin))
        // Files for another machine are nothing that this one can look for.
        let isForHere = pin.platform == EnvironmentPlatform.here
        let before = diagnostics.count
        for program in pin.programs { try keep(program: program, of: name, pin, lookedFor: isForHere, places) }
        var missing: [Lockfile.Entry<WheelPin>] = []
        for fileName in pin.wheels {
            guard let wheel = previous.pin(wheel: fileName) else { continue }
            wheels[fileName] = wheel
            if try !store.contains(wheel.digest) { missing.append(.init(fileName, wheel)) }
        }
        guard isForHere else { return }
        if !missing.isEmpty { try fetch(missing, name, pin, places) }
        // Libraries follow from programs and wheels: without those there is nothing to look for.
        if diagnostics.count == before { try keepLibraries(of: name, pin, places) }
    }

    private mutating func keep(
        program: String, of environment: String, _ pin: EnvironmentPin, lookedFor: Bool, _ places: ManifestPlaces
    ) throws(StoreError) {
        guard let pinned = previous.pin(program: program) else { return }
        if let renewed = programs[program], renewed != pinned || isLookedThrough.contains(program) { return }
        programs[program] = pinned
        guard lookedFor, isLookedThrough.insert(program).inserted, try !isComplete(pinned.tree) else { return }
        progress("pinning \(program) again")
        let isPython = program == pin.python
        let interpreter = isPython ? interpreter(pinned: program) : nil
        let source = isPython ? interpreter.map(ProgramSource.interpreter) : .tool(program)
        var here: ProgramPin?
        if let source {
            do throws(PinningError) {
                here = try source.pin(machine.pinning, store)
            } catch {
                // That this machine has no such program is no error of its own here: the store lacks it.
                if let refusal = error.refusal { throw refusal }
            }
        }
        if here?.tree == pinned.tree { return }
        if isPython {
            let wanted = manifest.environment(environment)?.python?.version ?? ""
            diagnostics.append(
                EnvironmentProblem.otherInterpreter(
                    program, pinned: pinned, here: here.flatMap { here in interpreter.map { ($0, here) } }, found: machine.search.all(),
                    wanted: wanted, at: places.version))
        } else {
            diagnostics.append(EnvironmentProblem.otherProgram(program, pinned: pinned, here: here, at: places.tool(program)))
        }
    }

    private mutating func keepLibraries(of name: String, _ pin: EnvironmentPin, _ places: ManifestPlaces) throws(StoreError) {
        guard let pinned = pin.libraries, try !isComplete(pinned) else { return }
        progress("pinning the libraries of environment \(name) again")
        let files = pin.wheels.compactMap { fileName in
            wheels[fileName].map { WheelFile(fileName: fileName, digest: $0.digest, size: $0.size) }
        }
        do throws(PinningError) {
            let here = try machine.pinning.libraries(for: files, programs: pin.programs.compactMap { programs[$0] }, store: store)
            if here != pinned {
                diagnostics.append(EnvironmentProblem.otherLibraries(of: name, pinned: pinned, here: here, at: places.python))
            }
        } catch {
            if let refusal = error.refusal { throw refusal }
            diagnostics.append(EnvironmentProblem.pinning(error, tool: nil, at: places.python))
        }
    }

    private func isComplete(_ pin: DataPin) throws(StoreError) -> Bool { try store.missing(in: pin.object).isEmpty }

    /// The interpreter of this machine with the version of a pin such as `python-3.11.7`.
    private func interpreter(pinned name: String) -> FoundInterpreter? {
        try? machine.search.find(version: String(name.dropFirst("python-".count)))
    }

    private mutating func fetch(
        _ missing: [Lockfile.Entry<WheelPin>], _ name: String, _ pin: EnvironmentPin, _ places: ManifestPlaces
    ) throws(StoreError) {
        guard let python = pin.python else { return }
        let version = String(python.dropFirst("python-".count))
        let short = version.split(separator: ".").prefix(2).joined(separator: ".")
        let own = try? machine.search.find(version: short, preferring: version)
        let helper = own ?? machine.search.all().last { $0.version.hasPrefix("3.") }
        for entry in missing { progress("fetching \(entry.name)") }
        guard let helper, let pip = try pip(of: helper) else {
            diagnostics.append(
                EnvironmentProblem.noInterpreter(.notFound(wanted: short, found: machine.search.all()), at: places.version))
            return
        }
        let list = EnvironmentRequest.read(manifest.environment(name), root: root, places: places).value?.requirements
        let resolution = try resolution(pip, options: list?.options ?? [], kept: [], fitting: [])
        do throws(ResolvingError) {
            try resolution.fetch(missing, options: list?.options ?? [], python: own == nil ? short : nil)
        } catch {
            try report(error, missing, places)
        }
    }

    private mutating func report(
        _ error: ResolvingError, _ missing: [Lockfile.Entry<WheelPin>], _ places: ManifestPlaces
    ) throws(StoreError) {
        switch error {
        case .store(let error): throw error
        case .badWheelName(let name): diagnostics.append(EnvironmentProblem.badWheelName(name, at: places.python))
        case .otherBytes(let name, let expected, let got):
            diagnostics.append(EnvironmentProblem.otherBytes(name, expected: expected, got: got, at: places.python))
        case .pip(let failure):
            switch failure.cause {
            case .unreachable, .forbidden:
                diagnostics.append(
                    EnvironmentProblem.resolving(failure, python: "", places: places, list: RequirementsList()))
            case .otherBytes(let requirement, _, let got):
                let project = Requirement.project(requirement)
                let entry = missing.first { WheelName($0.name)?.project == project } ?? missing[0]
                let found = Digest(hex: got) ?? Digest.of([])
                diagnostics.append(EnvironmentProblem.otherBytes(entry.name, expected: entry.pin.digest, got: found, at: places.python))
            case .unknownPackage(let text), .noVersion(let text, _), .noWheel(let text, _):
                let project = Requirement.project(text)
                let entry = missing.first { WheelName($0.name)?.project == project } ?? missing[0]
                diagnostics.append(EnvironmentProblem.noWheelAnywhere(entry.name, failure, at: places.requirement(project)))
            case .conflict, .noHash, .badRequirement, .other:
                diagnostics.append(EnvironmentProblem.noWheelAnywhere(missing[0].name, failure, at: places.python))
            }
        }
    }

    // MARK: Pins that are made

    private mutating func renew(
        _ name: String, _ request: EnvironmentRequest, _ pin: EnvironmentPin?, _ places: ManifestPlaces
    ) throws(StoreError) {
        let before = diagnostics.count
        var tools: [String] = []
        for tool in Array(Set(Self.base + (manifest.environment(name)?.tools ?? []))).sortedByBytes() {
            try pinProgram(tool, .tool(tool), renewing: update.renews(environment: name), at: places.tool(tool))
            tools.append(tool)
        }
        var python: String?
        var found: [WheelFile] = []
        if let wanted = manifest.environment(name)?.python {
            guard let interpreter = interpreter(wanted.version, name, pin, places) else { return }
            let source = ProgramSource.interpreter(interpreter)
            try pinProgram(interpreter.name, source, renewing: update.renews(environment: name), at: places.version)
            python = interpreter.name
            guard let wheels = try wheels(name, request, interpreter, pin, places) else { return }
            found = wheels
        }
        guard diagnostics.count == before else { return }
        let pinned = ((python.map { [$0] } ?? []) + tools).compactMap { programs[$0] }
        do throws(PinningError) {
            let libraries = found.isEmpty ? nil : try machine.pinning.libraries(for: found, programs: pinned, store: store)
            for wheel in found { wheels[wheel.fileName] = WheelPin(digest: wheel.digest, size: wheel.size) }
            environments.append(
                .init(
                    name,
                    EnvironmentPin(
                        request: request.digest, platform: EnvironmentPlatform.here, python: python, tools: tools,
                        wheels: found.map(\.fileName), libraries: libraries)))
        } catch {
            if let refusal = error.refusal { throw refusal }
            diagnostics.append(EnvironmentProblem.pinning(error, tool: nil, at: places.python))
        }
    }

    /// Pins a program, unless it is pinned and the store has it.
    private mutating func pinProgram(
        _ name: String, _ source: ProgramSource, renewing: Bool, at place: Diagnostic.Location?
    ) throws(StoreError) {
        if programs[name] != nil { return }
        if let earlier = previous.pin(program: name), !renewing, !update.renews(program: name), try isComplete(earlier.tree) {
            programs[name] = earlier
            return
        }
        do throws(PinningError) {
            programs[name] = try source.pin(machine.pinning, store)
        } catch {
            if let refusal = error.refusal { throw refusal }
            diagnostics.append(EnvironmentProblem.pinning(error, tool: name, at: place))
        }
    }

    private mutating func interpreter(
        _ wanted: String, _ name: String, _ pin: EnvironmentPin?, _ places: ManifestPlaces
    ) -> FoundInterpreter? {
        let earlier = update.renews(environment: name) ? nil : pin?.python.map { String($0.dropFirst("python-".count)) }
        do throws(InterpreterError) {
            return try machine.search.find(version: wanted, preferring: earlier)
        } catch {
            diagnostics.append(EnvironmentProblem.noInterpreter(error, at: places.version))
            return nil
        }
    }

    private mutating func wheels(
        _ name: String, _ request: EnvironmentRequest, _ interpreter: FoundInterpreter, _ pin: EnvironmentPin?, _ places: ManifestPlaces
    ) throws(StoreError) -> [WheelFile]? {
        guard let order = try order(name, request, interpreter, places) else { return nil }
        if order.requirements.allSatisfy({ $0.hasPrefix("-") }) { return [] }
        let count = order.requirements.count { !$0.hasPrefix("-") }
        progress("resolving \(count) \(count == 1 ? "requirement" : "requirements") for environment \(name)")
        guard let pip = try pip(of: interpreter) else {
            diagnostics.append(EnvironmentProblem.noPip(interpreter, at: places.version))
            return nil
        }
        let fits = pin?.python.map { $0.hasPrefix(Self.minor(of: interpreter)) } ?? false
        let resolution = try resolution(
            pip, options: order.requirements, kept: kept(name, pin), fitting: fits ? Set(pin?.wheels ?? []) : [])
        do throws(ResolvingError) {
            let found = try resolution.resolve(order)
            for wheel in found where previous.pin(wheel: wheel.fileName) == nil { progress("fetched \(wheel.fileName)") }
            return found
        } catch {
            switch error {
            case .store(let error): throw error
            case .badWheelName(let name): diagnostics.append(EnvironmentProblem.badWheelName(name, at: places.python))
            case .otherBytes(let wheel, let expected, let got):
                diagnostics.append(EnvironmentProblem.otherBytes(wheel, expected: expected, got: got, at: places.python))
            case .pip(let failure):
                diagnostics.append(
                    EnvironmentProblem.resolving(
                        failure, python: interpreter.version, places: places, list: request.requirements ?? RequirementsList()))
            }
            return nil
        }
    }

    /// `python-3.11.` for any Python 3.11.
    private static func minor(of interpreter: FoundInterpreter) -> String {
        "python-" + interpreter.version.split(separator: ".").prefix(2).joined(separator: ".") + "."
    }

    /// What pip is asked; nil with a diagnostic when a `pylock.toml` cannot be used.
    private mutating func order(
        _ name: String, _ request: EnvironmentRequest, _ interpreter: FoundInterpreter, _ places: ManifestPlaces
    ) throws(StoreError) -> Pip.Order? {
        if let list = request.requirements {
            var order = Pip.Order(requirements: list.options + list.requirements.map(\.text))
            order.constraints = list.constraints.map(\.text)
            order.isExact = false
            order.needsHashes = list.needsHashes
            return order
        }
        guard let lock = request.lock else { return Pip.Order(requirements: []) }
        let file = manifest.environment(name)?.python?.requirementsFile?.text ?? "pylock.toml"
        let work = try workFolder()
        let others = machine.search.all().filter { $0 != interpreter }.sorted { $0.isNewer(than: $1) }
        let outcome: LockedRequirements.Outcome
        do throws(SystemError) {
            outcome = try LockedRequirements.read(lock, interpreters: [interpreter] + others, work: work)
        } catch {
            throw .refused(error)
        }
        switch outcome {
        case .requirements(let lines): return Pip.Order(requirements: lines, isExact: true)
        case .bad(let reason): diagnostics.append(EnvironmentProblem.badLock(file, reason, at: places.file))
        case .unreadable:
            diagnostics.append(
                EnvironmentProblem.badLock(file, "no interpreter on this machine reads TOML; Python 3.11 and later do", at: places.file))
        }
        return nil
    }

    /// Earlier wheels that resolving is to keep: the environment's own, or for one without a pin those of all others.
    private func kept(_ name: String, _ pin: EnvironmentPin?) -> [Lockfile.Entry<WheelPin>] {
        if update.renews(environment: name) { return [] }
        var entries = previous.wheels.filter { entry in
            pin.map { $0.wheels.contains { $0.utf8.elementsEqual(entry.name.utf8) } } ?? true
        }
        // One file name is one pin: what another environment found in this run counts.
        for (name, wheel) in wheels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if !entries.contains(where: { $0.name == name }) { entries.append(.init(name, wheel)) }
        }
        return entries.filter { !update.renews(wheel: $0.name) }
    }

    // MARK: Tools

    private mutating func workFolder() throws(StoreError) -> HostPath {
        if let work { return work }
        let made = try store.workFolder()
        work = made
        return made
    }

    private mutating func pip(of interpreter: FoundInterpreter) throws(StoreError) -> Pip? {
        if let known = pips[interpreter] { return known }
        let pip = Pip.find(for: interpreter, search: machine.search, work: try workFolder(), variables: machine.variables)
        // A pip that was ended is none, and no news about the machine.
        do throws(SystemError) { try Interruption.check() } catch { throw .refused(error) }
        pips[interpreter] = pip
        return pip
    }

    private mutating func resolution(
        _ pip: Pip, options: [String], kept: [Lockfile.Entry<WheelPin>], fitting: Set<String>
    ) throws(StoreError) -> WheelResolution {
        WheelResolution(
            pip: pip, root: root, work: try workFolder(), store: store, mask: SecretText(texts: options), kept: kept,
            fitting: fitting)
    }
}

/// Where a program is pinned from.
private enum ProgramSource {
    case interpreter(FoundInterpreter)
    case tool(String)

    func pin(_ pinning: any Pinning, _ store: DirectoryStore) throws(PinningError) -> ProgramPin {
        switch self {
        case .interpreter(let interpreter): try pinning.pin(interpreter: interpreter, store: store)
        case .tool(let name): try pinning.pin(tool: name, store: store)
        }
    }
}

/// What of this machine resolving asks.
struct ResolvingSurroundings: Sendable {
    var search = InterpreterSearch()
    /// Variables for pip beside this process's own.
    var variables: [String: String] = [:]
    var pinning: any Pinning = MachinePinning()
}
