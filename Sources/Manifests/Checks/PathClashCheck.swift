import Diagnostics

/// Finds paths of the manifest that get in each other's way.
///
/// No two outputs are equal or one inside the other, and no output is, holds or lies inside what is read; all of this also when case
/// and Unicode spelling are set aside, as some file systems do.
///
/// - Complexity: O(paths x log paths)
struct PathClashCheck {
    enum Role {
        /// A command's output: `STAGE.OUTPUT`.
        case output(String)
        /// Something that is read, as messages call it; `isInput` for an input of a stage, which can take a reference instead.
        case input(String, isInput: Bool)
    }

    struct Claim {
        let path: RelativePath
        let role: Role
        let span: SourceSpan

        var isOutput: Bool {
            if case .output = role { true } else { false }
        }

        var phrase: String {
            switch role {
            case .output(let name): "output '\(name)'"
            case .input(let name, _): name
            }
        }
    }

    private(set) var claims: [Claim] = []

    mutating func add(_ path: RelativePath, _ role: Role, at span: SourceSpan) {
        claims.append(Claim(path: path, role: role, span: span))
    }

    func report(_ problems: inout Problems) {
        // With the separator below all other bytes, what lies inside a folder follows the folder directly: `a`, `a/b`, `a-c`.
        var folding = Folding()
        let keyed = claims.map { (key: folding.key($0.path), claim: $0) }
        let sorted = keyed.sorted { left, right in
            if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
            if left.claim.isOutput != right.claim.isOutput { return left.claim.isOutput }
            return left.claim.span.lower < right.claim.span.lower
        }
        // The claims around the present one, outermost first, and for each the innermost output up to it.
        var around: [(key: [UInt8], claim: Claim, output: (claim: Claim, key: [UInt8])?)] = []
        for (key, claim) in sorted {
            while let last = around.last, !key.starts(with: last.key) { around.removeLast() }
            if let outer = around.last {
                if let output = outer.output {
                    Self.report(claim, inside: output.claim, isEqual: key == output.key, &problems)
                } else if claim.isOutput {
                    Self.report(claim, inside: outer.claim, isEqual: key == outer.key, &problems)
                }
            }
            around.append((key, claim, claim.isOutput ? (claim, key) : around.last?.output))
        }
    }

    /// Gives paths the bytes by which they are compared: lower-case, one spelling, each component ended by a zero byte.
    private struct Folding {
        /// For each component beyond ASCII the bytes that stand for it and for all that are canonically equivalent to it.
        private var spellings: [String: [UInt8]] = [:]

        mutating func key(_ path: RelativePath) -> [UInt8] {
            var key: [UInt8] = []
            key.reserveCapacity(path.text.utf8.count + 1)
            for component in path.text.utf8.split(separator: UInt8(ascii: "/")) {
                if component.allSatisfy({ $0 < 0x80 }) {
                    key += component.lazy.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
                } else {
                    // String equality is canonical equivalence.
                    let lowered = Substring(component).lowercased()
                    let spelling = spellings[lowered] ?? Array(lowered.utf8)
                    spellings[lowered] = spelling
                    key += spelling
                }
                key.append(0)
            }
            return key
        }
    }

    /// Reports two paths of which one holds the other; `isEqual` says that they are one, case and spelling set aside.
    private static func report(_ inner: Claim, inside outer: Claim, isEqual: Bool, _ problems: inout Problems) {
        let isSame = inner.path == outer.path
        if inner.isOutput, outer.isOutput {
            let (first, second) = inner.span.lower < outer.span.lower ? (inner, outer) : (outer, inner)
            let notes = [problems.note("the other is here", at: first.span)]
            if isSame {
                problems.error(
                    "output-clash", "\(first.phrase) and \(second.phrase) have one path, '\(second.path)'", at: second.span, notes: notes)
            } else if isEqual {
                problems.error(
                    "case-clash", "\(first.phrase) and \(second.phrase) have paths that differ only in case or spelling", at: second.span,
                    notes: notes)
            } else {
                problems.error(
                    "nested-outputs", "\(inner.phrase) lies inside \(outer.phrase), '\(outer.path)'", at: second.span, notes: notes)
            }
            return
        }
        let (output, input) = inner.isOutput ? (inner, outer) : (outer, inner)
        let note = [problems.note("\(input.phrase) is here", at: input.span)]
        guard isEqual else {
            let relation = inner.isOutput ? "lies inside" : "holds"
            problems.error(
                "output-overlaps-input", "\(output.phrase) \(relation) \(input.phrase), '\(input.path)'", at: output.span, notes: note)
            return
        }
        if case .input(_, isInput: true) = input.role, case .output(let reference) = output.role, isSame {
            problems.error(
                "output-overlaps-input", "\(input.phrase) is what \(output.phrase) makes", at: input.span,
                notes: [problems.note("\(output.phrase) is here", at: output.span)],
                fixIt: .replaceString(at: input.span, with: reference))
        } else {
            problems.error("output-overlaps-input", "\(output.phrase) has the path of \(input.phrase)", at: output.span, notes: note)
        }
    }
}
