import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

/// Every learner, trained by whole builds as they run on this processor and on older ones, which an emulator plays: one digest each.
@Suite struct LearnerDigestTests {
    /// A stage that trains.
    struct Stage: Sendable {
        let learner: String
        var name: String? = nil
        var table = "rows"
        var target: String?
        /// More members of the learner's object, with a comma before each.
        var settings = ""
        /// More members of `with`, with a comma before each.
        var more = ""

        var title: String { name ?? learner }

        var text: String {
            let target = target.map { #", "target": "\#($0)""# } ?? ""
            let with = #"{ "learner": { "kind": "\#(learner)"\#(settings) }\#(target)\#(more) }"#
            return #""\#(title)": { "uses": "train", "inputs": { "table": "data.\#(table)" }, "with": \#(with) }"#
        }
    }

    static let stages: [Stage] = [
        Stage(learner: "linear", target: "amount"),
        Stage(learner: "linear", name: "lasso", target: "amount", settings: #", "penalty": "lasso", "strength": 0.1"#),
        Stage(learner: "logistic", target: "kind"),
        Stage(learner: "logistic", name: "two-classes", target: "colour", more: #", "class-weights": "balanced""#),
        Stage(learner: "boosted-trees", target: "kind", settings: #", "trees": 20, "min-rows-per-leaf": 3"#),
        Stage(
            learner: "boosted-trees", name: "boosted-numbers", target: "amount",
            settings: #", "trees": 20, "min-rows-per-leaf": 3, "growth": "depth-wise", "row-share": 0.7"#),
        Stage(learner: "decision-tree", target: "kind"),
        Stage(learner: "random-forest", target: "kind", settings: #", "trees": 20"#),
        Stage(learner: "multilayer-perceptron", target: "kind", settings: #", "layers": [12, 7], "epochs": 10"#),
        Stage(
            learner: "multilayer-perceptron", name: "perceptron-numbers", target: "amount",
            settings: #", "layers": [9], "epochs": 5, "activation": "tanh", "optimiser": "sgd", "batch-norm": true, "dropout": 0.2"#),
        Stage(
            learner: "convolutional-network", table: "pictures", target: "label",
            settings: #", "epochs": 3, "layers": [{ "kind": "convolution", "filters": 5 }, { "kind": "max-pool" }, "#
                + #"{ "kind": "convolution", "filters": 3 }, { "kind": "average-pool" }, { "kind": "dense", "units": 9 }]"#),
        Stage(learner: "naive-bayes", target: "kind"),
        Stage(learner: "k-nearest-neighbours", target: "kind"),
        Stage(learner: "k-means", settings: #", "clusters": 3"#),
        Stage(learner: "pca"),
        Stage(learner: "auto", target: "kind", settings: #", "folds": 2"#),
        Stage(learner: "auto", name: "auto-numbers", target: "amount", settings: #", "folds": 2"#),
        Stage(learner: "logistic", name: "texts", table: "notes", target: "verdict"),
        Stage(
            learner: "linear", name: "hashed-texts", table: "notes", target: "stars",
            more: #", "features": { "exclude": ["verdict"], "text": { "hashing-bits": 8, "ngrams": [1, 3] } }"#),
    ]

    private static let processors = ["Nehalem", "Haswell"]

    /// Why no other processor can be played here; nil where one can.
    static let obstacle: String? = {
        #if arch(x86_64)
            let folders = (Host.environment("PATH") ?? "").split(separator: ":")
            let isHere = folders.contains { (try? Files.status(HostPath(String($0)).appending("qemu-x86_64"))) != .some(nil) }
            return isHere ? nil : "'qemu-x86_64' (package 'qemu-user') is not installed"
        #else
            return "other processors are played on x86-64 only"
        #endif
    }()

    @Test func `every learner has a stage`() throws {
        let specification = String(decoding: try Files.read(Places.repository().appending("Specs/manifest.md")), as: UTF8.self)
        let kinds = specification.split(separator: "\n").compactMap { line -> String? in
            let mark = "`learner` of the kind `"
            guard line.hasPrefix(mark) else { return nil }
            return String(line.dropFirst(mark.count).prefix { $0 != "`" })
        }
        #expect(kinds.count >= 12)
        #expect(Set(kinds) == Set(Self.stages.map(\.learner)))
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func `old and new processors give one model of each learner`() throws {
        let expected = try built(processor: nil)
        let learned = Self.stages.filter { $0.learner != "auto" }.map { expected.digests[$0.title] }
        #expect(!learned.contains(nil) && Set(learned).count == learned.count, "no two stages learn the same")
        for processor in Self.processors {
            let found = try built(processor: processor)
            for title in Self.stages.map(\.title) {
                #expect(found.digests[title] == expected.digests[title], "\(title) on \(processor)")
            }
            #expect(found.lock == expected.lock, "\(processor)")
        }
    }

    /// The lock of a build in a store of its own, and the digest of each stage's model that it holds.
    private func built(processor: String?) throws -> (lock: String, digests: [String: String]) {
        let bench = try Workbench(inMemory: true)
        try Self.writeData(bench)
        let ending = try bench.run("build", wrapper: processor.map { ["qemu-x86_64", "-cpu", $0] } ?? [])
        try #require(ending.status == 0, "\(processor ?? "this processor"): \(ending)")
        let text = try bench.read("mlops.lock")
        let results = try #require(JSONDocument.parse(SourceText(name: "lock", text: text)).value?.root.value["results"])
        var digests: [String: String] = [:]
        for stage in Self.stages {
            digests[stage.title] = results["stage/\(stage.title)"]?["outputs"]?["model"]?["digest"]?.stringValue
        }
        return (text, digests)
    }

    private static func writeData(_ bench: Workbench) throws {
        let stages = stages.map(\.text).joined(separator: ",\n    ")
        try bench.write(
            """
            {
              "version": 1,
              "name": "learners",
              "data": {
                "rows": { "path": "data/rows.csv" },
                "notes": { "path": "data/notes.csv" },
                "pictures": { "path": "data/pictures/", "format": "idx" }
              },
              "stages": {
                \(stages)
              }
            }

            """, to: "mlops.json")
        var rows = "size,weight,colour,day,amount,kind\n"
        for row in 0..<60 {
            let (size, weight) = (row * 37 % 101, row * 53 % 97)
            let sum = size + 2 * weight + row * 29 % 31
            rows += "\(size).\(row % 10),\(row % 11 == 3 ? "" : "\(weight)"),\(row * 7 % 5 < 2 ? "red" : "blue"),"
            rows += "2024-0\(1 + row % 9)-1\(row % 8),\(sum).25,\(["low", "mid", "high"][min(2, sum / 100)])\n"
        }
        try bench.write(rows, to: "data/rows.csv")
        let words = ["good", "bad", "film", "story", "slow", "bright", "end", "music"]
        var notes = "note,stars,verdict\n"
        for row in 0..<40 {
            let text = (0..<7).map { words[(row * 13 + $0 * $0 * 5 + row * $0) % 8] }
            notes += "\(text.joined(separator: " ")),\(row * 17 % 50).5,\(text.contains("good") ? "yes" : "no")\n"
        }
        try bench.write(notes, to: "data/notes.csv")
        // Images of 8 by 8 pixels: bright above or below.
        var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 24, 0, 0, 0, 8, 0, 0, 0, 8]
        var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 24]
        for image in 0..<24 {
            for pixel in 0..<64 { images.append(UInt8(pixel * 31 % 97 + (pixel / 32 == image % 2 ? 140 : image * 7 % 50))) }
            labels.append(UInt8(image % 2))
        }
        try Files.makeDirectories(bench.path("data/pictures"))
        try Files.write(images, to: bench.path("data/pictures/image.idx"))
        try Files.write(labels, to: bench.path("data/pictures/label.idx"))
    }
}
