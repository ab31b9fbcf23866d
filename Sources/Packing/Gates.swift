package import Archives
internal import Canonical
package import Locking
package import Manifests
package import Storage

/// The gates of a manifest's model, held against what its metrics say.
package enum Gates {
    /// One verdict for each gate on a metric, in the manifest's order; a metric that is missing or not a number is not met.
    ///
    /// - Throws: ``PackingError/notBuilt(stage:)`` when the metrics have no result in `lock`; what is wrong with their file.
    package static func verdicts(
        of model: Model, in manifest: Manifest, lock: Lockfile, store: DirectoryStore
    ) throws(PackingError) -> [GateVerdict] {
        verdicts(of: model, try Metrics.read(model.metrics, in: manifest, lock: lock, store: store))
    }

    /// One verdict for each gate on a metric, over metrics that have been read.
    package static func verdicts(of model: Model, _ metrics: Metrics) -> [GateVerdict] {
        // The level of proof is a fact about how a result was made, and no metric.
        model.gates.filter { !$0.metric.utf8.elementsEqual(Model.Gate.reproducibility.utf8) }.map { gate in
            GateVerdict(metric: gate.metric, minimum: gate.min, maximum: gate.max, value: metrics.document[gate.metric]?.numberValue)
        }
    }
}
