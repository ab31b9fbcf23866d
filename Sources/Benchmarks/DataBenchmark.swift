import Platform

/// Pinning of much data beside hashing and copying alone, `git` and DVC, in one run.
///
/// Nothing is removed before the end: ext4 is slow to make files for minutes after many were removed.
enum DataBenchmark {
    /// 100,000 files of 4 KiB; `MLBUILD_BENCHMARK_FILES` asks for another number.
    static func manyFiles() throws {
        let count = try number("MLBUILD_BENCHMARK_FILES", 100_000)
        try withFolder("data") { folder in
            let data = folder.appending("data")
            let names = try writeFiles(count, in: data)
            let list = folder.appending("list")
            try Files.write(Array(names.utf8), to: list)
            let hash = ["sh", "-c", "xargs -a '\(list)' -n 1000 -P \(Host.coreCount) openssl sha256 > /dev/null"]
            var figures: [Figure] = []
            let hasOpenSSL = Self.hasOpenSSL
            if !hasOpenSSL { Measurement.missing("openssl") }
            // Everybody finds the data in memory, and written: who makes anything durable would wait for all of it.
            _ = try time("read once", ["sh", "-c", "xargs -a '\(list)' cat > /dev/null && sync"])

            let reference = try workspace("reference", data, keep: "reference", in: folder)
            let copy = try workspace("copy", data, keep: "copy", in: folder)
            let hashing = hasOpenSSL ? try time("openssl sha256, \(Host.coreCount) processes", hash) : nil
            let pinned = try time("mlbuild lock, reference", reference.lock)
            let copying = try time("cp -r", ["cp", "-r", "\(data)", "\(folder.appending("cp"))"])
            let kept = try time("mlbuild lock, copies", copy.lock)
            let both = hashing.map { Figure("openssl sha256 + cp -r", $0.seconds + copying.seconds) }
            figures += [pinned.beside(hashing)] + (hashing.map { [$0] } ?? []) + [kept.beside(both), copying]

            let git = try GitTwin.make(data, in: folder)
            if let git { figures.append(try time("git add", git.add)) }
            let dvc = try DVCTwin.make(data, in: folder)
            if let dvc { figures.append(try time("dvc add", dvc.add)) }

            let gitStatus = try git.map { try best("git status, no change", $0.status) }
            figures.append(try best("mlbuild lock, no change, copies", copy.lock).beside(gitStatus))
            figures.append(try best("mlbuild lock, no change, reference", reference.lock).beside(gitStatus))
            if let gitStatus { figures.append(gitStatus) }
            if let dvc { figures.append(try time("dvc status, no change", dvc.status)) }

            let first = data.appending("d0000").appending("f0000.bin")
            func change(_ salt: UInt8) throws { try Files.write([UInt8](repeating: salt, count: 4096), to: first) }
            figures.append(try best("mlbuild lock, one file changed", copy.lock, prepare: { try change($0) }).beside(gitStatus))
            if let git { figures.append(try best("git add -u, one file changed", git.addChanged, prepare: { try change(100 + $0) })) }
            show(figures)
        }
    }

    /// 10 files of 200 MB that are only pinned, and one of 4 GB; `MLBUILD_BENCHMARK_MEGABYTES` asks for other sizes of the one.
    static func largeFiles() throws {
        let megabytes = try number("MLBUILD_BENCHMARK_MEGABYTES", 4000)
        try withFolder("large") { folder in
            var figures: [Figure] = []
            for (name, count, size) in [("files", 10, max(1, megabytes / 20)), ("one", 1, megabytes)] {
                let data = folder.appending(name)
                try Files.makeDirectories(data)
                var paths: [String] = []
                for index in 0..<count {
                    paths.append("\(data.appending("f\(index).bin"))")
                    _ = try time("write", ["dd", "if=/dev/urandom", "of=\(paths[index])", "bs=1M", "count=\(size)", "status=none"])
                }
                _ = try time("read once", ["sh", "-c", "cat '\(data)'/* > /dev/null && sync"])
                let space = try workspace("large-\(name)", data, keep: "reference", in: folder)
                var hashing: Figure?
                if hasOpenSSL {
                    let hash = ["sh", "-c", "printf '%s\\n' '\(data)'/* | xargs -n 1 -P \(Host.coreCount) openssl sha256 > /dev/null"]
                    hashing = try best("openssl sha256, \(min(count, Host.coreCount)) processes", hash)
                } else {
                    Measurement.missing("openssl")
                }
                let ours = try best("mlbuild lock, \(count) x \(size) MiB, reference", space.lock, prepare: { _ in try space.forget() })
                figures += [ours.beside(hashing)] + (hashing.map { [$0] } ?? [])
            }
            show(figures)
        }
    }

    // MARK: Material

    /// Its older versions do not know `--version`.
    private static var hasOpenSSL: Bool { (try? ProcessRunner.run(["openssl", "version"]))?.status == 0 }

