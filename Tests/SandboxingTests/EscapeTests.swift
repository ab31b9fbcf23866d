import Platform
import Sandboxing
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Attacks on the sandbox: none works, and each is shown to work where its protection is left out.
@Suite(.serialized, .enabled(if: EscapeScene.support == .available, EscapeScene.reason)) struct EscapeTests {
    static let probes =
        EscapeProbe.reading + EscapeProbe.writing + EscapeProbe.network + EscapeProbe.processes + EscapeProbe.state + EscapeProbe.calls

    /// What became of the probes of this run, by their names: nil for one that was denied and shown, else why it was not shown.
    private static let results = Mutex<[String: String?]>([:])

    @Test(arguments: probes) func `an attack is denied, and works where its protection is left out`(probe: EscapeProbe) throws {
        let inside = try Self.attack(probe, isProtected: true)
        let outside = try Self.attack(probe, isProtected: false)
        var reason: String?
        switch outside {
        case .worked: break
        case .impossible(let text): reason = text
        case .denied(let text):
            reason = probe.obstacle.reason() ?? probe.reasonWithoutRoot
            #expect(reason != nil, "\(probe.name) works nowhere, so that it shows nothing: \(text)")
        case .broken(let text): Issue.record("\(probe.name), unprotected: \(text)")
        }
        switch inside {
        // What is there outside and not inside is denied by not being there.
        case .denied, .impossible: break
        case .worked(let text): Issue.record("\(probe.name) escaped: \(text)")
        case .broken(let text): Issue.record("\(probe.name): \(text)")
        }
        if Host.environment("MLBUILD_SHOW_PROBES") == "1" {
            Terminal.write("\(probe.kind) \(probe.name)\n    inside: \(inside)\n    without: \(outside)\n", to: .error)
        }
        Self.results.withLock { $0[probe.name + "\(probe.contrast)"] = .some(reason) }
    }

    @Test func `there are at least sixty probes, of every kind, and all but a few can be shown here`() {
        let names = Self.probes.map(\.name)
        #expect(names.count >= 60)
        for kind in EscapeProbe.Kind.allCases { #expect(Self.probes.count { $0.kind == kind } >= 20, "\(kind)") }
        let results = Self.results.withLock { $0 }
        // Alone, this test has nothing to count.
        guard !results.isEmpty else { return }
        let missing = results.compactMap { name, reason in reason.map { "\(name): \($0)" } }.sorted()
        let kinds = EscapeProbe.Kind.allCases.map { kind in "\(kind) \(Self.probes.count { $0.kind == kind })" }
        Terminal.write(
            "escape probes: \(results.count) denied (\(kinds.joined(separator: ", "))), "
                + "\(results.count - missing.count) of them shown to work without their protection; this machine lacks what "
                + "\(missing.count) need\n", to: .error)
        #expect(results.count - missing.count >= 60 || !EscapeProbe.isRoot, "\(missing)")
    }

    // MARK: One attack

    private static func attack(_ probe: EscapeProbe, isProtected: Bool) throws -> EscapeVerdict {
        let scene = try EscapeScene(isDisturbed: probe.isDisturbed)
        let before = try scene.untouched()
        var verdict = try once(probe, scene, isProtected: isProtected)
        switch probe.sign {
        case .status, .output: break
        case .difference:
            let again = try once(probe, scene, isProtected: isProtected)
            if case .worked(let first) = verdict, case .worked(let second) = again {
                verdict = first == second ? .denied("twice \(first)") : .worked("\(first), then \(second)")
            }
        case .canary(let name, let milliseconds):
            guard case .worked = verdict else { break }
            Clock.sleep(nanoseconds: milliseconds * 1_000_000)
            let left = try Files.read(scene.work.appending(name))
            verdict = left == Array("canary".utf8) ? .worked("it wrote after the end") : .denied("it wrote nothing after the end")
        }
        guard isProtected else { return verdict }
        let after = try scene.untouched()
        let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
        // What the helpers make is ours.
        let harm = changed.filter { $0 != "outside/socket" }.sorted()
        return harm.isEmpty ? verdict : .worked("changed \(harm): \(verdict)")
    }

    /// One run, or that of two who work together.
    private static func once(_ probe: EscapeProbe, _ scene: EscapeScene, isProtected: Bool) throws -> EscapeVerdict {
        func run(_ line: String) throws -> EscapeVerdict {
            if isProtected { return try scene.verdict(inside: scene.plan(line, change: probe.plan), sign: probe.sign) }
            switch probe.contrast {
            case .without(let protections):
                let plan = try scene.plan(line) { plan in
                    probe.plan(&plan)
                    plan.protections.subtract(protections)
                }
                return try scene.verdict(inside: plan, sign: probe.sign)
            case .changed(let change):
                let plan = try scene.plan(line) { plan in
                    probe.plan(&plan)
                    change(&plan)
                }
                return try scene.verdict(inside: plan, sign: probe.sign)
            case .outside, .outsideAsRoot: return try scene.verdict(outside: line)
            case .outsideAfter(let starter):
                // `disturbed` takes two words.
                let filler = starter == "disturbed" && !line.contains(" ") ? " ''" : ""
                return try scene.verdict(outside: "\(starter) \(line)\(filler)")
            }
        }
        guard let second = probe.second else { return try run(probe.line) }
        guard probe.isAtOnce else {
            switch try run(probe.line) {
            case .impossible(let text): return .impossible(text)
            case .broken(let text): return .broken(text)
            case .worked, .denied: return try run(second)
            }
        }
        // Each has a work folder of its own; the names at which they meet are those of one scene.
        let words = try [probe.line, second].map { try scene.words($0, isInside: true).joined(separator: " ") }
        let verdicts = Mutex<[EscapeVerdict?]>([nil, nil])
        let contrast = isProtected ? Protections.all : probe.contrast.protections
        Threads.run(2) { index in
            let verdict: EscapeVerdict
            do {
                let own = try EscapeScene()
                let plan = try own.plan(words[index]) { $0.protections = contrast }
                verdict = try own.verdict(inside: plan)
            } catch {
                verdict = .broken("\(error)")
            }
            verdicts.withLock { $0[index] = verdict }
        }
        let both = verdicts.withLock { $0 }
        if case .broken(let text)? = both[0] { return .broken(text) }
        return try #require(both[1])
    }
}

extension EscapeProbe {
    static let isRoot = getuid() == 0

    /// Some contrasts take the machine's root.
    var reasonWithoutRoot: String? {
        guard case .outsideAsRoot = contrast, !Self.isRoot else { return nil }
        return "it takes root to show it"
    }
}

extension EscapeProbe.Contrast {
    /// What is left when the contrast's protections are taken away.
    var protections: Protections {
        guard case .without(let protections) = self else { return .all }
        return Protections.all.subtracting(protections)
    }
}
