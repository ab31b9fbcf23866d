import Canonical
import Locking

/// What an environment is put together from: the pins that its own pin names.
struct EnvironmentParts {
    struct Program {
        let name: String
        let tree: DataPin
    }

    struct Wheel {
        let fileName: String
        let pin: WheelPin
    }

    static let librariesName = "libraries"

    let platform: String
    /// The interpreter and the tools, sorted by name.
    let programs: [Program]
    /// Sorted by file name.
    let wheels: [Wheel]
    let libraries: DataPin?

    /// - Throws: `.missing` when the lockfile has no pin of a name.
    init(_ pin: EnvironmentPin, _ lockfile: Lockfile) throws(EnvironmentError) {
        platform = pin.platform
        libraries = pin.libraries
        var programs: [Program] = []
        for name in (pin.tools + (pin.python.map { [$0] } ?? [])).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let program = lockfile.pin(program: name) else { throw .missing(pin: name) }
            programs.append(Program(name: name, tree: program.tree))
        }
        self.programs = programs
        var wheels: [Wheel] = []
        for name in pin.wheels.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let wheel = lockfile.pin(wheel: name) else { throw .missing(pin: name) }
            wheels.append(Wheel(fileName: name, pin: wheel))
        }
        self.wheels = wheels
    }

    /// The document whose digest is the key of the environment: what it is put together from, and by which rules.
    // SPEC: environments.md#the-tree
    var document: JSONValue {
        let programs = programs.map { JSONMember($0.name, .string($0.tree.digest.description)) }
        let wheels = wheels.map { JSONMember($0.fileName, .string($0.pin.digest.description)) }
        return [
            "kind": "environment",
            "libraries": libraries.map { .string($0.digest.description) } ?? .null,
            "platform": .string(platform),
            "programs": .object(programs),
            "version": .integer(EnvironmentTree.version),
            "wheels": .object(wheels),
        ]
    }
}
