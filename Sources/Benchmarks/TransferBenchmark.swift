import Platform

/// Sending data to a remote and fetching it, beside programs that people use for it, in one run.
///
/// `MLBUILD_BENCHMARK_S3` is the endpoint of an S3 service, with credentials in the usual variables; without it only a folder is
/// measured. `MLBUILD_TRANSFER_PEERS` is a folder with `aws`, `dvc` and `rclone`, where they are not on the path.
enum TransferBenchmark {
    static func run() throws {
        let count = try DataBenchmark.number("MLBUILD_BENCHMARK_FILES", 10_000)
        let megabytes = try DataBenchmark.number("MLBUILD_BENCHMARK_MEGABYTES", 1024)
        try withFolder("transfer") { folder in
            let data = folder.appending("data")
            _ = try DataBenchmark.writeFiles(count, in: data)
            _ = try seconds(["dd", "if=/dev/urandom", "of=\(data.appending("one.bin"))", "bs=1M", "count=\(megabytes)", "status=none"])
            print("\(count) files of 4 KiB and one of \(megabytes) MiB; s\n")
            let bench = Bench(folder: folder, data: data)
            print("To a folder:\n")
            try bench.toFolder()
            guard let endpoint = Host.environment("MLBUILD_BENCHMARK_S3") else {
                print("(MLBUILD_BENCHMARK_S3 names no S3 service: not measured)")
                return
            }
            print("To S3:\n")
            try bench.toBucket(endpoint)
        }
    }

    /// With the credentials, which programs are not given unless they are named.
    fileprivate static let environment: [String: String] = {
        var result: [String: String] = [:]
        for name in ["PATH", "HOME", "TMPDIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            if let value = Host.environment(name) { result[name] = value }
        }
        return result
    }()

    fileprivate static func seconds(_ command: [String]) throws -> Double {
        let start = Clock.monotonic()
        let outcome = try ProcessRunner.run(command, environment: environment)
        let end = Clock.monotonic()
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: command, status: outcome.status, said: outcome.errorText + outcome.outputText)
        }
        return Double(end - start) / 1e9
    }
}

/// One program: what it needs for each way.
private struct Way {
    let name: String
    let push: [String]
    var again: [String]?
    let pull: [String]
}

private struct Bench {
    let folder: HostPath
    let data: HostPath

    private static func peer(_ name: String) -> String? {
        let path = Host.environment("MLBUILD_TRANSFER_PEERS").map { HostPath($0).appending(name).description }
        if let path, Measurement.isInstalled(path) { return path }
        if Measurement.isInstalled(name) { return name }
        Measurement.missing(name)
        return nil
    }

    func toFolder() throws {
        let shelf = folder.appending("shelf")
        try Files.makeDirectories(shelf)
        var ways = [try ours("folder", ["file://\(shelf)"])]
        ways.append(
            Way(
                name: "cp -r", push: ["cp", "-r", "\(data)", "\(folder.appending("cp"))"],
                pull: ["cp", "-r", "\(folder.appending("cp"))", "\(folder.appending("cp-back"))"]))
        if let rclone = Self.peer("rclone") {
            let there = folder.appending("rclone")
            ways.append(
                Way(
                    name: "rclone copy", push: [rclone, "copy", "\(data)", "\(there)", "--transfers", "8"],
                    pull: [rclone, "copy", "\(there)", "\(folder.appending("rclone-back"))", "--transfers", "8"]))
        }
        if let dvc = Self.peer("dvc") { ways.append(try self.dvc(dvc, "folder", "\(folder.appending("dvc-remote"))", endpoint: nil)) }
        try measure(ways)
        try changed("folder")
    }

    func toBucket(_ endpoint: String) throws {
        guard let aws = Self.peer("aws") else { return }
        let bucket = "mlbuild-benchmark-\(Clock.wall() / 1_000_000_000)"
        let s3 = [aws, "--endpoint-url", endpoint, "--region", "us-east-1", "s3"]
        _ = try TransferBenchmark.seconds(s3 + ["mb", "s3://\(bucket)"])
        var ways = [try ours("bucket", ["s3://\(bucket)/mlbuild", "--endpoint", endpoint])]
        ways.append(
            Way(
                name: "aws s3 sync", push: s3 + ["sync", "--quiet", "\(data)", "s3://\(bucket)/aws"],
                pull: s3 + ["sync", "--quiet", "s3://\(bucket)/aws", "\(folder.appending("aws-back"))"]))
        if let rclone = Self.peer("rclone") {
            let there = ":s3,provider=Ceph,env_auth=true,region=us-east-1,endpoint=\"\(endpoint)\":\(bucket)/rclone"
            ways.append(
                Way(
                    name: "rclone copy", push: [rclone, "copy", "\(data)", there, "--transfers", "8"],
                    pull: [rclone, "copy", there, "\(folder.appending("rclone-bucket-back"))", "--transfers", "8"]))
        }
        if let dvc = Self.peer("dvc") { ways.append(try self.dvc(dvc, "bucket", "s3://\(bucket)/dvc", endpoint: endpoint)) }
        try measure(ways)
        try changed("bucket")
        _ = try TransferBenchmark.seconds(s3 + ["rb", "--force", "s3://\(bucket)"])
    }

