import Canonical
import Diagnostics
import StageKinds
import Testing

@testable import Manifests

@Suite struct ManifestReaderTests {
    private let penguins = """
        {
          "version": 1,
          "name": "penguins",
          "parameters": { "seed": 42, "trees": 200 },
          "data": {
            "penguins": { "path": "data/penguins.csv" }
          },
          "stages": {
            "split":    { "uses": "split", "inputs": { "table": "data.penguins" },
                          "with": { "test": 0.25, "stratify": "species", "seed": "${seed}" } },
            "train":    { "uses": "train", "inputs": { "table": "split.train" },
                          "with": { "target": "species", "learner": { "kind": "boosted-trees", "trees": "${trees}" }, "seed": "${seed}" } },
            "evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "split.test" } }
          },
          "model": { "from": "train.model", "version": "1.0.0", "metrics": "evaluate.metrics",
                     "samples": { "from": "split.test", "rows": 5 }, "gates": { "accuracy": { "min": 0.95 } } },
          "deployment": { "serve": { "port": 8080 } }
        }
        """

    @Test func `a manifest reads as its values`() throws {
        let read = ManifestReader.read(SourceText(name: "mlops.json", text: penguins))
        #expect(read.diagnostics == [])
        let manifest = try #require(read.value)
        #expect(manifest.name == "penguins")
        #expect(manifest.stages.map(\.name) == ["split", "train", "evaluate"])
        #expect(manifest.data("penguins")?.origin == .path(try #require(RelativePath("data/penguins.csv"))))
        #expect(manifest.stage("split")?.outputs.map(\.path.text) == ["build/split/train.csv", "build/split/test.csv"])
        #expect(manifest.stage("train")?.parameters == ["seed", "trees"])
        #expect(manifest.stage("train")?.output("model")?.isTree == true)
        #expect(manifest.model?.gates.map(\.metric) == ["accuracy"])
        guard case .kind(let use)? = manifest.stage("train")?.work else {
            Issue.record("train is a kind")
            return
        }
        #expect(use.options["seed"]?.integerValue == 42)
        #expect(use.options["learner"]?["trees"]?.integerValue == 200)
    }
}

@Suite struct ManifestValueTests {
    private func read(_ name: String) throws -> Manifest {
        let example = try #require(Example.valid.first { $0.name == name })
        return try #require(ManifestReader.read(try example.source()).value)
    }

    @Test func `a parameter keeps its type alone and becomes text among others`() throws {
        let manifest = try read("nested-parameters")
        guard case .kind(let split)? = manifest.stage("split")?.work, case .kind(let whole)? = manifest.stage("whole")?.work,
            case .kind(let parts)? = manifest.stage("parts")?.work
        else {
            Issue.record("all three are kinds")
            return
        }
        #expect(split.options == ["seed": 7, "stratify": "group_b"])
        #expect(whole.options["learner"] == ["kind": "boosted-trees", "trees": 50, "learning-rate": 0.2])
        #expect(parts.options["target"] == "${y}")
        #expect(parts.options["learner"]?["l2"] == 1.5)
        #expect(manifest.stage("parts")?.parameters == ["boost.trees", "l2"])
        #expect(manifest.stage("whole")?.parameters == ["boost"])
        #expect(manifest.parameter("boost.trees") == 50)
        #expect(manifest.parameter("boost.none") == nil)
    }

    @Test func `a whole number may be written with a fraction or an exponent`() throws {
        let manifest = try read("whole-numbers")
        guard case .kind(let split)? = manifest.stage("split")?.work else {
            Issue.record("split is a kind")
            return
        }
        #expect(split.options["seed"] == 1000)
        #expect(manifest.deployment?.serve?.port == 8080)
    }

    @Test func `formats follow the data through the stages`() throws {
        let manifest = try read("data-origins")
        #expect(manifest.stage("tsv")?.output("test")?.path.text == "build/tsv/test.tsv")
        #expect(manifest.stage("txt")?.output("test")?.path.text == "build/txt/test.csv")
        #expect(manifest.stage("here")?.inputs.map(\.reference.description) == ["./tables/Rows.CSV"])
        #expect(manifest.data("local")?.keep == .reference)
        #expect(manifest.data("packed")?.unpack == .archive && manifest.format(of: .data("packed")) == nil)
        #expect(manifest.data("one")?.unpack == .file && manifest.data("one")?.form == TableForm(.tsv))
        #expect(manifest.data("disk")?.unpack == nil)
        #expect(manifest.data("disk")?.origin == .url("file:///srv/rows.csv"))
        #expect(manifest.format(of: .data("bucket")) == .csv)
        #expect(manifest.format(of: .data("images")) == nil)
        #expect(manifest.format(of: .output(stage: "tsv", name: "train")) == .tsv)
    }

    @Test func `a name says whether one file is packed in it`() {
        for (name, file) in [
            ("rows.csv.gz", "rows.csv"), ("ROWS.CSV.GZ", "ROWS.CSV"), ("a.b.bz2", "a.b"), ("x.xz", "x"), ("x.tar.zst.zst", "x.tar.zst"),
        ] {
            #expect(PackedName.file(in: name) == file)
        }
        for name in ["rows.csv", ".gz", "x.tar.gz", "X.TAR.GZ", "x.tgz", "x.zip", "", "gz"] { #expect(PackedName.file(in: name) == nil) }
    }

    @Test func `a command is kept as written, with its settings`() throws {
        let manifest = try read("commands")
        guard case .command(let fit)? = manifest.stage("fit")?.work, case .command(let fetch)? = manifest.stage("fetch")?.work else {
            Issue.record("both are commands")
            return
        }
        #expect(
            fit.arguments == .vector(["python", "fit.py", "--style=${style}", "$${HOME}", "${inputs.rows}", "${outputs.model}"]))
        #expect(fetch.arguments == .shell("sort ${inputs.raw} | head -n ${size} > ${outputs.rows}"))
        #expect(fit.timeout == 5400)
        #expect(fit.threads == 4)
        #expect(fit.entropy == .host)
        #expect(fetch.threads == 1)
        #expect(fetch.timeout == nil)
        #expect(manifest.stage("fit")?.parameters == ["style"])
        #expect(manifest.stage("fit")?.output("model")?.isTree == true)
        #expect(manifest.stage("split")?.output("train")?.format == .csv)
        #expect(manifest.environment("default")?.python?.requirementsFile?.text == "requirements.txt")
        #expect(manifest.model?.version == "2.0.0-rc.1+linux")
    }
}
