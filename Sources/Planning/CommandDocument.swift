import Canonical
import Locking
import Manifests

/// The key document of a command.
// SPEC: action-key.md#commands
enum CommandDocument {
    static func of(_ action: Action, _ work: CommandWork, inputs: [(input: ActionInput, digest: Digest, kind: DataPin.Kind)]) -> JSONValue {
        .object([
            JSONMember("version", .integer(ActionKey.version)),
            JSONMember("command", .object([JSONMember("arguments", .array(work.arguments.map { .string($0) }))])),
            JSONMember("parameters", .object(action.parameters.map { JSONMember($0.name, $0.value) })),
            JSONMember("inputs", .object(inputs.map { JSONMember($0.input.name, content($0.input, $0.digest, $0.kind)) })),
            JSONMember("outputs", .object(action.outputs.map { JSONMember($0.name, place($0)) })),
            JSONMember("environment", environment(work)),
            JSONMember("profile", .integer(DeterminismProfile.version)),
            JSONMember("threads", .integer(work.threads)),
            JSONMember("entropy", .string(work.entropy.rawValue)),
            JSONMember("addresses", .string(work.addresses.rawValue)),
            JSONMember("isolation", .string(work.isolation.rawValue)),
            JSONMember("sandbox", .integer(CommandWork.sandboxVersion)),
            JSONMember("platform", .string(work.platform)),
        ])
    }

    private static func content(_ input: ActionInput, _ digest: Digest, _ kind: DataPin.Kind) -> JSONValue {
        .object([
            JSONMember("digest", .string(digest.description)), JSONMember("kind", .string(kind.word)),
            JSONMember("path", .string(input.path.text)),
        ])
    }

    private static func place(_ output: StageOutput) -> JSONValue {
        .object([JSONMember("kind", .string(output.isTree ? "tree" : "file")), JSONMember("path", .string(output.path.text))])
    }

    private static func environment(_ work: CommandWork) -> JSONValue {
        var members: [JSONMember] = []
        var programs = work.programs[...]
        if let name = work.environment.python, let python = programs.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            programs.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
            let version = name.hasPrefix("python-") ? String(name.dropFirst("python-".count)) : name
            members.append(JSONMember("python", .string(KeyDifference.versioned(version, python.pin.tree.digest))))
        }
        let tools = programs.map { JSONMember($0.name, .string($0.pin.tree.digest.description)) }
        members.append(JSONMember("programs", .object(tools)))
        members.append(JSONMember("wheels", .object(wheels(work.wheels))))
        if let libraries = work.environment.libraries { members.append(JSONMember("libraries", .string(libraries.digest.description))) }
        members.append(JSONMember("variables", .object(work.ownVariables.map { JSONMember($0.name, .string($0.value)) })))
        members.append(JSONMember("assembly", .integer(CommandWork.assemblyVersion)))
        return .object(members)
    }

    /// By project, so that a new version of a wheel is a difference of one part; by file name where a project has two.
    private static func wheels(_ wheels: [Lockfile.Entry<WheelPin>]) -> [JSONMember] {
        var seen: Set<String> = []
        return wheels.map { wheel in
            guard let name = WheelName(wheel.name), seen.insert(name.project).inserted else {
                return JSONMember(wheel.name, .string(wheel.pin.digest.description))
            }
            return JSONMember(name.project, .string(KeyDifference.versioned(name.version, wheel.pin.digest)))
        }
    }
}
