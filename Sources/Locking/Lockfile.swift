/// One pin per thing that the outside world decides, and the results of the last recorded build: `mlops.lock`.
///
/// A value with one text: ``encode()`` is a pure function of it. `Specs/lockfile.md` describes the text.
package struct Lockfile: Hashable, Sendable {
    package static let fileName = "mlops.lock"
    /// The version that is written, and the only one that is read.
    package static let version = 1

    package struct Entry<Pin: Hashable & Sendable>: Hashable, Sendable {
        package let name: String
        package let pin: Pin

        package init(_ name: String, _ pin: Pin) {
            self.name = name
            self.pin = pin
        }
    }

    /// Pins of the manifest's data entries, by name.
    package let data: [Entry<DataPin>]
    /// By the environment's name.
    package let environments: [Entry<EnvironmentPin>]
    /// By name, such as `git` or `python-3.11.7`.
    package let programs: [Entry<ProgramPin>]
    /// By file name.
    package let wheels: [Entry<WheelPin>]
    /// Results by stage.
    package let results: [Entry<ResultPin>]
    // INVARIANT: all are sorted by the bytes of the names, and no name stands twice.

    /// A lockfile of these entries; of two with one name, the later counts.
    package init(
        data: [Entry<DataPin>] = [], environments: [Entry<EnvironmentPin>] = [], programs: [Entry<ProgramPin>] = [],
        wheels: [Entry<WheelPin>] = [], results: [Entry<ResultPin>] = []
    ) {
        self.data = Self.normalised(data)
        self.environments = Self.normalised(environments)
        self.programs = Self.normalised(programs)
        self.wheels = Self.normalised(wheels)
        self.results = Self.normalised(results)
    }

    /// The pin of the data entry `name`.
    ///
    /// - Complexity: O(log entries)
    package func pin(data name: String) -> DataPin? {
        Self.find(name, in: data)
    }

    /// The pin of the environment `name`.
    package func pin(environment name: String) -> EnvironmentPin? { Self.find(name, in: environments) }

    /// The pin of the program `name`.
    package func pin(program name: String) -> ProgramPin? { Self.find(name, in: programs) }

    /// The pin of the wheel with this file name.
    package func pin(wheel fileName: String) -> WheelPin? { Self.find(fileName, in: wheels) }

    /// The recorded result of the stage `name`.
    ///
    /// - Complexity: O(log entries)
    package func result(stage name: String) -> ResultPin? {
        Self.find(name, in: results)
    }

    /// This lockfile with `entries` in the place of the results of the same stages, and everything else kept.
    ///
    /// - Complexity: O(n log n) for all entries together; meant to be called once per build.
    package func recording(_ entries: [Entry<ResultPin>]) -> Lockfile {
        with(results: results + entries)
    }

    /// This lockfile with only the results whose stage is in `stages`.
    package func keepingResults(of stages: Set<String>) -> Lockfile {
        with(results: results.filter { stages.contains($0.name) })
    }

    /// Whether everything but the results is the same: data, environments, programs and wheels.
    package func hasSamePins(as other: Lockfile) -> Bool {
        with(results: []) == other.with(results: [])
    }

    /// This lockfile with other pins of environments, programs and wheels.
    package func replacing(
        environments: [Entry<EnvironmentPin>], programs: [Entry<ProgramPin>], wheels: [Entry<WheelPin>]
    ) -> Lockfile {
        Lockfile(data: data, environments: environments, programs: programs, wheels: wheels, results: results)
    }

    /// The names of program and wheel pins that the environment `pin` stands on and that are not here, as in the text.
    package func dangling(_ pin: EnvironmentPin) -> [String] {
        pin.programs.filter { self.pin(program: $0) == nil }.map { "program/" + $0 }
            + pin.wheels.filter { self.pin(wheel: $0) == nil }.map { "wheel/" + $0 }
    }

    private func with(results: [Entry<ResultPin>]) -> Lockfile {
        Lockfile(data: data, environments: environments, programs: programs, wheels: wheels, results: results)
    }

    private static func normalised<Pin>(_ entries: [Entry<Pin>]) -> [Entry<Pin>] {
        let sorted = entries.enumerated().sorted { first, second in
            if bytesPrecede(first.element.name, second.element.name) { return true }
            if bytesPrecede(second.element.name, first.element.name) { return false }
            return first.offset < second.offset
        }
        var result: [Entry<Pin>] = []
        result.reserveCapacity(sorted.count)
        for (_, entry) in sorted {
            if let last = result.last, last.name.utf8.elementsEqual(entry.name.utf8) { result.removeLast() }
            result.append(entry)
        }
        return result
    }

    private static func find<Pin>(_ name: String, in entries: [Entry<Pin>]) -> Pin? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if bytesPrecede(entries[middle].name, name) { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].name.utf8.elementsEqual(name.utf8) else { return nil }
        return entries[low].pin
    }
}
