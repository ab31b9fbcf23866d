import CFaultBench
import Canonical
import Glibc
import Platform

/// A command that speaks to a server, in a situation that is made when the server behaves.
struct HostileScene {
    /// What is there before.
    enum Start {
        /// The workspace is built, and the server has nothing, all, or all but results.
        case sending(server: String)
        /// The server has all, this machine nothing but the workspace without its outputs.
        case fetching
        /// The server has all, and this machine has lost the data.
        case healing
        /// Data with a URL: not pinned, or pinned and not here.
        case source(isPinned: Bool)
    }

    let name: String
    let words: [String]
    let start: Start
    /// Methods and the folders of the remote that they are about.
    let aims: [(method: String, places: [String])]
    var kinds = HostileKind.allCases
    /// Whether it asks the server for what it could make by itself as well.
    var canDoWithout = false
    /// Whether it ends well only if all that the server gave was right.
    var isReader = false
    /// Whether there is a file that goes in chunks.
    var isLarge = false

    static var all: [HostileScene] {
        let lists = [(method: "GET", places: ["list"])]
        return [
            HostileScene(
                name: "push", words: ["push", "--json"], start: .sending(server: "empty"),
                aims: [("HEAD", ["trees", "packs", "cas"]), ("PUT", ["trees", "packs", "cas"])]),
            HostileScene(
                name: "pull", words: ["pull", "--json"], start: .fetching, aims: [("GET", ["trees", "packs", "cas", "results"])],
                isReader: true),
            HostileScene(
                name: "build", words: ["build", "--json"], start: .fetching, aims: [("GET", ["results", "cas", "packs"])],
                canDoWithout: true),
            HostileScene(
                name: "test", words: ["remote", "test", "origin"], start: .sending(server: "all"),
                aims: [("HEAD", ["cas"]), ("PUT", ["cas"]), ("GET", ["cas"])]),
            HostileScene(
                name: "verify", words: ["remote", "verify", "origin", "--json"], start: .sending(server: "all"),
                aims: [("HEAD", ["trees", "packs", "cas"])]),
            HostileScene(
                name: "verify-read", words: ["remote", "verify", "origin", "--read", "--json"], start: .sending(server: "all"),
                aims: [("GET", ["trees", "packs", "cas"])], isReader: true),
            HostileScene(
                name: "push-results", words: ["push", "--sign", "../home/key", "--json"], start: .sending(server: "data"),
                aims: [("GET", ["results"]), ("PUT", ["results"])]),
            HostileScene(
                name: "pull-part", words: ["pull", "files/many/7.bin", "--json"], start: .fetching, aims: [("GET", ["packs"])],
                isReader: true),
            HostileScene(
                name: "heal", words: ["cache", "verify", "--repair"], start: .healing, aims: [("GET", ["packs", "cas"])]),
            HostileScene(
                name: "pull-large", words: ["pull", "large", "--json"], start: .fetching, aims: [("GET", ["chunks", "cas"])],
                isReader: true, isLarge: true),
            HostileScene(
                name: "push-large", words: ["push", "large", "--json"], start: .sending(server: "empty"),
                aims: [("HEAD", ["chunks", "cas"]), ("PUT", ["chunks", "cas"])], isLarge: true),
            HostileScene(
                name: "lock-source", words: ["lock", "--update", "rows", "--json"], start: .source(isPinned: false),
                aims: [("GET", ["source"])], kinds: [.https, .s3]),
            HostileScene(
                name: "build-source", words: ["build", "--json"], start: .source(isPinned: true), aims: [("GET", ["source"])],
                kinds: [.https, .s3], isReader: true),
            HostileScene(
                name: "push-list", words: ["push", "--json"], start: .sending(server: "empty"), aims: lists, kinds: [.s3]),
            HostileScene(
                name: "test-list", words: ["remote", "test", "origin"], start: .sending(server: "all"), aims: lists, kinds: [.s3]),
            HostileScene(
                name: "verify-list", words: ["remote", "verify", "origin", "--json"], start: .sending(server: "all"), aims: lists,
                kinds: [.s3]),
        ]
    }

    /// Whether it is about data with a URL.
    var isSource: Bool { if case .source = start { true } else { false } }

    // MARK: Credentials

    static let token = "canaryToken0123456789"
    private static let secret = "canarySecretKey0123456789"
    private static let needles = [Array("canarySecretKey".utf8), Array("canaryToken".utf8)]

