internal import Canonical

/// Names that are no part of data, by patterns in the manner of gitignore; the documented subset of it.
// SPEC: store.md#what-is-left-out
package struct IgnoreRules: Hashable, Sendable {
    /// Sorted by bytes, none twice: their order means nothing.
    package let patterns: [String]
    private let rules: [Rule]
    private let number: UInt64
    /// Whether it matters where the data begins.
    private let isAnchored: Bool

    private struct Rule: Hashable, Sendable {
        /// The parts between slashes; an empty one stands for `**`.
        let parts: [[UInt8]]
        let isForFolders: Bool
    }

    /// Rules that leave nothing out.
    package static let none = IgnoreRules([])

    /// - Parameter patterns: each as the manifest allows it.
    package init(_ patterns: [String]) {
        let patterns = Set(patterns).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.patterns = patterns
        let digest = Digest.of(Array(patterns.joined(separator: "\n").utf8)).bytes
        number = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let slash = UInt8(ascii: "/")
        isAnchored = patterns.contains { $0.utf8.dropLast().contains(slash) }
        rules = patterns.map { pattern in
            var bytes = Array(pattern.utf8)[...]
            let isForFolders = bytes.last == slash
            if isForFolders { bytes = bytes.dropLast() }
            let isAnchored = bytes.contains(slash)
            if bytes.first == slash { bytes = bytes.dropFirst() }
            let anywhere: [UInt8] = []
            let parts = bytes.split(separator: slash).map { Array($0) == Array("**".utf8) ? anywhere : Array($0) }
            return Rule(parts: isAnchored ? parts : [anywhere] + parts, isForFolders: isForFolders)
        }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// A number that stands for what these rules mean in a folder that lies so many folders below the data's own; 0 for none.
    func fingerprint(depth: Int) -> UInt64 {
        if isEmpty { return 0 }
        return isAnchored ? number &+ UInt64(depth) &* 0x9E37_79B9_7F4A_7C15 : number
    }

    /// Whether what lies at `path` is left out; folders above it are not.
    ///
    /// - Parameter path: the names on the way from the data's folder.
    package func leavesOut(_ path: [[UInt8]], isFolder: Bool) -> Bool {
        rules.contains { ($0.isForFolders ? isFolder : true) && Self.matches($0.parts[...], path[...]) }
    }

    private static func matches(_ parts: ArraySlice<[UInt8]>, _ path: ArraySlice<[UInt8]>) -> Bool {
        guard let part = parts.first else { return path.isEmpty }
        guard part.isEmpty else {
            guard let name = path.first, fits(name, part) else { return false }
            return matches(parts.dropFirst(), path.dropFirst())
        }
        let rest = parts.dropFirst()
        // At the end `**` stands for everything inside.
        if rest.isEmpty { return !path.isEmpty }
        return (path.startIndex...path.endIndex).contains { matches(rest, path[$0...]) }
    }

    /// Whether a name fits a pattern with `*` and `?`; quadratic at worst.
    private static func fits(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, place) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == name[place] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (at, place) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
