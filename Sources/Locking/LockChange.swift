import Canonical
import Storage

/// What resolving changes about the pin of one data entry.
package struct LockChange: Hashable, Sendable, CustomStringConvertible {
    /// The data entry.
    package let name: String
    /// Nil when the entry had no pin.
    package let before: DataPin?
    /// Nil when the manifest no longer has the entry.
    package let after: DataPin?

    package init(name: String, before: DataPin?, after: DataPin?) {
        precondition(before != after, "a change changes something")
        self.name = name
        self.before = before
        self.after = after
    }

    /// One line for people, with whole digests.
    package var description: String {
        switch (before, after) {
        case (nil, let after?): "data '\(name)' is new: \(Self.text(after))"
        case (let before?, nil): "data '\(name)' is gone from the manifest: it was \(Self.text(before))"
        case (let before?, let after?): "data '\(name)' changed: it was \(Self.text(before)), it is \(Self.text(after))"
        case (nil, nil): "data '\(name)'"
        }
    }

    private static func text(_ pin: DataPin) -> String {
        let files = pin.kind == .tree ? "\(pin.files) \(pin.files == 1 ? "file" : "files"), " : ""
        let left = pin.ignore.isEmpty ? "" : ", without \(pin.ignore.map { "'\($0)'" }.joined(separator: ", "))"
        let reference = pin.isReference ? ", as a reference" : ""
        let source = pin.source.map { ", from \($0.url)" } ?? ""
        return "\(pin.digest) (\(files)\(pin.size) \(pin.size == 1 ? "byte" : "bytes")\(left)\(reference)\(source))"
    }

    /// The changes that lead from `before` to `after`, sorted by the bytes of the names.
    static func between(_ before: Lockfile, _ after: Lockfile) -> [LockChange] {
        let names = before.data.map(\.name) + after.data.map(\.name).filter { before.pin(data: $0) == nil }
        return names.sorted(by: bytesPrecede).compactMap { name in
            let old = before.pin(data: name)
            let new = after.pin(data: name)
            return old == new ? nil : LockChange(name: name, before: old, after: new)
        }
    }
}
