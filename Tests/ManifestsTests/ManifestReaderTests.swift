import Canonical
import Diagnostics
import Manifests
import StageKinds
import Testing

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
