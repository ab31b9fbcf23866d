package import Diagnostics

/// What commands find beside their inputs: an interpreter, programs, variables.
package struct Environment: Sendable {
    package struct Python: Sendable {
        /// `3.11` or `3.11.4`
        package let version: String
        /// Requirements as pip reads them, in the manifest's order.
        package let requirements: [String]
        /// A file of requirements instead.
        package let requirementsFile: RelativePath?
        package let span: SourceSpan

        /// Whether ``requirementsFile`` is a lock of PEP 751, `pylock.toml` or `pylock.NAME.toml`, which pins versions and hashes itself.
        package var isLocked: Bool {
            requirementsFile.map(RequirementsFile.isLock) ?? false
        }
    }

    package struct Variable: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    /// The environment of the stages that name none: what `environment` declares.
    package static let defaultName = "default"
    /// The environment that holds `sh` and coreutils and nothing else; every other one holds them too.
    package static let baseName = "base"

    /// ``defaultName``, or its name in `environments`.
    package let name: String
    package let python: Python?
    /// Names of programs, in the manifest's order.
    package let tools: [String]
    /// In the manifest's order.
    package let variables: [Variable]
    /// The place of the name, or of the key `environment`.
    package let span: SourceSpan

    /// Whether it asks for nothing beyond the base.
    package var isEmpty: Bool { python == nil && tools.isEmpty && variables.isEmpty }
}
