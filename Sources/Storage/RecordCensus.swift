internal import Canonical
internal import Platform

/// The records of a store, each with what it made of what.
struct RecordCensus: Sendable {
    struct Entry: Sendable {
        let key: Digest
        let size: Int
        let use: Int64
        /// What it made; nil for a damaged one.
        let outputs: [(digest: Digest, isTree: Bool)]?
        /// Every digest in the key's document: its inputs are among them.
        let inputs: [Digest]
    }

    let entries: [Entry]
    private let census: StoreCensus

    var count: Int { entries.count }

    func index(of key: Digest) -> Int? { census.index(of: key) }

    /// - Complexity: reads every record.
    init(of folder: HostPath) throws(SystemError) {
        let census = try StoreCensus(of: folder)
        self.census = census
        do throws(ImportError) {
            entries = try ParallelMap.run(census.count, perThread: 16, context: {}) { (_, number) throws(ImportError) in
                try DirectoryImport.asking { () throws(SystemError) in
                    try Interruption.check()
                    return try Self.entry(census, number, folder)
                }
            }
        } catch {
            guard case .refused(let error) = error else { preconditionFailure("reading files is refused or works") }
            throw error
        }
    }

    private static func entry(_ census: StoreCensus, _ number: Int, _ folder: HostPath) throws(SystemError) -> Entry {
        let key = census.digests[number]
        let record = try record(key, folder)
        return Entry(
            key: key, size: census.sizes[number], use: census.uses[number],
            outputs: record?.outputs.map { ($0.object.digest, $0.object.kind == .tree) },
            inputs: record.map { DigestScan.digests(in: CanonicalJSON.encode($0.document)).sorted() } ?? [])
    }

    /// A record as it is; nil for one that is damaged or gone. Nobody knows what one names that cannot be read: that is thrown.
    static func record(_ key: Digest, _ folder: HostPath) throws(SystemError) -> ActionRecord? {
        do throws(SystemError) {
            // Looking is no use of it.
            let file = try Descriptor.reading(DirectoryStore.place(key, in: folder), followLinks: false, leavesTrace: false)
            return ActionRecord.decode(try file.readToEnd(limit: 1 << 30), key: key)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// The records whose outputs can be made again from what no record accounts for; the others' numbers are left out.
    ///
    /// A record that needs what only it makes, or what only records make that need it, does not count as making it.
    func grounded() -> Set<Int> {
        var producers: [Digest: Int] = [:]
        for entry in entries {
            let own = Set(entry.inputs)
            for output in entry.outputs ?? [] where !own.contains(output.digest) { producers[output.digest, default: 0] += 1 }
        }
        var waiting: [Digest: [Int]] = [:]
        var unmet = Array(repeating: 0, count: entries.count)
        var ready: [Int] = []
        for (number, entry) in entries.enumerated() where entry.outputs != nil {
            for input in entry.inputs where producers[input] != nil {
                unmet[number] += 1
                waiting[input, default: []].append(number)
            }
            if unmet[number] == 0 { ready.append(number) }
        }
        var grounded = Set(ready)
        while let number = ready.popLast() {
            let own = Set(entries[number].inputs)
            for output in entries[number].outputs ?? [] where !own.contains(output.digest) {
                for consumer in waiting.removeValue(forKey: output.digest) ?? [] {
                    unmet[consumer] -= 1
                    if unmet[consumer] == 0 {
                        grounded.insert(consumer)
                        ready.append(consumer)
                    }
                }
            }
        }
        return grounded
    }

    /// What no record accounts for, of all that records name.
    func sources(grounded: Set<Int>) -> Set<Digest> {
        var made: Set<Digest> = []
        for number in grounded {
            let own = Set(entries[number].inputs)
            for output in entries[number].outputs ?? [] where !own.contains(output.digest) { made.insert(output.digest) }
        }
        var sources: Set<Digest> = []
        for (number, entry) in entries.enumerated() {
            sources.formUnion(entry.inputs.filter { !made.contains($0) })
            guard !grounded.contains(number) else { continue }
            for output in entry.outputs ?? [] where !made.contains(output.digest) { sources.insert(output.digest) }
        }
        return sources
    }
}
