import Canonical
import Diagnostics
import Learning
import Numerics
import Platform
import StageKinds
import Tables
import TestSupport
import Testing

@testable import Exporting

/// Exported models in onnxruntime, if a Python has it: its predictions are ours within the stated bound.
// SPEC: model.md#onnx
@Suite(.serialized) struct ONNXRuntimeTests {
    static let python = Peer.python(having: "onnxruntime")

    struct Case: Sendable, CustomTestStringConvertible {
        let learner: String
        /// Nil for learners without answers.
        let target: String?
        var settings: [(String, JSONValue)] = []
        var features: [String] = ["a", "b", "colour", "size", "constant", "tiny"]
        var isEarlyStopped = false
        var bound = 1e-9

        var testDescription: String { "\(learner) of \(target ?? "nothing")\(settings.map { ", \($0.0)" }.joined())" }
    }

    static let small: [(String, JSONValue)] = [("trees", 20)]
    static let numbers = ["a", "b", "tiny", "constant"]

    static let cases = [
        Case(learner: "linear", target: "number"), Case(learner: "logistic", target: "two"), Case(learner: "logistic", target: "three"),
        Case(learner: "boosted-trees", target: "number", settings: small), Case(learner: "boosted-trees", target: "two", settings: small),
        Case(learner: "boosted-trees", target: "three", settings: small),
        Case(learner: "boosted-trees", target: "three", settings: [("early-stopping-rounds", 3)], isEarlyStopped: true),
        Case(learner: "random-forest", target: "number", settings: small), Case(learner: "random-forest", target: "two", settings: small),
        Case(learner: "random-forest", target: "three", settings: small), Case(learner: "decision-tree", target: "number"),
        Case(learner: "decision-tree", target: "two"), Case(learner: "decision-tree", target: "three"),
        Case(learner: "naive-bayes", target: "two"), Case(learner: "naive-bayes", target: "three"),
        Case(learner: "naive-bayes", target: "three", features: numbers),
        Case(learner: "k-means", target: nil, settings: [("clusters", 4)]),
        Case(learner: "pca", target: nil, settings: [("components", 3)]),
        Case(learner: "pca", target: nil, features: numbers),
    ]

    static let perceptrons: [Case] = {
        let deep: [(String, JSONValue)] = [
            ("layers", [16, 8]), ("epochs", 6), ("batch-norm", true), ("dropout", 0.2), ("activation", "tanh"),
        ]
        var cases: [Case] = []
        for target in ["number", "two", "three"] {
            cases.append(Case(learner: "multilayer-perceptron", target: target, settings: [("layers", [24]), ("epochs", 8)]))
            cases.append(Case(learner: "multilayer-perceptron", target: target, settings: deep))
        }
        cases.append(Case(learner: "multilayer-perceptron", target: "three", settings: [("layers", []), ("epochs", 4)]))
        cases.append(
            Case(
                learner: "multilayer-perceptron", target: "number",
                settings: [("early-stopping-epochs", 2), ("layers", [8]), ("epochs", 40)],
                isEarlyStopped: true))
        return cases.map { example in
            var example = example
            example.bound = 1e-5
            return example
        }
    }()

