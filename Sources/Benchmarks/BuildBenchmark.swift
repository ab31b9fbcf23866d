import Platform

/// Whole builds beside ninja, on as many files.
enum BuildBenchmark {
    static func nothingToDo() throws {
        for stages in [100, 1000] {
            try withFolder("noop") { folder in
                let ours = try Twin.mlbuild(stages: stages, in: folder.appending("ours"))
                var contenders = [ours.contender]
                var counted = "\(ours.files) files"
                if Measurement.isInstalled("ninja") {
                    let ninja = try Twin.ninja(stages: stages, in: folder.appending("ninja"))
                    contenders.append(ninja.contender)
                    counted += ", ninja \(ninja.files)"
                } else {
                    Measurement.missing("ninja")
                }
                contenders.append(Contender(name: "/bin/true", arguments: ["/bin/true"]))
                // DVC's first build of 1,000 stages takes many minutes.
                let dvc = try stages <= 100 ? Twin.dvc(stages: stages, in: folder.appending("dvc")) : nil
                if let dvc { contenders.append(dvc.contender) }
                let samples = try Measurement.inTurn(contenders, rounds: dvc == nil ? 60 : 15, warmUps: 5)
                print("\(stages) stages, nothing to do (\(counted)):\n")
                Measurement.show(samples)
                let stat = try Measurement.best(of: 20) { try ours.statEachFile() }
                print("\nlimit, one stat for each of \(ours.files) files in process: \(Measurement.text(stat * 1e3)) ms\n")
            }
        }
    }

    static func oneLeaf() throws {
        try withFolder("leaf") { folder in
            let ours = try Twin.mlbuild(stages: 1000, in: folder.appending("ours"))
            var first = ours.contender
            let data = ours.root.appending("data").appending("d0.csv")
            first.name = "mlbuild lock && mlbuild build"
            first.arguments = ["/bin/sh", "-c", "\(try Products.mlbuild()) lock -q && \(try Products.mlbuild()) build -q"]
            first.prepare = { round in try Files.write(Twin.table(rows: 8, salt: 1_000_000 + round), to: data) }
            var contenders = [first]
            if Measurement.isInstalled("ninja") {
                let ninja = try Twin.ninja(stages: 1000, in: folder.appending("ninja"))
                var second = ninja.contender
                let input = ninja.root.appending("data").appending("d0.csv")
                second.prepare = { round in try Files.write(Twin.table(rows: 8, salt: 1_000_000 + round), to: input) }
                contenders.append(second)
            } else {
                Measurement.missing("ninja")
            }
            print("one changed input of 1,000 stages (mlbuild also pins it, and stores the results):\n")
            Measurement.show(try Measurement.inTurn(contenders, rounds: 15))
        }
    }

    static func template() throws {
        try withFolder("train") { folder in
            let mlbuild = try Products.mlbuild()
            let script = "'\(mlbuild)' init -q --template tabular && '\(mlbuild)' build -q && '\(mlbuild)' package -q"
            var contender = Contender(name: "mlbuild init, build, package", arguments: ["/bin/sh", "-ec", script])
            let work = folder.appending("work")
            contender.directory = work
            contender.environment = ["PATH": "/usr/bin:/bin", "MLBUILD_CACHE": folder.appending("cache").description]
            contender.prepare = { _ in
                try? Files.removeTree(work)
                try? Files.removeTree(folder.appending("cache"))
                try Files.makeDirectories(work)
            }
            Measurement.show(try Measurement.inTurn([contender], rounds: 5, warmUps: 1))
        }
    }
}

/// One workspace for mlbuild, or one for ninja with the same number of files: each stage has one input and two outputs.
struct Twin {
    let root: HostPath
    let contender: Contender
    let paths: PackedPaths

    var files: Int { paths.count }

    func statEachFile() throws {
        _ = try Files.signatures(of: paths, relativeTo: root)
    }

    /// A small table whose bytes depend on `salt`.
    static func table(rows: Int, salt: Int) -> [UInt8] {
        var text = "id,value\n"
        for row in 0..<rows { text += "\(row),\(salt &* 31 &+ row)\n" }
        return Array(text.utf8)
    }

