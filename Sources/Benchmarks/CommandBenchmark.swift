import Platform

/// Builds of commands: each stage in a sandbox of its own, beside ninja with each command under bubblewrap.
enum CommandBenchmark {
    static func run() throws {
        let stages = 1000
        try withFolder("commands") { folder in
            let ours = folder.appending("ours")
            let cache = folder.appending("cache")
            try workspace(stages, at: ours)
            let mlbuild = try Products.mlbuild()
            let environment = ["PATH": "/usr/bin:/bin", "MLBUILD_CACHE": cache.description]
            // Programs are pinned and their folder is made once in the life of a store, as bubblewrap's are installed once.
            try once([mlbuild, "lock", "-q"], environment, ours)
            try once([mlbuild, "build", "-q", "s0"], environment, ours)
            var first = Contender(name: "mlbuild build", arguments: [mlbuild, "build", "-q"], directory: ours, environment: environment)
            first.prepare = { round in
                try? Files.removeTree(ours.appending("out"))
                try salt(round, stages, at: ours)
            }
            var contenders = [first]
            if Measurement.isInstalled("ninja"), Measurement.isInstalled("bwrap") {
                let theirs = folder.appending("ninja")
                try Files.makeDirectories(theirs)
                var second = Contender(name: "ninja, bwrap", arguments: ["ninja", "--quiet"], directory: theirs)
                second.prepare = { round in
                    try? Files.removeTree(theirs.appending("out"))
                    for name in [".ninja_log", ".ninja_deps"] { try? Files.removeTree(theirs.appending(name)) }
                    try Files.write(Array(ninja(stages, round).utf8), to: theirs.appending("build.ninja"))
                }
                contenders.append(second)
            } else {
                Measurement.missing("ninja or bwrap")
            }
            print("\(stages) trivial commands, cold, each in a sandbox (mlbuild also keeps, records and syncs every result):\n")
            Measurement.show(try Measurement.inTurn(contenders, rounds: 7, warmUps: 1))
        }
    }

    private static func once(_ arguments: [String], _ environment: [String: String], _ folder: HostPath) throws {
        let outcome = try ProcessRunner.run(arguments, environment: environment, directory: folder)
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: arguments, status: outcome.status, said: outcome.errorText)
        }
    }

    private static func workspace(_ stages: Int, at root: HostPath) throws {
        try Files.makeDirectories(root)
        try salt(-1, stages, at: root)
    }

    /// Writes the manifest; another `salt` makes every result unknown.
    private static func salt(_ salt: Int, _ stages: Int, at root: HostPath) throws {
        var text = ""
        for index in 0..<stages {
            let comma = index == 0 ? "" : ",\n"
            text += "\(comma)    \"s\(index)\": { \"run\": \"echo \(salt) \(index) > out/\(index).txt\", "
            text += "\"outputs\": { \"text\": \"out/\(index).txt\" } }"
        }
        let manifest = "{\n  \"version\": 1,\n  \"name\": \"commands\",\n  \"stages\": {\n\(text)\n  }\n}\n"
        try Files.write(Array(manifest.utf8), to: root.appending("mlops.json"))
    }

    private static func ninja(_ stages: Int, _ salt: Int) -> String {
        let sandbox =
            "bwrap --unshare-all --die-with-parent --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib "
            + "--symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp --bind out /work --chdir /work"
        var text = "rule run\n  command = \(sandbox) /bin/sh -euc 'echo \(salt) $number > $number.txt'\n"
        for index in 0..<stages { text += "build out/\(index).txt: run\n  number = \(index)\n" }
        return text
    }
}
