package import Diagnostics

/// What `package` ships.
package struct Model: Sendable {
    /// Rows that the archive holds with the predictions expected of them.
    package struct Samples: Sendable {
        package let from: Reference
        package let span: SourceSpan
        package let rows: Int
    }

    /// Bounds that a metric or the level of proof has to keep; at least one of them is there.
    package struct Gate: Sendable {
        /// The name of the gate that bounds the level of proof and no metric; its `min` is a whole number from 0 to 3.
        package static let reproducibility = "reproducibility"

        /// A metric's name, or ``reproducibility``.
        package let metric: String
        package let min: Double?
        package let max: Double?
        /// The place of the metric's name.
        package let span: SourceSpan

        /// The level of proof that is asked for, 0 to 3; nil for a gate on a metric.
        package var level: Int? {
            metric == Self.reproducibility ? min.flatMap(Int.init(exactly:)) : nil
        }
    }

    package let from: Reference
    package let fromSpan: SourceSpan
    /// A semantic version, such as `1.0.0`.
    package let version: String
    package let metrics: Reference?
    package let metricsSpan: SourceSpan?
    package let samples: Samples?
    /// In the manifest's order.
    package let gates: [Gate]
    /// The place of the key `model`.
    package let span: SourceSpan
}

/// How the model is run where it is used.
package struct Deployment: Sendable {
    /// The port where the manifest names none.
    package static let defaultPort = 8080

    package struct Serve: Sendable {
        package let port: Int
    }

    package let serve: Serve?
    /// The place of the key `deployment`.
    package let span: SourceSpan
}
