import Manifests

/// Which data entries are read when a manifest is resolved; the others keep their pins, and nothing looks at their files.
///
/// Entries without a pin are read in every scope.
package enum ResolveScope: Hashable, Sendable {
    /// All entries, through the cache of signatures.
    case everything
    /// The entries of these names, without trusting the cache.
    case named(Set<String>)
    /// No others than those without a pin, through the cache: what a build may pin on its own.
    case unpinned
}

extension ResolveScope {
    func includes(_ name: String) -> Bool {
        switch self {
        case .everything: true
        case .named(let names): names.contains(name)
        case .unpinned: false
        }
    }

    /// Whether nothing is asked about an entry: it has this pin.
    func keeps(_ pin: DataPin, of entry: DataEntry) -> Bool {
        if !includes(entry.name) { return true }
        // What lies elsewhere is what it was until somebody asks for it by name.
        if case .named = self { return false }
        return entry.url != nil && pin.source?.serves(entry) == true
    }

    /// Whether what the cache says of the entry `name` counts.
    func trustsSignatures(of name: String) -> Bool {
        if case .named(let names) = self { !names.contains(name) } else { true }
    }
}