    static func number(_ variable: String, _ usual: Int) throws -> Int {
        guard let text = Host.environment(variable) else { return usual }
        guard let number = Int(text), number > 0 else {
            throw Measurement.Failed(command: [variable], status: 2, said: "it must be a positive number, not '\(text)'")
        }
        return number
    }

    /// Files of 4 KiB, 1,000 in a folder, no two alike; gives their paths, one on a line.
    static func writeFiles(_ count: Int, in folder: HostPath) throws -> String {
        var names = ""
        var state: UInt64 = 42
        for index in 0..<count {
            let inner = folder.appending("d\(padded(index / 1000))")
            if index % 1000 == 0 { try Files.makeDirectories(inner) }
            let file = inner.appending("f\(padded(index % 1000)).bin")
            var bytes: [UInt8] = []
            bytes.reserveCapacity(4096)
            for _ in 0..<512 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: (state ^ state >> 29) >> UInt64(8 * shift))) }
            }
            try Files.write(bytes, to: file)
            names += "\(file)\n"
        }
        return names
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A workspace whose only data is `data`, by a link.
    private struct Space {
        let root: HostPath
        let lock: [String]

        /// Makes the next lock the first one.
        func forget() throws {
            try Files.removeTree(root.appending(".mlbuild"))
            try Files.removeFileIfPresent(root.appending("mlops.lock"))
        }
    }

    private static func workspace(_ name: String, _ data: HostPath, keep: String, in folder: HostPath) throws -> Space {
        let root = folder.appending("space-\(name)")
        try Files.makeDirectories(root)
        try Files.makeSymbolicLink(root.appending("data"), to: data.bytes)
        let manifest = "{ \"version\": 1, \"name\": \"much\", \"data\": { \"all\": { \"path\": \"data/\", \"keep\": \"\(keep)\" } } }\n"
        try Files.write(Array(manifest.utf8), to: root.appending("mlops.json"))
        let cache = "MLBUILD_CACHE=\(folder.appending("cache-\(name)"))"
        return Space(root: root, lock: ["env", cache, try Products.mlbuild(), "lock", "-q", "-C", "\(root)"])
    }

    // MARK: Times

    private struct Figure {
        let name: String
        let seconds: Double
        var ratio = ""

        init(_ name: String, _ seconds: Double) {
            self.name = name
            self.seconds = seconds
        }

        func beside(_ other: Figure?) -> Figure {
            guard let other else { return self }
            var copy = self
            copy.ratio = "\(Measurement.text(seconds / other.seconds)) x \(other.name)"
            return copy
        }
    }

    private static func time(_ name: String, _ command: [String]) throws -> Figure {
        let start = Clock.monotonic()
        let outcome = try ProcessRunner.run(command)
        let end = Clock.monotonic()
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: command, status: outcome.status, said: outcome.errorText + outcome.outputText)
        }
        return Figure(name, Double(end - start) / 1e9)
    }

    /// The median of five runs after two more.
    private static func best(_ name: String, _ command: [String], prepare: (UInt8) throws -> Void = { _ in }) throws -> Figure {
        var seconds: [Double] = []
        for round in 0..<7 {
            try prepare(UInt8(round))
            // What was written a moment ago is not trusted yet.
            Clock.sleep(nanoseconds: 50_000_000)
            let figure = try time(name, command)
            if round >= 2 { seconds.append(figure.seconds) }
        }
        return Figure(name, seconds.sorted()[seconds.count / 2])
    }

    private static func show(_ figures: [Figure]) {
        print("| | s | |")
        print("|---|---|---|")
        for figure in figures { print("| \(figure.name) | \(Measurement.text(figure.seconds)) | \(figure.ratio) |") }
        print("")
    }
}

/// The same data in a repository of Git; nil where it is not installed.
private struct GitTwin {
    let add: [String]
    let addChanged: [String]
    let status: [String]

    static func make(_ data: HostPath, in folder: HostPath) throws -> GitTwin? {
        guard Measurement.isInstalled("git") else {
            Measurement.missing("git")
            return nil
        }
        let git = ["git", "-C", "\(data)", "--git-dir=\(folder.appending("git"))", "--work-tree=\(data)"]
        _ = try ProcessRunner.run(git + ["init", "-q"])
        return GitTwin(add: git + ["add", "-A", "."], addChanged: git + ["add", "-u", "."], status: git + ["status", "--short"])
    }
}

/// The same data, copied, in a project of DVC; nil where it is not installed.
private struct DVCTwin {
    let add: [String]
    let status: [String]

    static func make(_ data: HostPath, in folder: HostPath) throws -> DVCTwin? {
        guard Measurement.isInstalled("dvc") else {
            Measurement.missing("dvc")
            return nil
        }
        let root = folder.appending("dvc")
        try Files.makeDirectories(root)
        _ = try ProcessRunner.run(["cp", "-r", "\(data)", "\(root.appending("data"))"])
        _ = try ProcessRunner.run(["dvc", "init", "--no-scm", "-q"], directory: root)
        return DVCTwin(
            add: ["dvc", "--cd", "\(root)", "add", "-q", "data"], status: ["dvc", "--cd", "\(root)", "status", "-q"])
    }
}