    /// Whether a credential stands there.
    static func hasSecret(_ bytes: [UInt8]) -> Bool { needles.contains { bench_holds(bytes, bytes.count, $0, $0.count) != 0 } }

    /// Puts the credentials where people have them: in variables, or in a file.
    static func giveCredentials(_ bench: inout Bench, inFile: Bool) throws {
        let file = bench.root.appending(credentialFile)
        try Files.removeTree(file)
        bench.variables.removeAll { $0.name.hasPrefix("AWS_") && $0.name != "AWS_ENDPOINT_URL_S3" }
        if inFile {
            try bench.write(
                "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = \(secret)\naws_session_token = \(token)\n",
                to: credentialFile)
        } else {
            bench.variables += [
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", secret), ("AWS_SESSION_TOKEN", token),
            ]
        }
    }

    static let credentialFile = "home/.aws/credentials"

    // MARK: The situation

    private var manifest: String {
        var text = Situation.manifest
        func put(_ new: String, for old: String) {
            text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
        }
        if isLarge { put("\"data/files\" }, \"large\": { \"path\": \"data/large.bin\" }", for: "\"data/files\" }") }
        return text
    }

    /// Makes the situation, and what the server has, which it remembers as `before`.
    func prepare(_ bench: Bench, _ kind: HostileKind, _ server: HostileServer, port: Int) throws {
        server.lay("empty")
        try Situation.fresh(bench)
        try bench.write(manifest, to: "work/mlops.json")
        for index in 0..<40 { try bench.write(Situation.rows(UInt64(100 + index), 900), to: "work/data/files/many/\(index).bin") }
        if isLarge { try bench.write(Situation.rows(9, 900_000), to: "work/data/large.bin") }
        let key = bench.root.appending("home/key").description
        let made = try ProcessRunner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@example.org", "-f", key])
        guard made.status == 0 else { throw Finding("ssh-keygen: \(made.errorText)") }
        switch start {
        case .sending(let name):
            try share(bench, kind, port)
            if name != "empty" { try Situation.run(bench, "push") }
            if name == "all" { try Situation.run(bench, "push", "--sign", key) }
        case .fetching:
            try share(bench, kind, port)
            try Situation.run(bench, "push", "--sign", key)
            for name in ["cache", "work/build/split", "work/build/train/model", "work/build/evaluate"] {
                try Files.removeTree(bench.root.appending(name))
            }
        case .healing:
            try share(bench, kind, port)
            try Situation.run(bench, "push", "--sign", key)
            let data = try FolderImage(of: bench.work.appending("data")).digests { _ in true }
            try Files.removeTree(bench.work.appending("data"))
            let lost = Set(data.values.map(\.hex))
            for (hex, _, place) in try Invariants.named(bench.store.appending("objects")) where lost.contains(hex) {
                try Files.removeFile(place)
            }
        case .source(let isPinned):
            let rows = bench.work.appending("data/rows.csv")
            let url = kind == .s3 ? "s3://models/source/rows.csv" : "https://127.0.0.1:\(port)/source/rows.csv"
            server.put(kind == .s3 ? "/models/source/rows.csv" : "/source/rows.csv", rows)
            let text = manifest.split(separator: "\"path\": \"data/rows.csv\"", omittingEmptySubsequences: false)
            try bench.write(text.joined(separator: "\"url\": \"\(url)\""), to: "work/mlops.json")
            if isPinned {
                try Situation.run(bench, "build")
                for name in ["cache", "work/build/split", "work/build/train/model", "work/build/evaluate"] {
                    try Files.removeTree(bench.root.appending(name))
                }
            }
        }
        server.save("before")
    }

    /// A built workspace with a remote, which trusts its own key.
    private func share(_ bench: Bench, _ kind: HostileKind, _ port: Int) throws {
        try Situation.run(bench, "build")
        try bench.write(Self.configuration(kind, port), to: "work/.mlbuild/config.json")
        try Situation.run(bench, "remote", "trust", "../home/key.pub")
    }

    static func configuration(_ kind: HostileKind, _ port: Int) -> String {
        let place =
            switch kind {
            case .http, .https: "\"url\": \"\(kind)://127.0.0.1:\(port)/shelf\""
            case .s3: "\"url\": \"s3://models/penguins\", \"endpoint\": \"http://127.0.0.1:\(port)\", \"region\": \"us-east-1\""
            }
        return "{\"version\": 1, \"default\": \"origin\", \"remotes\": [{\"name\": \"origin\", \(place)}]}\n"
    }
}
