internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import StageKinds
internal import Storage

/// What the engine's own process is asked to do: the key document of an action, and what the document does not hold.
struct EngineRequest {
    let document: JSONValue

    private static let version = 1

    /// Puts inputs that the store lacks into it, so that the process finds them.
    init(_ action: Action, inputs: ActionInputs, environment: PerformEnvironment, store: DirectoryStore) throws(ActionFailure) {
        var ports: [JSONMember] = []
        for input in action.inputs {
            let object = inputs.object(input.name)
            // Reading heals what was lost, and has what is only pinned from its place.
            let content: ActionOutput =
                object.kind == .tree ? .tree(try inputs.tree(input.name)) : .file(try inputs.bytes(input.name))
            do throws(StoreError) {
                if try !store.contains(object.digest) {
                    switch content {
                    case .file(let bytes): _ = try store.put(file: bytes)
                    case .tree(let files): _ = try store.put(files: files)
                    case .stored: break
                    }
                }
            } catch {
                throw .store(error)
            }
            ports.append(
                JSONMember(input.name, ["object": Self.value(object), "shown": .string(inputs.displayName(input.name))]))
        }
        do throws(StoreError) { try store.flush() } catch { throw .store(error) }
        guard store.root == HostPath(store.root.description) else {
            throw .message("the store's path is no UTF-8, and the engine's process cannot be told it")
        }
        let outputs = action.outputs.map { JSONMember($0.name, .boolean($0.isTree)) }
        document = [
            "version": .integer(Self.version), "stage": .string(action.stage), "store": .string(store.root.description),
            "threads": .integer(environment.threads), "key": .string(environment.key.digest.description),
            "action": environment.key.document,
            "ports": .object(ports), "trees": .object(outputs),
        ]
    }

    static func value(_ object: StoredObject) -> JSONValue {
        [
            "kind": .string(object.kind.rawValue), "digest": .string(object.digest.description), "size": .integer(object.size),
            "files": .integer(object.files),
        ]
    }

    static func object(_ value: JSONValue) -> StoredObject? {
        guard let kind = value["kind"]?.stringValue.flatMap(ObjectKind.init(rawValue:)),
            let digest = value["digest"]?.stringValue.flatMap({ Digest($0) }), let size = value["size"]?.integerValue,
            let files = value["files"]?.integerValue, size >= 0, files >= 0
        else { return nil }
        return StoredObject(kind: kind, digest: digest, size: size, files: files)
    }

    /// A request as the process understands it.
    struct Work {
        let action: Action
        let inputs: ActionInputs
        let environment: PerformEnvironment
        let store: DirectoryStore

        /// - Throws: ``ActionFailure/message(_:)`` for what is no request, and for one whose key is not the one of what it asks for.
        init(_ bytes: [UInt8]) throws(ActionFailure) {
            let parsed = JSONDocument.parse(SourceText(name: "request", bytes: bytes))
            guard let request = parsed.value?.root.value, !parsed.hasErrors, request["version"]?.integerValue == EngineRequest.version,
                let document = request["action"], let kind = document["kind"]?.stringValue.flatMap(StageKind.init(rawValue:)),
                let options = document["options"], let stage = request["stage"]?.stringValue, let root = request["store"]?.stringValue,
                let threads = request["threads"]?.integerValue, threads > 0, let ports = request["ports"]?.objectValue,
                let trees = request["trees"]?.objectValue, let nowhere = RelativePath("nowhere")
            else { throw .message("this is no request for the engine") }
            do throws(StoreError) { store = try DirectoryStore.open(HostPath(root)) } catch { throw .store(error) }
            var bound: [ActionInputs.Bound] = []
            var contents: [(name: String, digest: Digest, kind: ObjectKind)] = []
            var taken: [ActionInput] = []
            for port in ports {
                guard let object = port.value["object"].flatMap(EngineRequest.object), let shown = port.value["shown"]?.stringValue else {
                    throw .message("this is no request for the engine")
                }
                contents.append((port.name, object.digest, object.kind))
                bound.append(ActionInputs.Bound(port: port.name, object: object, displayName: shown))
                let known = document["inputs"]?[port.name]
                let delimiter = known?["delimiter"]?.stringValue.flatMap(TableForm.Delimiter.init(rawValue:))
                let form = known?["format"]?.stringValue.flatMap(TableFormat.init(rawValue:)).map { format in
                    TableForm(format, isFolder: object.kind == .tree, delimiter: delimiter)
                }
                taken.append(ActionInput(name: port.name, source: .file(nowhere), form: form, path: nowhere))
            }
            let outputs = trees.map { output in
                StageOutput(
                    name: output.name, path: nowhere,
                    type: document["outputs"]?[output.name]?.stringValue.flatMap(ArtifactType.init(rawValue:)) ?? .file,
                    isTree: output.value.booleanValue ?? false, form: nil, span: nil)
            }
            let parameters = (document["parameters"]?.objectValue ?? []).map { (name: $0.name, value: $0.value) }
            action = Action(stage: stage, work: .kind(kind, options: options), parameters: parameters, inputs: taken, outputs: outputs)
            inputs = ActionInputs(bound, store: store)
            let key = ActionKey.of(action, inputs: contents)
            // Another mlbuild, or a version of a kind that is not this one's, would give another result for good reasons.
            guard key.digest.description == request["key"]?.stringValue else { throw .message("the request is for another action") }
            environment = PerformEnvironment(threads: threads, key: key)
        }
    }
}
