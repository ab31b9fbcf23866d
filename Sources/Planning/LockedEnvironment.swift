import Locking
import Manifests

/// An environment as the lock pins it, with the pins that it names and the variables that the manifest gives it.
struct LockedEnvironment {
    /// A pin that an environment names and the lock lacks.
    struct Missing: Error {
        let pin: String
    }

    private let name: String
    private let pin: EnvironmentPin
    private let programs: [Lockfile.Entry<ProgramPin>]
    private let wheels: [Lockfile.Entry<WheelPin>]
    private let variables: [Environment.Variable]

    /// - Parameter declared: what the manifest says of it; nil for the base.
    static func of(
        _ name: String, _ pin: EnvironmentPin, _ declared: Environment?, in lock: Lockfile
    ) -> Result<LockedEnvironment, Missing> {
        var programs: [Lockfile.Entry<ProgramPin>] = []
        for name in pin.programs.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let program = lock.pin(program: name) else { return .failure(Missing(pin: name)) }
            programs.append(Lockfile.Entry(name, program))
        }
        var wheels: [Lockfile.Entry<WheelPin>] = []
        for name in pin.wheels {
            guard let wheel = lock.pin(wheel: name) else { return .failure(Missing(pin: name)) }
            wheels.append(Lockfile.Entry(name, wheel))
        }
        return .success(
            LockedEnvironment(name: name, pin: pin, programs: programs, wheels: wheels, variables: declared?.variables ?? []))
    }

    /// Whether the pinned files are for machines of a platform class.
    func fits(_ platform: String) -> Bool {
        // `linux-x86_64` names the architecture, `linux-x86-64-v3` a level of it.
        let plain = platform.replacing("-x86-64-v", with: "-x86_64-v")
        return plain == pin.platform || plain.hasPrefix(pin.platform + "-v")
    }

    /// `command` in this environment.
    func work(_ command: Command, arguments: [String], platform: String, isolation: Isolation) -> CommandWork {
        let own = Self.overriding([], (variables + command.variables).map { ($0.name, $0.value) })
        let profile = DeterminismProfile.variables(
            threads: command.threads, platform: platform, wheels: wheels.compactMap { WheelName($0.name) })
        return CommandWork(
            arguments: arguments, environmentName: name, environment: pin, programs: programs, wheels: wheels,
            variables: Self.overriding(profile, own), threads: command.threads, entropy: command.entropy, addresses: command.addresses,
            timeout: command.timeout, resources: command.resources, isolation: isolation, platform: platform, ownVariables: own)
    }

    /// Both lists as one, sorted by name; of two with one name the later counts.
    private static func overriding(
        _ first: [(name: String, value: String)], _ second: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        let values = Dictionary((first + second).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        return values.map { (name: $0.key, value: $0.value) }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
