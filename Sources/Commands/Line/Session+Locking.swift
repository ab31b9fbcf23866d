internal import Canonical
internal import Diagnostics
internal import Environments
internal import Locking
internal import Manifests
internal import Platform
internal import Storage

/// What a lock is to be made of anew.
struct LockScope {
    let data: ResolveScope
    let environments: ResolveScope

    static let everything = LockScope(data: .everything, environments: .everything)
    /// What has no pin yet, and nothing else: what a build may pin on its own.
    static let unpinned = LockScope(data: .unpinned, environments: .unpinned)

    static func named(_ names: UpdateNames) -> LockScope {
        LockScope(data: .named(names.data), environments: .named(names.environments))
    }
}

/// A lock that has been resolved, and what is to be known of it.
struct ResolvedLock {
    let lockfile: Lockfile
    /// Whether `mlops.lock` was written.
    let isWritten: Bool
    /// Program pins that only machines with this store can supply so far.
    let localPrograms: [String]
}

extension Session {
    /// Pins data and environments, shows what changed, and writes `mlops.lock` when it is to be another; under the workspace's lock.
    func resolve(_ previous: Lockfile?, scope: LockScope = .everything, rewrite: Bool = false) throws(CommandFailure) -> ResolvedLock {
        let data = try resolveData(previous, scope.data)
        let environments = try resolveEnvironments(data.lockfile, scope.environments)
        for change in data.changes {
            reporter.change(change)
            // What lies elsewhere nobody here has changed: what is different about it is news.
            if let before = change.before, let after = change.after, after.source != nil, before.object != after.object {
                let comparison = try PinComparison(session: self, before: "before", after: "now").compare(change.name, before, after)
                for text in comparison.lines.split(separator: "\n") { reporter.say(String(text)) }
            }
        }
        for change in environments.changes { reporter.say(change) }
        for detail in environments.details { reporter.detail(detail) }
        reporter.environmentChanges(from: previous ?? Lockfile(), to: environments.lockfile)
        let isWritten = previous != environments.lockfile || rewrite
        if isWritten {
            let path = folder.root.appending(Lockfile.fileName)
            let bytes = environments.lockfile.encode()
            let root = folder.root
            try CommandFailure.storing { () throws(StoreError) in try store.register(root, lock: bytes, isNew: true) }
            try CommandFailure.catching { () throws(SystemError) in try Files.write(bytes, to: path, durable: true) }
        }
        return ResolvedLock(lockfile: environments.lockfile, isWritten: isWritten, localPrograms: environments.localPrograms)
    }

    private func resolveData(_ previous: Lockfile?, _ scope: ResolveScope) throws(CommandFailure) -> Resolution {
        let signatures = try signatures()
        let line = DataProgressLine(reporter)
        defer { line.clear() }
        let resolved: Diagnosed<Resolution>
        do throws(LockingError) {
            resolved = try Resolver.resolve(
                manifest, previous: previous, root: folder.root, store: store, scope: scope, signatures: signatures,
                fetcher: sources, progress: { line.show($0, $1) })
        } catch {
            throw CommandFailure(error)
        }
        guard let resolution = resolved.value, !resolved.hasErrors else {
            throw CommandFailure(resolved.diagnostics, in: [manifest.source])
        }
        line.clear()
        try CommandFailure.catching { () throws(SystemError) in try signatures.save() }
        return resolution
    }

    private func resolveEnvironments(_ lockfile: Lockfile, _ scope: ResolveScope) throws(CommandFailure) -> EnvironmentResolution {
        let line = StatusLine(reporter)
        defer { line.clear() }
        let resolved: Diagnosed<EnvironmentResolution>
        do throws(LockingError) {
            resolved = try EnvironmentResolver.resolve(
                manifest, previous: lockfile, root: folder.root, store: store, scope: scope, progress: { line.show($0) })
        } catch {
            throw CommandFailure(error)
        }
        line.clear()
        guard let resolution = resolved.value, !resolved.hasErrors else {
            throw CommandFailure(resolved.diagnostics, in: [manifest.source])
        }
        reporter.show(resolved.diagnostics, in: [manifest.source])
        return resolution
    }

    /// The first thing that a build needs pinned and that `lockfile` has no pin for, in words.
    func unpinned(_ lockfile: Lockfile) -> String? {
        if let entry = manifest.data.first(where: { lockfile.pin(data: $0.name) == nil }) { return "data '\(entry.name)'" }
        return manifest.usedEnvironments.first { lockfile.pin(environment: $0) == nil }.map { "environment '\($0)'" }
    }
}

extension Reporter {
    /// A data pin that came, went or changed.
    func change(_ change: LockChange) {
        say(change.description)
        pin("data", change.name, change.before?.digest, change.after?.digest)
    }

    /// The records of pins of environments, programs and wheels that came, went or changed.
    func environmentChanges(from before: Lockfile, to after: Lockfile) {
        if !json { return }
        changes("environment", before.environments, after.environments) { $0.request }
        changes("program", before.programs, after.programs) { $0.tree.digest }
        changes("wheel", before.wheels, after.wheels) { $0.digest }
    }

    private func changes<Pin>(
        _ sort: String, _ before: [Lockfile.Entry<Pin>], _ after: [Lockfile.Entry<Pin>], _ digest: (Pin) -> Digest
    ) {
        let old = Dictionary(before.map { ($0.name, $0.pin) }, uniquingKeysWith: { $1 })
        let new = Dictionary(after.map { ($0.name, $0.pin) }, uniquingKeysWith: { $1 })
        for name in Set(old.keys).union(new.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where old[name] != new[name] {
            pin(sort, name, old[name].map(digest), new[name].map(digest))
        }
    }

    private func pin(_ sort: String, _ name: String, _ before: Digest?, _ after: Digest?) {
        func text(_ digest: Digest?) -> JSONValue { digest.map { .string($0.description) } ?? .null }
        record("pin", [JSONMember(sort, .string(name)), JSONMember("before", text(before)), JSONMember("after", text(after))])
    }
}
