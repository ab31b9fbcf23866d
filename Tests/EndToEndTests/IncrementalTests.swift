import Canonical
import Platform
import TestSupport
import Testing

/// Edits to a workspace, then exactly what runs, and why.
@Suite struct IncrementalTests {
    private static func built() throws -> Workbench {
        let bench = try Workbench(template: "tabular", inMemory: true)
        let first = try bench.run("build")
        try #require(first.status == 0, "\(first)")
        return bench
    }

    @Test func `a parameter changes what uses it, and what depends on that`() throws {
        let bench = try Self.built()
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 40")
        let dry = try bench.run("build", "--dry-run", "--json")
        #expect(
            try dry.stages() == [
                "split": "upToDate", "train": "wouldRun: options.learner.trees: 100 -> 40", "evaluate": "wouldFollow",
            ])
        let second = try bench.run("build", "--json")
        #expect(second.status == 0, "\(second)")
        let stages = try second.stages()
        #expect(stages["split"] == "upToDate")
        #expect(stages["train"] == "ran: options.learner.trees: 100 -> 40")
        #expect(stages["evaluate"]?.hasPrefix("ran: inputs.model") == true, "\(stages)")
        try bench.edit("mlops.json", "\"trees\": 40", "\"trees\": 100")
        let back = try bench.run("build", "--json")
        #expect(
            try back.stages() == [
                "split": "upToDate", "train": "restored: outdated, outdated", "evaluate": "restored: outdated, outdated, outdated",
            ])
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
    }

    @Test func `data that differs from its pin is refused with both digests until it is locked`() throws {
        let bench = try Self.built()
        let before = try bench.contents()
        let old = Digest.of(try Files.read(bench.path("data/breast-cancer.csv")))
        try bench.edit("data/breast-cancer.csv", "17.99,10.38,", "18.99,10.38,")
        let new = Digest.of(try Files.read(bench.path("data/breast-cancer.csv")))
        let refused = try bench.run("build")
        #expect(refused.status == 1)
        for text in [old.description, new.description, "mlops.json:6:", "[build/data-differs]", "'mlbuild lock' accepts"] {
            #expect(refused.words.contains(text), "'\(text)' in \(refused)")
        }
        var after = try bench.contents()
        after["data/breast-cancer.csv"] = before["data/breast-cancer.csv"]
        #expect(after == before, "a build that refuses its data leaves everything else as it was")
        #expect(try bench.run("lock", "--check").status == 1)
        let locked = try bench.run("lock")
        #expect(locked.status == 0)
        #expect(locked.words.contains(old.description) && locked.words.contains(new.description), "\(locked)")
        let built = try bench.run("build", "--json")
        #expect(built.status == 0, "\(built)")
        let stages = try built.stages()
        #expect(stages["split"]?.hasPrefix("ran: inputs.table") == true, "\(stages)")
    }

    @Test func `the layout of the manifest is no reason to run anything`() throws {
        let bench = try Self.built()
        let text = try bench.read("mlops.json")
        try bench.write(text.split(separator: "\n").joined(separator: "\n\n   ") + "\n", to: "mlops.json")
        let spread = try bench.run("build", "--json")
        #expect(try spread.stages().values.allSatisfy { $0 == "upToDate" }, "\(spread)")
        try bench.edit("mlops.json", "\"seed\": 42", "\"seed\" : 42")
        try bench.edit("mlops.json", "\"max\": 0.2", "\"max\": 0.3")
        let gate = try bench.run("build", "--json")
        #expect(try gate.stages().values.allSatisfy { $0 == "upToDate" }, "a gate is no part of a key: \(gate)")
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
        try bench.expectNothingToDo(stages: 3)
    }

    @Test func `an output that was deleted or edited is put back from the store`() throws {
        let bench = try Self.built()
        let before = try bench.contents()
        try bench.remove("build/split/train.csv", "build/train")
        let metrics = try bench.read("build/evaluate/metrics.json")
        try bench.write(metrics + " ", to: "build/evaluate/metrics.json")
        try bench.write("more", to: "build/evaluate/other.txt")
        let again = try bench.run("build", "--json")
        #expect(
            try again.stages() == ["split": "restored: missing", "train": "restored: missing, missing", "evaluate": "restored: altered"])
        var after = try bench.contents()
        #expect(after.removeValue(forKey: "build/evaluate/other.txt") != nil, "what mlbuild did not write stays")
        #expect(after == before)
    }

    @Test func `a file of somebody else is never overwritten`() throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        try bench.write("mine", to: "build/train/log.jsonl")
        let refused = try bench.run("build")
        #expect(refused.status == 3 || refused.status == 1, "\(refused)")
        #expect(refused.words.contains("[build/foreign-output]"), "\(refused)")
        #expect(try bench.read("build/train/log.jsonl") == "mine")
        try bench.remove("build/train/log.jsonl")
        #expect(try bench.run("build").status == 0)
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
    }

    @Test func `a stage under another name has its result at once`() throws {
        let bench = try Self.built()
        try bench.edit("mlops.json", "\"train\": {", "\"fit\": {")
        try bench.edit("mlops.json", "\"train.model\"", "\"fit.model\"")
        let renamed = try bench.run("build", "--json")
        #expect(renamed.status == 0, "\(renamed)")
        #expect(try renamed.stages() == ["split": "upToDate", "fit": "restored: missing, missing", "evaluate": "upToDate"])
    }

    @Test func `force runs what is named, and the same bytes come out`() throws {
        let bench = try Self.built()
        let forced = try bench.run("build", "--force", "train", "--json")
        #expect(forced.status == 0, "\(forced)")
        #expect(try forced.stages() == ["split": "upToDate", "train": "ran: asked for with --force"])
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
    }

    @Test func `locked builds without writing the lock, and ends with 1 when a pin is not met`() throws {
        let bench = try Self.built()
        #expect(try bench.run("build", "--locked", "--rehash").status == 0)
        try bench.edit("data/breast-cancer.csv", "malignant\n", "benign\n")
        let refused = try bench.run("build", "--locked")
        #expect(refused.status == 1, "\(refused)")
        #expect(try bench.read("mlops.lock") == Expected.of("tabular").lock)
        let fresh = try Workbench(template: "minimal", inMemory: true)
        #expect(try fresh.run("build", "--locked").words.hasPrefix("error: there is no mlops.lock\n  hint: 'mlbuild lock' makes it"))
    }

    @Test func `of a thousand stages, one changed leaf runs one`() throws {
        let bench = try Workbench(inMemory: true)
        let count = 1000
        var data: [String] = []
        var stages: [String] = []
        for index in 0..<count {
            data.append("\"rows-\(index)\": { \"path\": \"data/\(index).csv\" }")
            stages.append(
                "\"split-\(index)\": { \"uses\": \"split\", \"inputs\": { \"table\": \"data.rows-\(index)\" }, \"with\": { \"seed\": \(index) } }"
            )
            try bench.write("a,b\n1,\(index)\n2,x\n3,y\n4,z\n5,u\n6,v\n", to: "data/\(index).csv")
        }
        // Two more below one of them: what depends on the leaf runs with it.
        stages.append("\"below\": { \"uses\": \"split\", \"inputs\": { \"table\": \"split-500.train\" }, \"with\": { \"seed\": 7 } }")
        stages.append("\"beside\": { \"uses\": \"split\", \"inputs\": { \"table\": \"split-501.train\" }, \"with\": { \"seed\": 8 } }")
        let manifest = """
            { "version": 1, "name": "wide",
              "data": { \(data.joined(separator: ",\n")) },
              "stages": { \(stages.joined(separator: ",\n")) } }
            """
        try bench.write(manifest, to: "mlops.json")
        let first = try bench.run("build", "--json", "--quiet")
        #expect(first.status == 0, "\(first.words)")
        let stray = try first.stages().filter { $0.value != "ran: never built" }
        #expect(try first.stages().count == count + 2 && stray.isEmpty, "\(stray)")
        try bench.expectNothingToDo(stages: count + 2)

        try bench.write("a,b\n1,changed\n2,x\n3,y\n4,z\n5,u\n6,v\n", to: "data/500.csv")
        #expect(try bench.run("build").status == 1)
        #expect(try bench.run("lock").status == 0)
        let second = try bench.run("build", "--json", "--quiet")
        #expect(second.status == 0, "\(second.words)")
        let changed = try second.stages().filter { $0.value != "upToDate" }
        #expect(changed["split-500"]?.hasPrefix("ran: inputs.table") == true, "\(changed)")
        #expect(Set(changed.keys).isSubset(of: ["split-500", "below"]), "\(changed)")
        #expect(try bench.temporaries() == [])
    }
}