    static func mlbuild(stages: Int, in root: HostPath) throws -> Twin {
        var data = ""
        var text = ""
        var paths = PackedPaths()
        try Files.makeDirectories(root.appending("data"))
        for index in 0..<stages {
            try Files.write(table(rows: 8, salt: index), to: root.appending("data").appending("d\(index).csv"))
            let comma = index == 0 ? "" : ",\n"
            data += "\(comma)    \"d\(index)\": { \"path\": \"data/d\(index).csv\" }"
            text += "\(comma)    \"s\(index)\": { \"uses\": \"split\", \"inputs\": { \"table\": \"data.d\(index)\" } }"
            for path in ["data/d\(index).csv", "build/s\(index)/train.csv", "build/s\(index)/test.csv"] { paths.append(path.utf8) }
        }
        let manifest = "{\n  \"version\": 1,\n  \"name\": \"wide\",\n  \"data\": {\n\(data)\n  },\n  \"stages\": {\n\(text)\n  }\n}\n"
        try Files.write(Array(manifest.utf8), to: root.appending("mlops.json"))
        let cache = root.parent.appending("cache")
        let environment = ["PATH": "/usr/bin:/bin", "MLBUILD_CACHE": cache.description]
        let mlbuild = try Products.mlbuild()
        // Until the time stamps are old enough to be trusted, a build looks again.
        for _ in 0..<3 {
            let outcome = try ProcessRunner.run([mlbuild, "build", "-q"], environment: environment, directory: root)
            guard outcome.status == 0 else {
                throw Measurement.Failed(command: [mlbuild, "build"], status: outcome.status, said: outcome.errorText)
            }
            Clock.sleep(nanoseconds: 100_000_000)
        }
        let contender = Contender(name: "mlbuild build", arguments: [mlbuild, "build"], directory: root, environment: environment)
        return Twin(root: root, contender: contender, paths: paths)
    }

    static func ninja(stages: Int, in root: HostPath) throws -> Twin {
        var text = "rule copy\n  command = mkdir -p $dir && cp $in $dir/train.csv && cp $in $dir/test.csv\n"
        var paths = PackedPaths()
        try Files.makeDirectories(root.appending("data"))
        for index in 0..<stages {
            try Files.write(table(rows: 8, salt: index), to: root.appending("data").appending("d\(index).csv"))
            text += "build build/s\(index)/train.csv build/s\(index)/test.csv: copy data/d\(index).csv\n  dir = build/s\(index)\n"
            for path in ["data/d\(index).csv", "build/s\(index)/train.csv", "build/s\(index)/test.csv"] { paths.append(path.utf8) }
        }
        try Files.write(Array(text.utf8), to: root.appending("build.ninja"))
        let outcome = try ProcessRunner.run(["ninja"], directory: root)
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: ["ninja"], status: outcome.status, said: outcome.outputText)
        }
        return Twin(root: root, contender: Contender(name: "ninja", arguments: ["ninja"], directory: root), paths: paths)
    }
}

extension Twin {
    /// The same copies as stages of DVC, built once; nil where it is not installed.
    static func dvc(stages: Int, in root: HostPath) throws -> Twin? {
        guard Measurement.isInstalled("dvc") else {
            Measurement.missing("dvc")
            return nil
        }
        var text = "stages:\n"
        var paths = PackedPaths()
        try Files.makeDirectories(root.appending("data"))
        for index in 0..<stages {
            let (input, first, second) = ("data/d\(index).csv", "build/s\(index)/train.csv", "build/s\(index)/test.csv")
            try Files.write(table(rows: 8, salt: index), to: root.appending("data").appending("d\(index).csv"))
            text += "  s\(index):\n    cmd: mkdir -p build/s\(index) && cp \(input) \(first) && cp \(input) \(second)\n"
            text += "    deps: [\(input)]\n    outs: [\(first), \(second)]\n"
            for path in [input, first, second] { paths.append(path.utf8) }
        }
        try Files.write(Array(text.utf8), to: root.appending("dvc.yaml"))
        for arguments in [["dvc", "init", "--no-scm", "-q"], ["dvc", "repro", "-q"]] {
            let outcome = try ProcessRunner.run(arguments, directory: root)
            guard outcome.status == 0 else {
                throw Measurement.Failed(command: arguments, status: outcome.status, said: outcome.errorText)
            }
        }
        return Twin(root: root, contender: Contender(name: "dvc repro", arguments: ["dvc", "repro"], directory: root), paths: paths)
    }
}