    /// Numbers and categories, some of them missing, and answers of every task.
    static let rows: String = {
        let stream = RandomStream(seed: 11, purpose: "test/onnx")
        var rows = "a,b,colour,size,constant,tiny,number,two,three\n"
        for row in 0..<400 {
            let a = stream.uniform(UInt64(3 * row))
            let b = stream.uniform(UInt64(3 * row + 1)) * 1e6
            let colour = ["red", "green", "", "blue", "näht \"q\""][Int(stream.below(5, UInt64(3 * row + 2)))]
            let sum = a * 3 + b / 1e6 + (colour == "red" ? 1 : 0)
            rows += "\(row % 11 == 0 ? "" : "\(a)"),\(b),\"\(colour.replacing("\"", with: "\"\""))\",\(["S", "M", "L"][row % 3]),7,"
            rows += "\(row % 50 == 0 ? "NA" : "\(a * 1e-7 - 3)"),\(sum),\(sum > 2 ? "yes" : "no"),k\(min(2, Int(sum)))\n"
        }
        return rows
    }()

    @Test(.enabled(if: python != nil, "no Python with onnxruntime on the PATH or in MLBUILD_PEERS"), arguments: cases + perceptrons)
    func `onnxruntime predicts what we predict`(_ example: Case) throws {
        let table = try #require(TableReader.read(SourceText(name: "rows.csv", bytes: Array(Self.rows.utf8)), .csv).value)
        let learner = [JSONMember("kind", .string(example.learner))] + example.settings.map { JSONMember($0.0, $0.1) }
        var options = [JSONMember("learner", .object(learner))]
        if let target = example.target { options.insert(JSONMember("target", .string(target)), at: 0) }
        options.append(
            JSONMember("features", .object([JSONMember("include", .array(example.features.map(JSONValue.string)))])))
        let model = try Trainer.train(
            table, validation: example.isEarlyStopped ? table : nil, options: try TrainingOptions(.object(options)))
        let folder = try TemporaryFolder()
        try Files.write(Array(Self.rows.utf8), to: folder.path.appending("rows.csv"))
        try expectSame(model, table, in: folder, bound: example.bound, reading: Self.fields)
    }

    // MARK: Images

    /// Layers that say every option of each kind.
    private static let layers: JSONValue = [
        ["kind": "convolution", "filters": 6, "size": 3, "padding": "same"], ["kind": "batch-norm"], ["kind": "max-pool", "size": 2],
        ["kind": "convolution", "filters": 5, "size": 3, "padding": "valid", "stride": 2],
        ["kind": "average-pool", "size": 2, "stride": 1], ["kind": "dropout", "share": 0.3], ["kind": "dense", "units": 9],
    ]

    private static func learner(_ members: [JSONMember]) -> JSONMember {
        JSONMember("learner", .object([JSONMember("kind", "convolutional-network"), JSONMember("epochs", 3)] + members))
    }

    /// Arrays of images and their answers, as a table of files has them.
    private func images(_ shape: [Int], isBytes: Bool, in folder: TemporaryFolder) throws -> Table {
        let count = shape.reduce(1, *)
        let stream = RandomStream(seed: 5, purpose: "test/onnx/images")
        var body: [UInt8] = []
        for index in 0..<count {
            let value = stream.uniform(UInt64(index))
            if isBytes {
                body.append(UInt8(value * 255))
            } else {
                withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { body.append(contentsOf: $0) }
            }
        }
        let extents = shape.map(String.init).joined(separator: ", ")
        let files = [
            TableFile(path: "x.npy", bytes: Self.array(isBytes ? "|u1" : "<f4", "(\(extents))", body)),
            TableFile(path: "y.npy", bytes: Self.array("|u1", "(\(shape[0]),)", (0..<shape[0]).map { UInt8($0 % 3) })),
        ]
        for file in files { try Files.write(file.bytes, to: folder.path.appending(file.path)) }
        return try #require(TableReader.read(.folder(name: "images", files: files), .npy).value)
    }

    private static func array(_ type: String, _ shape: String, _ body: [UInt8]) -> [UInt8] {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
        return start + Array(header.utf8) + body
    }

    struct ImageCase: Sendable, CustomTestStringConvertible {
        var shape = [60, 12, 10]
        var isBytes = true
        var options: [JSONMember] = []
        var task = "classification"

        var testDescription: String { "\(shape) \(isBytes ? "bytes" : "floats") \(options.map(\.name)) \(task)" }
    }

    static let imageCases = [
        ImageCase(), ImageCase(isBytes: false, task: "regression"), ImageCase(shape: [60, 12, 10, 3]),
        ImageCase(options: [JSONMember("height", 17), JSONMember("width", 13), JSONMember("channels", "colour")]),
        ImageCase(
            shape: [60, 12, 10, 3], isBytes: false,
            options: [
                JSONMember("height", 11), JSONMember("width", 25), JSONMember("channels", "grey"), JSONMember("standardise", false),
            ]),
    ]

    @Test(.enabled(if: python != nil, "no Python with onnxruntime on the PATH or in MLBUILD_PEERS"), arguments: imageCases)
    func `onnxruntime sees images as we see them`(_ example: ImageCase) throws {
        let folder = try TemporaryFolder()
        let table = try images(example.shape, isBytes: example.isBytes, in: folder)
        let options: JSONValue = .object([
            JSONMember("target", "y"), JSONMember("task", .string(example.task)), Self.learner([JSONMember("layers", Self.layers)]),
            JSONMember("features", .object([JSONMember("images", .object(example.options))])),
        ])
        let model = try Trainer.train(table, options: try TrainingOptions(options))
        try expectSame(model, table, in: folder, bound: 1e-5, reading: Self.pictures)
    }

    @Test(.enabled(if: python != nil, "no Python with onnxruntime on the PATH or in MLBUILD_PEERS"), arguments: ["two", "number"])
    func `onnxruntime sees columns of pixels as we see them`(_ target: String) throws {
        let stream = RandomStream(seed: 6, purpose: "test/onnx/pixels")
        // The last channel never varies.
        let names = (0..<100 * 2).map { "p\($0)" }
        var rows = (names + ["two", "number"]).joined(separator: ",") + "\n"
        for row in 0..<80 {
            let pixels = names.indices.map { place -> String in
                if (row + place) % 37 == 0 { return "" }
                return place % 2 == 1 ? "4" : "\(stream.uniform(UInt64(row * names.count + place)) * 255)"
            }
            rows += (pixels + [row % 2 == 0 ? "even" : "odd", "\(Double(row) * 1.5)"]).joined(separator: ",") + "\n"
        }
        let folder = try TemporaryFolder()
        try Files.write(Array(rows.utf8), to: folder.path.appending("rows.csv"))
        let table = try #require(TableReader.read(SourceText(name: "rows.csv", bytes: Array(rows.utf8)), .csv).value)
        let options: JSONValue = .object([
            JSONMember("target", .string(target)),
            Self.learner([
                JSONMember("layers", Self.layers), JSONMember("image", ["height": 10, "width": 10, "channels": 2]),
                JSONMember("activation", "tanh"),
            ]), JSONMember("features", .object([JSONMember("exclude", .array([.string(target == "two" ? "number" : "two")]))])),
        ])
        let model = try Trainer.train(table, options: try TrainingOptions(options))
        try expectSame(model, table, in: folder, bound: 1e-5, reading: Self.fields)
    }

    // MARK: Comparing

    /// Expects that onnxruntime says of `table` what the model says, within `bound` of the larger of 1 and the number.
    private func expectSame(
        _ model: TrainedModel, _ table: Table, in folder: TemporaryFolder, bound: Double, reading: String
    ) throws {
        try Files.write(try ONNXExporter.bytes(of: model), to: folder.path.appending("model.onnx"))
        try Files.write(Array((Self.header + reading + Self.footer).utf8), to: folder.path.appending("predict.py"))
        let output = try Peer.run(try #require(Self.python), [folder.path.appending("predict.py").description], in: folder.path)
        let found = output.split(separator: "\n").map { line in line.split(separator: ",").map(String.init) }
        let predictions = try model.predict(table)
        #expect(found.count == table.rowCount)
        // Predicted numbers of networks come of floats that are this many times smaller.
        let scale = Self.deviation(of: model)
        var labels = 0
        var worst = 0.0
        for (row, fields) in found.enumerated() {
            let wanted: [Double]
            var isTied = false
            switch model.task {
            case .classification:
                let count = model.classes.count
                wanted = Array(predictions.probabilities[row * count..<(row + 1) * count])
                let largest = wanted.sorted().suffix(2)
                isTied = largest[largest.startIndex + 1] - largest[largest.startIndex] <= bound
            case .regression, .clustering: wanted = [predictions.values[row]]
            case .projection:
                let count = predictions.componentCount
                wanted = Array(predictions.values[row * count..<(row + 1) * count])
            }
            #expect(fields.count == wanted.count + (predictions.classPlaces.isEmpty ? 0 : 1))
            if !predictions.classPlaces.isEmpty, !isTied {
                #expect(fields[0] == predictions.labels[row])
                labels += 1
            }
            for (text, value) in zip(fields.suffix(wanted.count), wanted) {
                let number = try #require(DecimalText.parse(text))
                worst = max(worst, abs(number - value) / max(1, abs(value), scale))
            }
        }
        #expect(worst <= bound)
        #expect(labels > table.rowCount / 2 || predictions.classPlaces.isEmpty)
    }

    private static func deviation(of model: TrainedModel) -> Double {
        model.learner.predictor.members.first { $0.name == "targetDeviation" }?.value.numberValue ?? 0
    }

    private static let header = """
        import csv
        import numpy, onnxruntime
        session = onnxruntime.InferenceSession("model.onnx")

        """

    private static let fields = """
        rows = list(csv.DictReader(open("rows.csv", encoding="utf-8")))
        feed = {}
        for value in session.get_inputs():
            fields = [row[value.name] for row in rows]
            if value.type == "tensor(string)":
                feed[value.name] = numpy.array(fields, dtype=object).reshape(-1, 1)
            else:
                feed[value.name] = numpy.array([float(f) if f not in ("", "NA") else float("nan") for f in fields]).reshape(-1, 1)

        """

    private static let pictures = """
        rows = numpy.load("x.npy")
        rows = rows.astype(numpy.float32) / 255 if rows.dtype == numpy.uint8 else rows
        feed = {session.get_inputs()[0].name: rows if rows.ndim == 4 else rows[..., None]}

        """

    private static let footer = """
        results = session.run(None, feed)
        for row in range(len(rows)):
            print(*[text if isinstance(text, str) else repr(float(text)) for part in results for text in numpy.ravel(part[row])], sep=",")
        """
}
