import Platform
import Sandboxing
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// How an attack is made.
enum EscapeAttack {
    /// Runs an attack in a scene of its own, protected or where it is shown to work, and tells what became of it.
    static func attack(
        _ probe: EscapeProbe, _ variant: EscapeVariant = .ordinary, isProtected: Bool
    ) throws -> EscapeVerdict {
        let scene = try EscapeScene(variant, isDisturbed: probe.isDisturbed)
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
        let variant = scene.variant
        Threads.run(2) { index in
            let verdict: EscapeVerdict
            do {
                let own = try EscapeScene(variant)
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
        guard case .outsideAsRoot = contrast, !EscapeProbe.isRoot else { return nil }
        return "it takes root to show it"
    }
}

extension EscapeProbe.Sign {
    /// Whether it shows at the end of a run.
    var isQuick: Bool {
        switch self {
        case .status, .difference, .output: true
        case .canary: false
        }
    }
}

extension EscapeProbe.Contrast {
    /// What is left when the contrast's protections are taken away.
    var protections: Protections {
        guard case .without(let protections) = self else { return .all }
        return Protections.all.subtracting(protections)
    }
}
