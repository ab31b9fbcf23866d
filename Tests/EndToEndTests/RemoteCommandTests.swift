import Canonical
import Platform
import TestSupport
import Testing

/// `remote`, `push` and `pull` as people use them.
@Suite struct RemoteCommandTests {
    private static let manifest = """
        {"version": 1, "name": "shared", "data": {"rows": {"path": "rows.csv"}, "pictures": {"path": "pictures/"}}, "stages": {}}
        """

    private static func filled() throws -> Workbench {
        let bench = try Workbench(inMemory: true)
        try bench.write(manifest, to: "mlops.json")
        try bench.write("a,b\n1,2\n", to: "rows.csv")
        for index in 0..<50 { try bench.write("picture \(index)", to: "pictures/part\(index % 5)/\(index).png") }
        #expect(try bench.run("lock").status == 0)
        return bench
    }

    /// The same workspace on another machine, without its data.
    private static func clone(of bench: Workbench) throws -> Workbench {
        let other = try Workbench(inMemory: true)
        for name in ["mlops.json", "mlops.lock", ".mlbuild/config.json"] { try other.write(try bench.read(name), to: name) }
        return other
    }

    private static func shelf(_ bench: Workbench) throws -> String {
        let folder = bench.folder.appending("shelf")
        try Files.makeDirectories(folder)
        return "file://\(folder)"
    }

    @Test func `data travels over a folder`() throws {
        let bench = try Self.filled()
        let added = try bench.run("remote", "add", "origin", try Self.shelf(bench))
        #expect(added.status == 0 && added.words.contains("next: mlbuild remote test origin"), "\(added)")
        #expect(try bench.run("remote", "test", "origin").status == 0)
        #expect(try bench.run("remote", "list").output == "origin  \(try Self.shelf(bench))  (default)\n")
        let pushed = try bench.run("push", "--json")
        #expect(pushed.status == 0, "\(pushed)")
        // A pack with 50 pictures and 5 folders, the tree that names them, one table.
        #expect(try pushed.summary("objects")?.integerValue == 3)
        let again = try bench.run("push")
        #expect(again.status == 0 && again.words.contains("nothing to send"), "\(again)")
        let other = try Self.clone(of: bench)
        let rows = try other.run("pull", "rows", "-j", "2", "--json")
        #expect(try rows.status == 0 && rows.summary("objects")?.integerValue == 1, "\(rows)")
        let pulled = try other.run("pull")
        #expect(pulled.status == 0 && pulled.words.contains("fetched 2 objects"), "\(pulled)")
        #expect(try other.run("pull").words.contains("nothing to fetch"))
        #expect(try other.temporaries() == [])
        let removed = try bench.run("remote", "remove", "origin")
        #expect(removed.status == 0 && removed.words.contains("what lies there stays"))
        #expect(try bench.run("push").status == 1)
    }

    private static let hasKeygen = (try? ProcessRunner.run(["ssh-keygen", "-?"])) != nil

