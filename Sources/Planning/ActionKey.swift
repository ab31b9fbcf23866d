package import Canonical
package import Locking
import Manifests
import StageKinds

/// The digest of everything that can change an action's result, and the document of named parts that it is the digest of.
///
/// `Specs/action-key.md` has a row for each part, and for what is left out.
package struct ActionKey: Sendable {
    /// The version of the document's shape; part of the document.
    package static let version = 1

    /// The SHA-256 of the document's canonical JSON.
    package let digest: Digest
    package let document: JSONValue

    /// The key of `action` once the content of its inputs is known.
    ///
    /// `inputs` has one entry for each input of the action, in any order.
    ///
    /// - Complexity: O(size of the document); independent of the graph around the action
    // SPEC: action-key.md#parts
    package static func of(_ action: Action, inputs: [(name: String, digest: Digest, kind: DataPin.Kind)]) -> ActionKey {
        precondition(inputs.count == action.inputs.count, "a key takes the content of every input")
        let contents = action.inputs.map { input in
            guard let known = inputs.first(where: { $0.name.utf8.elementsEqual(input.name.utf8) }) else {
                preconditionFailure("a key takes the content of every input")
            }
            var members = [
                JSONMember("digest", .string(known.digest.description)),
                JSONMember("kind", .string(known.kind.word)),
            ]
            if let format = input.format { members.append(JSONMember("format", .string(format.rawValue))) }
            return JSONMember(input.name, .object(members))
        }
        let outputs = action.outputs.map { JSONMember($0.name, .string($0.type.rawValue)) }
        guard case .kind(let kind, let options) = action.work else { preconditionFailure("the planner makes no actions of commands yet") }
        let document = JSONValue.object([
            JSONMember("version", .integer(version)),
            JSONMember("kind", .string(kind.rawValue)),
            JSONMember("kindVersion", .integer(kind.description.semanticVersion)),
            JSONMember("options", options),
            JSONMember("parameters", .object(action.parameters.map { JSONMember($0.name, $0.value) })),
            JSONMember("inputs", .object(contents)),
            JSONMember("outputs", .object(outputs)),
        ])
        return ActionKey(digest: CanonicalJSON.digest(document), document: document)
    }
}
