import Canonical
import Platform
import Sandboxing

// Situations with another place to fetch from, and with commands.
extension Situation {
    /// Whether commands can be run here, tried once.
    static let hasSandbox: Bool = {
        if case .available = SandboxSupport.probe() { return true }
        return false
    }()

    /// A workspace whose stage is a command that makes a file and a folder, and whose programs are pinned.
    static func command(_ bench: Bench) throws {
        try fresh(bench)
        let manifest = """
            {
              "version": 1,
              "name": "bench",
              "data": { "rows": { "path": "data/rows.csv" } },
              "stages": {
                "count": {
                  "run": "P=${outputs.parts}; wc -l < ${inputs.rows} > ${outputs.lines}; mkdir -p $P/deep; cp ${inputs.rows} $P/deep; echo x > $P/x",
                  "inputs": { "rows": "data.rows" }, "outputs": { "lines": "counts/lines.txt", "parts": "counts/parts/" }
                }
              }
            }

            """
        try bench.write(manifest, to: "\(bench.place)/mlops.json")
        try run(bench, "lock")
    }

    /// Every object has a flipped bit, and lies elsewhere as it was: in the workspace, or in the remote.
    static func damagedWithSources(_ bench: Bench) throws {
        try withRemote(bench)
        try run(bench, "push")
        for (_, _, place) in try Invariants.named(bench.store.appending("objects")) {
            var bytes = try Files.read(place)
            bytes[bytes.count / 2] ^= 4
            try Files.removeFile(place)
            try Files.write(bytes, to: place, mode: 0o444)
        }
    }

    /// Data that is a folder in an archive elsewhere.
    static func archived(_ bench: Bench) throws {
        try fresh(bench)
        try run(bench, "lock")
        let archive = bench.root.appending("outside/files.tar.gz")
        let outcome = try ProcessRunner.run(["tar", "-C", bench.work.appending("data/files").description, "-czf", archive.description, "."])
        guard outcome.status == 0 else { throw Finding("there is no archive: \(outcome.errorText)") }
        let text = manifest.split(separator: "\"path\": \"data/files\"", omittingEmptySubsequences: false)
        try bench.write(text.joined(separator: "\"url\": \"file://\(archive)\", \"unpack\": true"), to: "\(bench.place)/mlops.json")
    }

    /// Data that goes to a remote in chunks, beside a folder that goes in a pack.
    static func large(_ bench: Bench) throws {
        try fresh(bench)
        var random = Seeded(11)
        var bytes: [UInt8] = []
        while bytes.count < 9 << 20 { withUnsafeBytes(of: random.next()) { bytes += $0 } }
        try Files.write(bytes, to: bench.work.appending("data/blob.bin"))
        let text = manifest.split(separator: "\"data\": {", omittingEmptySubsequences: false)
        try bench.write(text.joined(separator: "\"data\": { \"blob\": { \"path\": \"data/blob.bin\" },"), to: "\(bench.place)/mlops.json")
        try Files.makeDirectories(bench.remote)
        try run(bench, "lock")
        try run(bench, "remote", "add", "origin", "file://\(bench.remote)")
    }

    static func largeElsewhere(_ bench: Bench) throws {
        try large(bench)
        try run(bench, "push")
        try Files.removeTree(bench.store)
    }

    /// Somebody whom the workspace trusts is about to send what he built.
    static func signing(_ bench: Bench) throws {
        try withRemote(bench)
        let key = bench.root.appending("home/key")
        let outcome = try ProcessRunner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", key.description])
        guard outcome.status == 0 else { throw Finding("there is no key: \(outcome.errorText)") }
        try run(bench, "remote", "trust", "../home/key.pub")
    }

    /// A workspace without results, whose remote has them.
    static func resultsElsewhere(_ bench: Bench) throws {
        try signing(bench)
        try run(bench, "push", "--sign", "../home/key")
        try Files.removeTree(bench.store)
        for name in ["build/split", "build/train/model", "build/evaluate", ".mlbuild/index"] {
            try Files.removeTree(bench.work.appending(name))
        }
        try run(bench, "lock")
    }
}