    /// A workspace with the data by a link, and another one that has nothing yet.
    private func ours(_ name: String, _ remote: [String]) throws -> Way {
        let mlbuild = try Products.mlbuild()
        let (here, there) = (folder.appending("space-\(name)"), folder.appending("back-\(name)"))
        for root in [here, there] { try Files.makeDirectories(root) }
        try Files.makeSymbolicLink(here.appending("data"), to: data.bytes)
        let manifest = "{ \"version\": 1, \"name\": \"much\", \"data\": { \"all\": { \"path\": \"data/\" } } }\n"
        try Files.write(Array(manifest.utf8), to: here.appending("mlops.json"))
        _ = try TransferBenchmark.seconds(command(mlbuild, name, "lock"))
        _ = try TransferBenchmark.seconds([mlbuild, "remote", "add", "origin"] + remote + ["-q", "-C", "\(here)"])
        for file in ["mlops.json", "mlops.lock", ".mlbuild/config.json"] {
            try Files.makeDirectories(there.appending(file).parent)
            try Files.copy(from: here.appending(file), to: there.appending(file))
        }
        let pull = ["env", "MLBUILD_CACHE=\(folder.appending("cache-back-\(name)"))", mlbuild, "pull", "-q", "-C", "\(there)"]
        return Way(name: "mlbuild", push: command(mlbuild, name, "push"), pull: pull)
    }

    private func command(_ mlbuild: String, _ name: String, _ words: String...) -> [String] {
        // One store for all: what was locked once is here.
        ["env", "MLBUILD_CACHE=\(folder.appending("cache"))", mlbuild] + words + ["-q", "-C", "\(folder.appending("space-\(name)"))"]
    }

    private func dvc(_ dvc: String, _ name: String, _ url: String, endpoint: String?) throws -> Way {
        let root = folder.appending("dvc-\(name)")
        try Files.makeDirectories(root)
        let run = [dvc, "--cd", "\(root)"]
        _ = try TransferBenchmark.seconds(["cp", "-r", "\(data)", "\(root.appending("data"))"])
        _ = try TransferBenchmark.seconds([dvc, "--cd", "\(root)", "init", "--no-scm", "-q"])
        _ = try TransferBenchmark.seconds(run + ["remote", "add", "-q", "-d", "origin", url])
        if let endpoint { _ = try TransferBenchmark.seconds(run + ["remote", "modify", "origin", "endpointurl", endpoint]) }
        _ = try TransferBenchmark.seconds(run + ["add", "-q", "data"])
        let script = "cd '\(root)' && rm -rf .dvc/cache data && exec '\(dvc)' fetch -q"
        return Way(name: "dvc", push: run + ["push", "-q"], pull: ["sh", "-c", script])
    }

    private func measure(_ ways: [Way]) throws {
        var rows: [(name: String, seconds: [Double])] = []
        for way in ways {
            rows.append((way.name, [try TransferBenchmark.seconds(way.push)]))
        }
        for (index, way) in ways.enumerated() where way.name != "cp -r" {
            rows[index].seconds.append(try TransferBenchmark.seconds(way.again ?? way.push))
        }
        for (index, way) in ways.enumerated() { rows[index].seconds.append(try TransferBenchmark.seconds(way.pull)) }
        print("| | push | again | pull | mlbuild / this, push | pull |")
        print("|---|---|---|---|---|---|")
        for row in rows {
            let (push, pull) = (rows[0].seconds[0] / row.seconds[0], (rows[0].seconds.last ?? 0) / (row.seconds.last ?? 1))
            let again = row.seconds.count > 2 ? Measurement.text(row.seconds[1]) : "-"
            print(
                "| \(row.name) | \(Measurement.text(row.seconds[0])) | \(again) | \(Measurement.text(row.seconds.last ?? 0)) | \(Measurement.text(push)) | \(Measurement.text(pull)) |"
            )
        }
        print("")
    }

    /// Another MiB in the middle of the large file.
    private func changed(_ name: String) throws {
        let file = data.appending("one.bin")
        let middle = (try Files.status(file)?.size ?? 0) >> 21
        _ = try TransferBenchmark.seconds(
            ["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=1", "seek=\(middle)", "conv=notrunc", "status=none"])
        Clock.sleep(nanoseconds: 50_000_000)
        let mlbuild = try Products.mlbuild()
        _ = try TransferBenchmark.seconds(command(mlbuild, name, "lock"))
        let start = Clock.monotonic()
        let outcome = try ProcessRunner.run(command(mlbuild, name, "push", "--json"), environment: TransferBenchmark.environment)
        let seconds = Double(Clock.monotonic() - start) / 1e9
        guard outcome.status == 0, let bytes = Self.number("bytes", in: outcome.outputText) else {
            throw Measurement.Failed(command: ["push"], status: outcome.status, said: outcome.errorText + outcome.outputText)
        }
        print(
            "1 MiB changed in the middle: push sends \(Measurement.text(Double(bytes) / 1_048_576)) MiB in \(Measurement.text(seconds)) s\n"
        )
    }

    private static func number(_ name: String, in text: String) -> Int? {
        let mark = Array("\"\(name)\": ".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count > mark.count else { return nil }
        for start in 0..<(bytes.count - mark.count) where bytes[start..<(start + mark.count)].elementsEqual(mark) {
            let digits = bytes[(start + mark.count)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}
