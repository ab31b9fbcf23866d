import Canonical
import Diagnostics
import Platform

/// Reading and hashing bytes, in process, on one core.
enum ReadingBenchmark {
    static func json() throws {
        for (name, text) in [("pretty", document(pretty: true)), ("minified", document(pretty: false))] {
            let source = SourceText(name: "benchmark.json", bytes: text)
            let megabytes = Double(text.count) / 1e6
            var nodes = 0
            let ours = Measurement.best(of: 7) {
                let parsed = JSONDocument.parse(source, limits: JSONLimits(bytes: 1 << 30))
                nodes += parsed.value?.root.members.count ?? 0
            }
            var sum: UInt8 = 0
            let copy = Measurement.best(of: 7) {
                let other = [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
                    count = text.count
                    _ = buffer.initialize(from: text)
                }
                sum &+= other[other.count / 2]
            }
            precondition(nodes > 0 && sum < 255 || nodes > 0, "the benchmark reads what it measures")
            print("JSON, \(name), \(Measurement.text(megabytes)) MB:")
            print("  mlbuild, with positions   \(Measurement.text(megabytes / ours)) MB/s")
            print("  a copy of the bytes       \(Measurement.text(megabytes / copy)) MB/s")
            try python(text, megabytes: megabytes, ours: ours)
        }
    }

    private static func python(_ text: [UInt8], megabytes: Double, ours: Double) throws {
        guard Measurement.isInstalled("python3") else { return Measurement.missing("python3") }
        try withFolder("json") { folder in
            let file = folder.appending("benchmark.json")
            try Files.write(text, to: file)
            let script = """
                import json, sys, time
                text = open(sys.argv[1], 'rb').read()
                best = min((lambda s: (json.loads(text), time.perf_counter() - s)[1])(time.perf_counter()) for _ in range(3))
                print(best)
                """
            let outcome = try ProcessRunner.run(["python3", "-c", script, file.description])
            guard outcome.status == 0, let seconds = Double(outcome.outputText.filter { !$0.isNewline }) else { return }
            print(
                "  Python's json             \(Measurement.text(megabytes / seconds)) MB/s; mlbuild takes \(Measurement.text(ours / seconds)) of its time\n"
            )
        }
    }

    static func digest() throws {
        let bytes = [UInt8](repeating: 0x5A, count: 256 << 20)
        let megabytes = Double(bytes.count) / 1e6
        var first: Digest?
        let ours = Measurement.best(of: 5) { first = Digest.of(bytes) }
        print("SHA-256 of 256 MiB: mlbuild \(Measurement.text(megabytes / ours)) MB/s")
        guard Measurement.isInstalled("openssl") || (try? ProcessRunner.run(["openssl", "version"]))?.status == 0 else {
            return Measurement.missing("openssl")
        }
        try withFolder("digest") { folder in
            let file = folder.appending("bytes")
            try Files.write(bytes, to: file)
            var said = ""
            let theirs = try Measurement.best(of: 5) {
                said = try ProcessRunner.run(["openssl", "dgst", "-sha256", "-r", file.description]).outputText
            }
            precondition(said.hasPrefix(first?.hex ?? "-"), "both digests are equal")
            print(
                "openssl dgst, the file read as well: \(Measurement.text(megabytes / theirs)) MB/s; mlbuild takes \(Measurement.text(ours / theirs)) of its time"
            )
        }
    }

    /// A manifest-like document of some 20 MB.
    private static func document(pretty: Bool) -> [UInt8] {
        let (line, gap) = pretty ? ("\n      ", " ") : ("", "")
        var text = "{\(line)\"stages\":\(gap){"
        for index in 0..<60_000 {
            if index > 0 { text += "," }
            text +=
                "\(line)\"stage-\(index)\":\(gap){\(line)  \"uses\":\(gap)\"train\",\(line)  \"inputs\":\(gap){ \"table\":\(gap)\"data.d\(index)\" },"
            text += "\(line)  \"with\":\(gap){ \"target\":\(gap)\"label\", \"seed\":\(gap)\(index * 7), \"rate\":\(gap)0.\(index)25,"
            text +=
                "\(line)    \"layers\":\(gap)[128, 64, 32, \(index % 17)], \"note\":\(gap)\"a line of text with \\\"quotes\\\" and caf\u{E9}\" }\(line)}"
        }
        return Array((text + "\(line)}\(line)}\n").utf8)
    }
}