    @Test(.enabled(if: hasKeygen, "skipped: there is no ssh-keygen"))
    func `a colleague's build is a cache hit here, once it is signed and trusted`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("build").status == 0)
        let key = bench.folder.appending("key").description
        let made = try ProcessRunner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@example.org", "-f", key])
        #expect(made.status == 0, "\(made.errorText)")
        #expect(try bench.run("remote", "add", "origin", try Self.shelf(bench)).status == 0)
        let unsigned = try bench.run("push")
        #expect(unsigned.status == 0 && unsigned.words.contains("results stay here: nobody signs them"), "\(unsigned)")
        let pushed = try bench.run("push", "--sign", key)
        #expect(pushed.status == 0 && pushed.words.contains("signed and sent 3 results"), "\(pushed)")
        let again = try bench.run("push", "--sign", key, "--json")
        #expect(try again.summary("objects")?.integerValue == 0 && again.summary("results")?.integerValue == 0, "\(again)")
        #expect(try bench.run("remote", "trust", key).status == 2)
        let trusted = try bench.run("remote", "trust", key + ".pub")
        #expect(trusted.status == 0 && trusted.words.contains("results that 'ada@example.org' has signed count here"), "\(trusted)")
        #expect(try bench.run("remote", "trust", key + ".pub").words.contains("already"))

        /// The workspace on a machine of its own.
        func elsewhere(trusting: Bool = true) throws -> Workbench {
            let other = try Workbench(template: "tabular")
            for name in ["mlops.lock", ".mlbuild/config.json"] + (trusting ? [".mlbuild/signers"] : []) {
                try other.write(try bench.read(name), to: name)
            }
            return other
        }
        let other = try elsewhere()
        let built = try other.run("build")
        #expect(built.status == 0 && built.words.contains("train: from 'origin', signed by ada@example.org"), "\(built)")
        #expect(built.words.contains("3 stages: 3 from the cache"), "\(built)")
        #expect(try other.read("build/train/model/model.json") == bench.read("build/train/model/model.json"))
        #expect(try other.read("mlops.lock") == bench.read("mlops.lock"))
        #expect(try other.temporaries() == [])
        #expect(try elsewhere().run("build", "--offline").words.contains("3 stages: 3 ran"))
        #expect(try elsewhere(trusting: false).run("build").words.contains("3 stages: 3 ran"))
        let third = try elsewhere()
        let pulled = try third.run("pull")
        #expect(pulled.status == 0 && pulled.words.contains("took over 3 results"), "\(pulled)")
        #expect(try third.run("build", "--offline").words.contains("3 stages: 3 from the cache"))

        // What somebody has changed there is told, and made here instead.
        let folder = bench.folder.appending("shelf").appending("results")
        for entry in try Files.list(folder) {
            let path = folder.appending(entry.name)
            var bytes = try Files.read(path)
            bytes[bytes.count / 3] ^= 1
            try Files.removeFile(path)
            try Files.write(bytes, to: path)
        }
        let fourth = try elsewhere()
        let refused = try fourth.run("pull")
        #expect(refused.status == 4 && refused.words.contains("result of stage 'train'"), "\(refused)")
        let made2 = try fourth.run("build")
        #expect(made2.status == 0 && made2.words.contains("3 stages: 3 ran") && made2.words.contains("remote 'origin': "), "\(made2)")
        // Without the remote all goes on, and says so once.
        try Files.rename(bench.folder.appending("shelf"), to: bench.folder.appending("away"))
        let alone = try elsewhere().run("build")
        #expect(alone.status == 0 && alone.words.contains("no results are taken from remote 'origin'"), "\(alone)")
    }

    @Test func `what is damaged or missing there is named, and never kept`() throws {
        let bench = try Self.filled()
        #expect(try bench.run("remote", "add", "origin", try Self.shelf(bench)).status == 0)
        #expect(try bench.run("push").status == 0)
        let gone = Digest.of(Array("a,b\n1,2\n".utf8))
        let damaged = Digest.of(Array("picture 8".utf8))
        try Files.removeFile(bench.folder.appending("shelf/cas/\(gone.hex)"))
        let pack = try #require(try Tree.everything(bench.folder.appending("shelf/packs")).first)
        let place = bench.folder.appending("shelf/packs/\(pack)")
        let bytes = try Files.read(place).replacing(Array("picture 8".utf8), with: Array("picture X".utf8))
        try Files.removeFile(place)
        try Files.write(bytes, to: place)
        let other = try Self.clone(of: bench)
        let pulled = try other.run("pull", "--json")
        #expect(pulled.status == 4, "\(pulled)")
        #expect(
            pulled.words.contains("does not have object \(gone)") && pulled.words.contains("under the name of pack sha256:\(pack)")
                && pulled.words.contains("object \(damaged) in it has other bytes"), "\(pulled)")
        #expect(try pulled.summary("objects")?.integerValue == 2)
        let objects = try Tree.digests(other.cache.appending("objects"))
        for (name, digest) in objects { #expect(name == "\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))") }
        // 49 pictures, 5 folders and the one around them.
        #expect(objects.count == 55)
    }

    @Test func `mistakes have a way out`() throws {
        let bench = try Self.filled()
        let shelf = try Self.shelf(bench)
        func expect(_ status: Int32, _ words: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
            let program = try Workbench.program().description
            let ending = Ending(try ProcessRunner.run([program] + arguments, environment: bench.environment(), directory: bench.root))
            #expect(ending.status == status && ending.words.contains(words), "\(ending)", sourceLocation: sourceLocation)
        }
        try expect(1, "'mlbuild remote add NAME URL' names one", "push")
        try expect(2, "did you mean 'list'?", "remote", "lst")
        try expect(2, "'remote add' takes NAME and URL", "remote", "add", "origin")
        try expect(2, "neither a query nor a fragment", "remote", "add", "origin", "https://example.org/x?canary")
        try expect(2, "no user and no password", "remote", "add", "origin", "http://user:canary@example.org/x")
        try expect(2, "an endpoint is like https://HOST", "remote", "add", "origin", "s3://bucket", "--endpoint", "ftp://h")
        try expect(2, "a remote's name is like 'origin'", "remote", "add", "Origin", shelf)
        try expect(0, "remote 'origin' is", "remote", "add", "origin", shelf)
        try expect(1, "there is a remote 'origin' already", "remote", "add", "origin", shelf)
        try expect(1, "did you mean 'origin'?", "push", "--remote", "orgin")
        try expect(2, "did you mean 'rows'?", "push", "row")
        try expect(2, "'--jobs' is '0'", "pull", "-j0")
        try expect(0, "remote 'away' is", "remote", "add", "away", "http://127.0.0.1:1")
        try expect(4, "connection refused", "push", "--remote", "away")
        try expect(0, "remote 'bucket' is", "remote", "add", "bucket", "s3://bucket/x", "--endpoint", "http://127.0.0.1:1")
        try expect(1, "no credentials: there are none", "push", "--remote", "bucket")
        try bench.write("{\"version\": 1, \"remotes\": [{\"name\": \"a\", \"url\": \"http://u:canary@h\"}]}", to: ".mlbuild/config.json")
        let shown = try bench.run("remote", "list", "--json")
        #expect(shown.status == 1 && shown.words.contains("[remote/invalid-url]") && !shown.description.contains("canary"), "\(shown)")
    }

    @Test func `no credential reaches what is said, written or started`() throws {
        let bench = try Self.filled()
        let canary = ["AWS_ACCESS_KEY_ID": "AKcanary1", "AWS_SECRET_ACCESS_KEY": "canary2/secret+key", "AWS_SESSION_TOKEN": "canary3token"]
        // A program that mlbuild starts, and that tells what it was given.
        try bench.folder.write("#!/bin/sh\nenv > '\(bench.folder.appending("told"))'\necho uv 1.0\n", to: "bin/uv")
        try Files.setPermissions(bench.folder.appending("bin/uv"), 0o755)
        var environment = canary
        environment["PATH"] = "\(bench.folder.appending("bin")):\(Host.environment("PATH") ?? "/usr/bin:/bin")"
        let added = try bench.run(
            "remote", "add", "origin", "s3://bucket/x", "--endpoint", "http://127.0.0.1:1", environment: environment)
        #expect(added.status == 0)
        let endings = [
            added, try bench.run("push", "-v", environment: environment), try bench.run("pull", "--json", "-v", environment: environment),
            try bench.run("remote", "test", "origin", "--json", environment: environment),
            try bench.run("doctor", environment: environment),
            try bench.run("lock", "-v", environment: environment), try bench.run("build", "-v", environment: environment),
        ]
        for ending in endings { #expect(!ending.description.contains("canary"), "\(ending)") }
        for folder in [bench.root, bench.cache] {
            for name in try Tree.everything(folder) {
                let text = String(decoding: try Files.read(folder.appending(name)), as: UTF8.self)
                #expect(!text.contains("canary"), "\(name)")
            }
        }
        if let told = try Files.readIfPresent(bench.folder.appending("told")) {
            #expect(!String(decoding: told, as: UTF8.self).contains("canary"))
        }
    }
}
