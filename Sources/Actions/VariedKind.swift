internal import Canonical
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// Performs a built-in kind as a variation asks: with few and many threads, or on other processors.
struct VariedKind {
    let store: DirectoryStore

    func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment
    ) throws(ActionFailure) -> [String: ActionOutput] {
        switch environment.variation {
        case .threads:
            let counts = [1, 2 * Host.coreCount + 1]
            return try firstThatDiffers(counts, environment.key) { (count) throws(ActionFailure) in
                try KindPerformer().perform(action, inputs: inputs, environment: environment.with(threads: count))
            }
        case .kernels:
            let emulated = EmulatedKind(store: store, program: try EmulatedKind.ownProgram())
            return try firstThatDiffers(EmulatedKind.processors, environment.key) { (processor) throws(ActionFailure) in
                try emulated.perform(action, inputs: inputs, environment: environment, on: processor)
            }
        default: return try KindPerformer().perform(action, inputs: inputs, environment: environment)
        }
    }

    /// What the first way gave that is not the recorded result; without one, what the last gave.
    private func firstThatDiffers<Way>(
        _ ways: [Way], _ key: ActionKey, _ perform: (Way) throws(ActionFailure) -> [String: ActionOutput]
    ) throws(ActionFailure) -> [String: ActionOutput] {
        var result: [String: ActionOutput] = [:]
        for way in ways {
            result = try perform(way)
            do throws(StoreError) {
                if try !isRecorded(result, key) { return result }
            } catch {
                throw .store(error)
            }
        }
        return result
    }

    private func isRecorded(_ made: [String: ActionOutput], _ key: ActionKey) throws(StoreError) -> Bool {
        guard let record = try store.record(for: key.digest), record.outputs.count == made.count else { return false }
        for output in record.outputs where try made[output.name]?.object() != output.object { return false }
        return true
    }
}

extension ActionOutput {
    /// The artifact that it is, wherever its bytes are.
    func object() throws(StoreError) -> StoredObject {
        switch self {
        case .file(let bytes): StoredObject(file: bytes)
        case .tree(let files): try MemoryStore().put(files: files)
        case .stored(let object): object
        }
    }
}

extension PerformEnvironment {
    fileprivate func with(threads: Int) -> PerformEnvironment {
        PerformEnvironment(
            threads: threads, key: key, variation: variation, keepsFailed: keepsFailed, progress: progress, log: log, fact: fact,
            isCancelled: isCancelled)
    }
}
