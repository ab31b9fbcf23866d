package import Manifests
package import Storage

extension DataEntry {
    /// What the store is to have of it.
    package var keeping: DataKeeping {
        switch keep {
        case .copy: .everything
        case .reference: .trees
        }
    }

    /// What is left out of its folder.
    package var rules: IgnoreRules { IgnoreRules(ignore) }
}
