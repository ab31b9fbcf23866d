import Canonical
import Diagnostics
import Manifests
import Platform

/// What a manifest asks of an environment, files of requirements included.
struct EnvironmentRequest {
    /// The canonical document of everything that resolving answers; its digest is in the pin.
    let digest: Digest
    /// Nil for a `pylock.toml`, whose meaning only an interpreter can tell.
    let requirements: RequirementsList?
    /// The bytes of a `pylock.toml`.
    let lock: [UInt8]?

    /// The version of what the document says.
    private static let version = 1

    /// What `environment`, or the base if it is nil, asks for; a diagnostic for each thing wrong with its file of requirements.
    static func read(_ environment: Environment?, root: HostPath, places: ManifestPlaces) -> Diagnosed<EnvironmentRequest> {
        var members = [JSONMember("version", .integer(version)), JSONMember("tools", strings((environment?.tools ?? []).sortedByBytes()))]
        guard let python = environment?.python else { return Diagnosed(EnvironmentRequest(members, requirements: nil, lock: nil)) }
        members.append(JSONMember("python", .string(python.version)))
        guard let file = python.requirementsFile else {
            members.append(JSONMember("requirements", strings(python.requirements.sortedByBytes())))
            let list = RequirementsReader.list(of: python.requirements, file: Manifest.fileName)
            return Diagnosed(EnvironmentRequest(members, requirements: list, lock: nil))
        }
        if python.isLocked {
            do throws(SystemError) {
                let bytes: [UInt8]
                switch try WorkspaceFile.read(file.text, root: root, limit: largestLock) {
                case .bytes(let content): bytes = content
                case .nothing: return Diagnosed(nil, [EnvironmentProblem.noFile(file.text, at: places.file)])
                case .outside(let target): return Diagnosed(nil, [EnvironmentProblem.outside(file.text, target, at: places.file)])
                }
                members.append(JSONMember("files", .object([JSONMember(file.text, .string(Digest.of(bytes).description))])))
                return Diagnosed(EnvironmentRequest(members, requirements: nil, lock: bytes))
            } catch {
                return Diagnosed(nil, [EnvironmentProblem.unreadableFile(file.text, error.reason, at: places.file)])
            }
        }
        let list = RequirementsReader.read(file, root: root)
        guard list.problems.isEmpty else {
            return Diagnosed(nil, list.problems.map { EnvironmentProblem.requirements($0, isWhole: $0.file == file.text, at: places.file) })
        }
        members.append(JSONMember("files", .object(list.files.map { JSONMember($0.path, .string($0.digest.description)) })))
        return Diagnosed(EnvironmentRequest(members, requirements: list, lock: nil))
    }

    private static let largestLock = 64 << 20

    private init(_ members: [JSONMember], requirements: RequirementsList?, lock: [UInt8]?) {
        digest = CanonicalJSON.digest(.object(members))
        self.requirements = requirements
        self.lock = lock
    }

    private static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension [String] {
    /// In an order that no locale and no process changes.
    func sortedByBytes() -> [String] {
        sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
