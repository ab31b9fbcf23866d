package import Canonical
package import Locking
package import Manifests
internal import StageKinds
package import Storage

/// Metrics by name, as a stage's output holds them.
package struct Metrics: Sendable {
    /// The whole document.
    package let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    /// Reads what `reference` leads to; none when there is no reference.
    ///
    /// - Throws: ``PackingError/notBuilt(stage:)`` when it has no result in `lock`; what is wrong with its file.
    package static func read(
        _ reference: Reference?, in manifest: Manifest, lock: Lockfile, store: DirectoryStore
    ) throws(PackingError) -> Metrics {
        guard let reference else { return Metrics([:]) }
        return Metrics(try Artifacts(manifest: manifest, lock: lock, store: store).metrics(reference))
    }

    /// The outputs of a stage that hold metrics.
    package static func references(of stage: Stage) -> [Reference] {
        stage.outputs.filter { $0.type == .metrics }.map { .output(stage: stage.name, name: $0.name) }
    }

    /// The numbers among them in the document's order, without the version of its format.
    package var numbers: [(name: String, value: Double)] { Self.numbers(in: document) }

    /// As ``numbers``, of a document such as an archive carries.
    package static func numbers(in document: JSONValue) -> [(name: String, value: Double)] {
        (document.objectValue ?? []).compactMap { member in
            if member.name.utf8.elementsEqual("version".utf8) { return nil }
            guard let value = member.value.numberValue, value.isFinite else { return nil }
            return (member.name, value)
        }
    }
}
