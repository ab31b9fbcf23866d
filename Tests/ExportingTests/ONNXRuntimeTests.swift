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
@Suite(.serialized) struct ONNXRuntimeTests {
    static let python = Peer.python(having: "onnxruntime")

    struct Case: Sendable, CustomTestStringConvertible {
        let learner: String
        let target: String
        var settings: [(String, JSONValue)] = []

        var testDescription: String { "\(learner) of \(target)" }
    }

    static let cases = [
        Case(learner: "linear", target: "number"), Case(learner: "logistic", target: "two"), Case(learner: "logistic", target: "three"),
        Case(learner: "boosted-trees", target: "number", settings: [("trees", 20)]),
        Case(learner: "boosted-trees", target: "two", settings: [("trees", 20)]),
        Case(learner: "boosted-trees", target: "three", settings: [("trees", 20)]),
    ]

    /// Numbers and categories, some of them missing, and answers of every task.
    static let rows: String = {
        let stream = RandomStream(seed: 11, purpose: "test/onnx")
        var rows = "a,b,colour,size,constant,number,two,three\n"
        for row in 0..<400 {
            let a = stream.uniform(UInt64(3 * row))
            let b = stream.uniform(UInt64(3 * row + 1)) * 1e6
            let colour = ["red", "green", "", "blue", "näht \"q\""][Int(stream.below(5, UInt64(3 * row + 2)))]
            let sum = a * 3 + b / 1e6 + (colour == "red" ? 1 : 0)
            rows += "\(row % 11 == 0 ? "" : "\(a)"),\(b),\"\(colour.replacing("\"", with: "\"\""))\",\(["S", "M", "L"][row % 3]),7,"
            rows += "\(sum),\(sum > 2 ? "yes" : "no"),k\(min(2, Int(sum)))\n"
        }
        return rows
    }()

    @Test(.enabled(if: python != nil, "no Python with onnxruntime on the PATH or in MLBUILD_PEERS"), arguments: cases)
    func `onnxruntime predicts what we predict`(_ example: Case) throws {
        let read = TableReader.read(SourceText(name: "rows.csv", bytes: Array(Self.rows.utf8)), .csv)
        let table = try #require(read.value)
        let learner = [JSONMember("kind", .string(example.learner))] + example.settings.map { JSONMember($0.0, $0.1) }
        let include: JSONValue = ["a", "b", "colour", "size", "constant"]
        let options = try TrainingOptions([
            "target": .string(example.target), "learner": .object(learner), "features": ["include": include],
        ])
        let model = try Trainer.train(table, options: options)
        let folder = try TemporaryFolder()
        try Files.write(try ONNXExporter.bytes(of: model), to: folder.path.appending("model.onnx"))
        try Files.write(Array(Self.rows.utf8), to: folder.path.appending("rows.csv"))
        try Files.write(Array(Self.script.utf8), to: folder.path.appending("predict.py"))
        let output = try Peer.run(try #require(Self.python), [folder.path.appending("predict.py").description], in: folder.path)
        let found = output.split(separator: "\n").map { line in line.split(separator: ",").map(String.init) }
        let predictions = try model.predict(table)
        #expect(found.count == table.rowCount)
        for (row, fields) in found.enumerated() {
            let wanted: [Double]
            if model.task == .classification {
                #expect(fields[0] == predictions.labels[row])
                let count = model.classes.count
                wanted = Array(predictions.probabilities[row * count..<(row + 1) * count])
            } else {
                wanted = [predictions.values[row]]
            }
            for (text, value) in zip(fields.suffix(wanted.count), wanted) {
                let number = try #require(DecimalText.parse(text))
                #expect(abs(number - value) <= 1e-9 * max(1, abs(value)))
            }
        }
    }

    private static let script = """
        import csv
        import numpy, onnxruntime
        session = onnxruntime.InferenceSession("model.onnx")
        rows = list(csv.DictReader(open("rows.csv", encoding="utf-8")))
        feed = {}
        for value in session.get_inputs():
            fields = [row[value.name] for row in rows]
            if value.type == "tensor(string)":
                feed[value.name] = numpy.array(fields, dtype=object).reshape(-1, 1)
            else:
                feed[value.name] = numpy.array([float(f) if f else float("nan") for f in fields]).reshape(-1, 1)
        results = session.run(None, feed)
        for row in range(len(rows)):
            print(*[text if isinstance(text, str) else repr(float(text)) for part in results for text in numpy.ravel(part[row])], sep=",")
        """
}
