package import Diagnostics

/// What `package` ships.
package struct Model: Sendable {
    /// Rows that the archive holds with the predictions expected of them.
    package struct Samples: Sendable {
        package let from: Reference
        package let span: SourceSpan
        package let rows: Int
    }

    /// Bounds that a metric has to keep; at least one of them is there.
    package struct Gate: Sendable {
        package let metric: String
        package let min: Double?
        package let max: Double?
        /// The place of the metric's name.
        package let span: SourceSpan
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
