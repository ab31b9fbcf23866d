import Platform

/// A command that is timed, with what has to be done before each of its runs.
struct Contender {
    var name: String
    var arguments: [String]
    var directory: HostPath?
    var environment: [String: String]?
    var prepare: (Int) throws -> Void = { _ in }
}

/// Wall times of one contender, in seconds.
struct Sample {
    let name: String
    let seconds: [Double]

    var median: Double { seconds.sorted()[seconds.count / 2] }
    var minimum: Double { seconds.min() ?? 0 }
}

/// Times several contenders in turn, so that drift of the machine meets all of them alike.
enum Measurement {
    struct Failed: Error {
        let command: [String]
        let status: Int32
        let said: String
    }

    static func inTurn(_ contenders: [Contender], rounds: Int, warmUps: Int = 2) throws -> [Sample] {
        var seconds = [[Double]](repeating: [], count: contenders.count)
        for round in -warmUps..<rounds {
            for (index, contender) in contenders.enumerated() {
                try contender.prepare(round + warmUps)
                let start = Clock.monotonic()
                let outcome = try ProcessRunner.run(
                    contender.arguments, environment: contender.environment, directory: contender.directory)
                let end = Clock.monotonic()
                guard outcome.status == 0 else {
                    throw Failed(command: contender.arguments, status: outcome.status, said: outcome.errorText + outcome.outputText)
                }
                if round >= 0 { seconds[index].append(Double(end - start) / 1e9) }
            }
        }
        return zip(contenders, seconds).map { Sample(name: $0.name, seconds: $1) }
    }

    /// The best of `rounds` times of `body`, in seconds.
    static func best(of rounds: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let start = Clock.monotonic()
            try body()
            best = min(best, Double(Clock.monotonic() - start) / 1e9)
        }
        return best
    }

    /// A table of the samples; ratios are ours over theirs, by medians.
    static func show(_ samples: [Sample], ours: Int = 0) {
        print("| | median ms | min ms | mlbuild / this |")
        print("|---|---|---|---|")
        for sample in samples {
            let ratio = samples[ours].median / sample.median
            print("| \(sample.name) | \(text(sample.median * 1e3)) | \(text(sample.minimum * 1e3)) | \(text(ratio)) |")
        }
    }

    /// Three significant digits or so.
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "-" }
        let scale: Double = abs(value) < 10 ? 1000 : abs(value) < 100 ? 100 : 10
        return String((value * scale).rounded() / scale)
    }

    /// Whether a program of this name can be started.
    static func isInstalled(_ program: String) -> Bool {
        (try? ProcessRunner.run([program, "--version"]))?.status == 0
    }

    static func missing(_ program: String) {
        print("(\(program) is not installed: not measured)")
    }
}

/// Where the programs of this build lie.
enum Products {
    static func mlbuild() throws -> String {
        try Host.executablePath().parent.appending("mlbuild").description
    }
}

/// A folder for one benchmark, removed when it ends.
func withFolder(_ name: String, _ body: (HostPath) throws -> Void) throws {
    let base = HostPath(Host.environment("TMPDIR") ?? "/tmp")
    let folder = base.appending("mlbuild-benchmark-\(name)-\(Host.uniqueText())")
    try Files.makeDirectories(folder)
    defer { try? Files.removeTree(folder) }
    try body(folder)
}
