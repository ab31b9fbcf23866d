import Canonical
package import Diagnostics

/// Reads `mlops.lock` and says everything that is wrong with it.
///
/// A lock that somebody merely laid out anew is accepted with a warning, because its meaning is plain; everything else that
/// mlbuild cannot have written is an error, because a pin that is guessed at is no pin.
// SPEC: lockfile.md
package enum LockfileReader {
    /// The lockfile in `source`; no value when there are errors.
    ///
    /// - Complexity: O(bytes)
    package static func read(_ source: SourceText) -> Diagnosed<Lockfile> {
        let result = read(source, nesting: 0)
        return Diagnosed(result.hasErrors ? nil : result.value, result.diagnostics)
    }

    /// Conflicts inside conflicts come from merges of merges; nobody has them deeper than this.
    private static let deepestNesting = 4

    /// As ``read(_:)``, with a value also when pins that others stand on are all that is missing.
    private static func read(_ source: SourceText, nesting: Int) -> Diagnosed<Lockfile> {
        if let markers = ConflictMarkers(in: source) {
            return Diagnosed(nil, [conflict(markers, in: source, nesting: nesting)])
        }
        let parsed = JSONDocument.parse(source)
        guard let document = parsed.value, !parsed.hasErrors else {
            return Diagnosed(nil, parsed.diagnostics.map(withWayOut))
        }
        var sections = LockfileSections(document: document)
        sections.read()
        guard sections.diagnostics.isEmpty else {
            return Diagnosed(sections.isReadable ? sections.lockfile : nil, parsed.diagnostics + sections.diagnostics)
        }
        let lockfile = sections.lockfile
        return Diagnosed(lockfile, parsed.diagnostics + layoutWarning(lockfile, source))
    }

    /// Whether ``recover(_:)`` makes something of a text of which these are the errors: merges brought them about, not damage.
    package static func isRecoverable(_ diagnostics: [Diagnostic]) -> Bool {
        diagnostics.allSatisfy { $0.severity == .warning || $0.code == "lock/conflict" || $0.code == "lock/dangling-pin" }
    }

    /// The entries that both sides of a merge conflict agree on; none when a side cannot be read.
    ///
    /// Conflicting entries are left out, so that resolving derives them again from the outside world, and environments whose
    /// programs or wheels are not there. A text without conflict markers is its own two sides.
    package static func recover(_ source: SourceText) -> Lockfile {
        guard let markers = ConflictMarkers(in: source) else { return withoutDangling(read(source, nesting: 0).value ?? Lockfile()) }
        let ours = read(SourceText(name: source.name, bytes: markers.ours), nesting: 0).value
        let theirs = read(SourceText(name: source.name, bytes: markers.theirs), nesting: 0).value
        guard let ours, let theirs else { return Lockfile() }
        return withoutDangling(
            Lockfile(
                data: ours.data.filter { theirs.pin(data: $0.name) == $0.pin },
                environments: ours.environments.filter { theirs.pin(environment: $0.name) == $0.pin },
                programs: ours.programs.filter { theirs.pin(program: $0.name) == $0.pin },
                wheels: ours.wheels.filter { theirs.pin(wheel: $0.name) == $0.pin },
                results: ours.results.filter { theirs.result(stage: $0.name) == $0.pin }))
    }

    /// Programs and wheels stay although nothing stands on them any more: resolving keeps to them where it can.
    private static func withoutDangling(_ lockfile: Lockfile) -> Lockfile {
        lockfile.replacing(
            environments: lockfile.environments.filter { lockfile.dangling($0.pin).isEmpty }, programs: lockfile.programs,
            wheels: lockfile.wheels)
    }

    /// The further sentence on every error that only a person can mend.
    package static let wayOut = "restore the file from version control, or delete it and run 'mlbuild lock' to pin what is there now"

    private static func withWayOut(_ diagnostic: Diagnostic) -> Diagnostic {
        Diagnostic(
            diagnostic.severity, code: diagnostic.code, diagnostic.message, at: diagnostic.location,
            notes: diagnostic.notes + [Diagnostic.Note(wayOut)], fixIt: diagnostic.fixIt)
    }

    private static func conflict(_ markers: ConflictMarkers, in source: SourceText, nesting: Int) -> Diagnostic {
        let location = Diagnostic.Location(source: source.name, span: markers.first)
        // Resolving would write this version's format over pins that only a later one knows.
        for side in [markers.ours, markers.theirs] where nesting < deepestNesting {
            let newer = read(SourceText(name: source.name, bytes: side), nesting: nesting + 1).diagnostics.first {
                $0.code == "lock/newer-version"
            }
            if let newer {
                return Diagnostic(code: newer.code, "in one side of a merge conflict " + newer.message, at: location, notes: newer.notes)
            }
        }
        let count = markers.count == 1 ? "an unresolved merge conflict" : "\(markers.count) unresolved merge conflicts"
        return Diagnostic(
            code: "lock/conflict", "the lockfile holds \(count)", at: location,
            notes: [Diagnostic.Note("'mlbuild lock' keeps the pins that both sides agree on and derives the others again")])
    }

    private static func layoutWarning(_ lockfile: Lockfile, _ source: SourceText) -> [Diagnostic] {
        let expected = lockfile.encode()
        guard expected != source.bytes else { return [] }
        var offset = 0
        while offset < min(expected.count, source.bytes.count), expected[offset] == source.bytes[offset] { offset += 1 }
        let line = source.line(around: offset)
        let span = SourceSpan(offset, max(offset, line.start + line.bytes.count))
        return [
            Diagnostic(
                .warning, code: "lock/layout", "the lockfile is not laid out as mlbuild writes it, so merges may conflict needlessly",
                at: Diagnostic.Location(source: source.name, span: span),
                notes: [Diagnostic.Note("'mlbuild lock' writes it anew with the same content")])
        ]
    }
}
