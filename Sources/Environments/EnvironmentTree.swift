package import Locking
package import Storage

/// Why an environment that is locked cannot be had.
package enum EnvironmentError: Error, Hashable, Sendable, CustomStringConvertible {
    case store(StoreError)
    /// A pinned object is not in the store; the pin's name.
    case missing(pin: String)
    /// Two parts put different content at one place.
    case clash(path: String, parts: [String])
    /// The lock is for another system or architecture.
    case platform(locked: String, here: String)
    /// A wheel that cannot be installed, and why.
    case badWheel(String, reason: String)

    package var description: String {
        switch self {
        case .store(let error): error.description
        case .missing(let pin): "'\(pin)' is not in the store"
        case .clash(let path, let parts): "\(parts.map { "'\($0)'" }.joined(separator: " and ")) differ in '\(path)'"
        case .platform(let locked, let here): "the environment is locked for \(locked), and this is \(here)"
        case .badWheel(let wheel, let reason): "'\(wheel)' cannot be installed: \(reason)"
        }
    }
}

/// The folder that commands find as their root: programs, libraries, an interpreter with its packages.
package enum EnvironmentTree {
    /// The version of how an environment is put together; part of the keys of commands.
    package static let version = 1

    /// The root folder of a locked environment as one tree, put together from pinned objects; from the cache when it was made before.
    package static func assemble(
        _ pin: EnvironmentPin, _ lockfile: Lockfile, store: DirectoryStore
    ) throws(EnvironmentError) -> StoredObject {
        throw .missing(pin: "environment")
    }
}
