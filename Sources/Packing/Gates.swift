package import Archives
internal import Canonical
package import Locking
package import Manifests
package import Storage

/// The gates of a manifest's model, held against what its metrics say.
package enum Gates {
    /// One verdict for each gate, in the manifest's order; a metric that is missing or not a number is not met.
    ///
    /// - Throws: ``PackingError/notBuilt(stage:)`` when the metrics have no result in `lock`; what is wrong with their file.
    package static func verdicts(
        of model: Model, in manifest: Manifest, lock: Lockfile, store: DirectoryStore
    ) throws(PackingError) -> [GateVerdict] {
        var metrics: JSONValue = [:]
        if let reference = model.metrics {
            metrics = try Artifacts(manifest: manifest, lock: lock, store: store).json(reference)
        }
        return verdicts(of: model, metrics)
    }

    static func verdicts(of model: Model, _ metrics: JSONValue) -> [GateVerdict] {
        model.gates.map { gate in
            GateVerdict(metric: gate.metric, minimum: gate.min, maximum: gate.max, value: metrics[gate.metric]?.numberValue)
        }
    }
}
