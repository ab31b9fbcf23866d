import Platform
import Sandboxing
import Synchronization
import Testing

/// Attacks on the sandbox: none works, and each is shown to work where its protection is left out.
@Suite(.serialized, .enabled(if: EscapeScene.support == .available, EscapeScene.reason)) struct EscapeTests {
    /// What became of the probes of this run: whether each was denied, and why it could not be shown to work elsewhere.
    private static let results = Mutex<[(isDenied: Bool, lacking: String?)]>([])

    @Test(arguments: EscapeProbe.all) func `an attack is denied, and works where its protection is left out`(probe: EscapeProbe) throws {
        let inside = try EscapeAttack.attack(probe, isProtected: true)
        let outside = try EscapeAttack.attack(probe, isProtected: false)
        var lacking: String?
        switch outside {
        case .worked: break
        case .impossible(let text): lacking = text
        case .denied(let text):
            lacking = probe.obstacle.reason() ?? probe.reasonWithoutRoot
            #expect(lacking != nil, "\(probe.name) works nowhere, so that it shows nothing: \(text)")
        case .broken(let text): Issue.record("\(probe.name), unprotected: \(text)")
        }
        inside.expectDenial(of: probe)
        if Host.environment("MLBUILD_SHOW_PROBES") == "1" {
            Terminal.write("\(probe.kind) \(probe.name)\n    inside: \(inside)\n    without: \(outside)\n", to: .error)
        }
        Self.results.withLock { $0.append((inside.isDenial, lacking)) }
    }

    @Test func `there are at least sixty probes, of every kind, and most can be shown on this machine`() {
        #expect(EscapeProbe.all.count >= 60)
        for kind in EscapeProbe.Kind.allCases { #expect(EscapeProbe.all.count { $0.kind == kind } >= 20, "\(kind)") }
        let results = Self.results.withLock { $0 }
        // Alone, this test has nothing to count.
        guard results.count == EscapeProbe.all.count else { return }
        let shown = results.count { $0.isDenied && $0.lacking == nil }
        let kinds = EscapeProbe.Kind.allCases.map { kind in "\(kind) \(EscapeProbe.all.count { $0.kind == kind })" }
        Terminal.write(
            "escape probes: \(results.count) (\(kinds.joined(separator: ", "))), \(results.count { $0.isDenied }) denied; "
                + "\(shown) of them shown to work without their protection, \(results.count { $0.lacking != nil }) need what this "
                + "machine lacks\n", to: .error)
        let missing = results.compactMap(\.lacking)
        #expect(shown >= 60 || !EscapeProbe.isRoot, "\(missing)")
    }
}

/// The same attacks on sandboxes that are made in other ways.
@Suite(.enabled(if: EscapeScene.support == .available, EscapeScene.reason)) struct EscapeVariantTests {
    /// Those whose outcome follows from the variant itself, or that take seconds, are tried in the ordinary sandbox only.
    private static let probes = EscapeProbe.all.filter { probe in
        guard case .changed = probe.contrast else { return probe.sign.isQuick }
        return false
    }

    @Test(arguments: probes, EscapeVariant.allCases.filter { $0 != .ordinary })
    func `an attack is denied in a sandbox made in another way`(probe: EscapeProbe, variant: EscapeVariant) throws {
        try EscapeAttack.attack(probe, variant, isProtected: true).expectDenial(of: probe)
    }
}

extension EscapeProbe {
    static let all = reading + writing + network + processes + state + calls
}

extension EscapeVerdict {
    /// What is there outside and not inside is denied by not being there.
    var isDenial: Bool {
        switch self {
        case .denied, .impossible: true
        case .worked, .broken: false
        }
    }

    func expectDenial(of probe: EscapeProbe, sourceLocation: SourceLocation = #_sourceLocation) {
        switch self {
        case .denied, .impossible: break
        case .worked(let text): Issue.record("\(probe.name) escaped: \(text)", sourceLocation: sourceLocation)
        case .broken(let text): Issue.record("\(probe.name): \(text)", sourceLocation: sourceLocation)
        }
    }
}
