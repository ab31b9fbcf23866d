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
        let contents = action.inputs.map { input -> (input: ActionInput, digest: Digest, kind: DataPin.Kind) in
            guard let known = inputs.first(where: { $0.name.utf8.elementsEqual(input.name.utf8) }) else {
                preconditionFailure("a key takes the content of every input")
            }
            return (input, known.digest, known.kind)
        }
        let document =
            switch action.work {
            case .kind(let kind, let options): document(of: action, kind, options, inputs: contents)
            case .command(let work): CommandDocument.of(action, work, inputs: contents)
            }
        return ActionKey(digest: CanonicalJSON.digest(document), document: document)
    }

    /// What a command's random bytes are derived from: the digest of the document without the platform.
    ///
    /// A processor with more instructions must not change what is drawn.
    // SPEC: action-key.md#entropy
    package var entropyKey: Digest {
        guard case .object(let members) = document else { return digest }
        return CanonicalJSON.digest(.object(members.filter { !$0.name.utf8.elementsEqual("platform".utf8) }))
    }

    private static func document(
        of action: Action, _ kind: StageKind, _ options: JSONValue,
        inputs: [(input: ActionInput, digest: Digest, kind: DataPin.Kind)]
    ) -> JSONValue {
        let contents = inputs.map { known in
            var members = [
                JSONMember("digest", .string(known.digest.description)),
                JSONMember("kind", .string(known.kind.word)),
            ]
            if let form = known.input.form { members.append(JSONMember("format", .string(form.format.rawValue))) }
            if let delimiter = known.input.form?.delimiter { members.append(JSONMember("delimiter", .string(delimiter.rawValue))) }
            return JSONMember(known.input.name, .object(members))
        }
        return .object([
            JSONMember("version", .integer(version)),
            JSONMember("kind", .string(kind.rawValue)),
            JSONMember("kindVersion", .integer(kind.description.semanticVersion)),
            JSONMember("options", options),
            JSONMember("parameters", .object(action.parameters.map { JSONMember($0.name, $0.value) })),
            JSONMember("inputs", .object(contents)),
            JSONMember("outputs", .object(action.outputs.map { JSONMember($0.name, .string($0.type.rawValue)) })),
        ])
    }
}
