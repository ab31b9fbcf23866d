package import Canonical

/// One part of a key document that is not the same in another: its name, and what it was and is.
package struct KeyDifference: Hashable, Sendable {
    /// The path of the part: `options.learner.trees`, `options.layers[2]`, `inputs.table`.
    package let part: String
    /// Nil when the part is new.
    package let before: JSONValue?
    /// Nil when the part is gone.
    package let after: JSONValue?

    package init(part: String, before: JSONValue?, after: JSONValue?) {
        self.part = part
        self.before = before
        self.after = after
    }

    /// The parts in which two key documents differ, in the order of the document's top level, then by name.
    ///
    /// Nothing differs exactly when the canonical forms are the same. A part that one document lacks as a whole is one
    /// difference; so is a list of another length.
    ///
    /// - Complexity: O(size of both documents)
    package static func between(_ before: JSONValue, _ after: JSONValue) -> [KeyDifference] {
        var walk = DifferenceWalk()
        walk.compare("", before, after)
        let order = [
            "version", "kind", "kindVersion", "options", "command", "parameters", "inputs", "outputs", "environment", "profile",
            "threads", "entropy", "addresses", "isolation", "sandbox", "platform",
        ]
        func rank(_ difference: KeyDifference) -> Int {
            let top = difference.part.prefix { $0 != "." && $0 != "[" }
            return order.firstIndex(of: String(top)) ?? order.count
        }
        return walk.found.enumerated().sorted { first, second in
            let left = rank(first.element)
            let right = rank(second.element)
            return left != right ? left < right : first.offset < second.offset
        }.map(\.element)
    }

    /// The difference in one line for people: `options.learner.trees: 100 -> 200`.
    package var text: String {
        if let versions { return "\(part): \(versions.before) -> \(versions.after)" }
        let (old, new) = (Self.shown(before), Self.shown(after))
        if let old, let new, let (first, second) = Self.cut(old.line, new.line) { return "\(part): \(first) -> \(second)" }
        return "\(part): \(old.map { Self.brief($0.line) } ?? "absent") -> \(new.map { Self.brief($0.line) } ?? "absent")"
    }

    /// The versions on both sides, where they are all that is to be said: `1.26.3` and `1.26.4`.
    package var versions: (before: String, after: String)? {
        guard let old = Self.shown(before)?.version, let new = Self.shown(after)?.version, old != new else { return nil }
        return (old, new)
    }

    /// The text of something pinned that has a version: `1.26.4 sha256:...`.
    static func versioned(_ version: String, _ digest: Digest) -> String { "\(version) \(digest)" }

    /// Longest value that ``text`` shows whole, in Unicode scalars.
    private static let longest = 60

    /// A value on one line, and its version where it is something pinned that has one.
    private static func shown(_ value: JSONValue?) -> (line: String, version: String?)? {
        guard var value else { return nil }
        // An input as a whole is told by its content.
        if let digest = value["digest"] { value = digest }
        guard let text = value.stringValue else { return (JSONText.line(value), nil) }
        if let digest = Digest(text) { return (brief(digest), nil) }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        if words.count == 2, let digest = Digest(String(words[1])) { return ("\(words[0]) (\(brief(digest)))", String(words[0])) }
        return (JSONText.line(value), nil)
    }

    private static func brief(_ digest: Digest) -> String { "sha256:\(digest.hex.prefix(12))…" }

    private static func brief(_ line: String) -> String {
        let scalars = line.unicodeScalars
        guard scalars.count > longest else { return line }
        return text(scalars.prefix(longest)) + "…"
    }

    /// Two long texts from shortly before the place where they part; nil where their beginnings show the difference.
    private static func cut(_ before: String, _ after: String) -> (String, String)? {
        let (old, new) = (Array(before.unicodeScalars), Array(after.unicodeScalars))
        let same = zip(old, new).prefix { $0 == $1 }.count
        guard same >= longest - 10, max(old.count, new.count) > longest else { return nil }
        let from = same - 20
        func part(_ scalars: [Unicode.Scalar]) -> String {
            "…" + text(scalars[from...].prefix(longest)) + (scalars.count > from + longest ? "…" : "")
        }
        return (part(old), part(new))
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

/// Walks two values side by side.
private struct DifferenceWalk {
    var found: [KeyDifference] = []

    // Documents are as deep as the reader of manifests and records allows, so recursion is bounded.
    mutating func compare(_ part: String, _ before: JSONValue, _ after: JSONValue) {
        if let left = before.objectValue, let right = after.objectValue {
            compareMembers(part, left, right)
        } else if let left = before.arrayValue, let right = after.arrayValue, left.count == right.count {
            for index in left.indices { compare("\(part)[\(index)]", left[index], right[index]) }
        } else if CanonicalJSON.encode(before) != CanonicalJSON.encode(after) {
            found.append(KeyDifference(part: part, before: before, after: after))
        }
    }

    private mutating func compareMembers(_ part: String, _ left: [JSONMember], _ right: [JSONMember]) {
        let isInput = part.utf8.starts(with: "inputs.".utf8)
        var old = byName(left)[...]
        var new = byName(right)[...]
        while let first = [old.first, new.first].compactMap({ $0?.name }).min(by: precede) {
            let before = take(first, from: &old)
            let after = take(first, from: &new)
            // The digest is what an input is: `inputs.table: sha256:… -> sha256:…`.
            let name = isInput && first.utf8.elementsEqual("digest".utf8) ? part : joined(part, first)
            if let before, let after {
                compare(name, before, after)
            } else {
                found.append(KeyDifference(part: name, before: before, after: after))
            }
        }
    }

    private func byName(_ members: [JSONMember]) -> [JSONMember] {
        members.sorted { precede($0.name, $1.name) }
    }

    private func precede(_ first: String, _ second: String) -> Bool {
        first.utf8.lexicographicallyPrecedes(second.utf8)
    }

    private func take(_ name: String, from members: inout ArraySlice<JSONMember>) -> JSONValue? {
        guard let first = members.first, first.name.utf8.elementsEqual(name.utf8) else { return nil }
        members.removeFirst()
        return first.value
    }

    private func joined(_ part: String, _ name: String) -> String {
        // A parameter is named by its path already.
        if part == "parameters" { return "parameters.\(name)" }
        let word = isPlain(name) ? name : JSONText.quoted(name)
        return part.isEmpty ? word : "\(part).\(word)"
    }

    /// Whether a name reads as a step of a path; names of columns can hold anything.
    private func isPlain(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return !name.isEmpty
            && name.utf8.allSatisfy { byte in
                letters.contains(byte | 0x20) && byte >= UInt8(ascii: "A") || digits.contains(byte) || "-_".utf8.contains(byte)
            }
    }
}
