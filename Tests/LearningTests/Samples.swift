import Canonical
import Diagnostics
import Learning
import Numerics
import Platform
import Tables
import TestSupport
import Testing

/// Tables and options for the tests of the engine.
enum Samples {
    /// A table from CSV text.
    static func table(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Table {
        try table(Array(text.utf8), name: "rows.csv", sourceLocation: sourceLocation)
    }

    static func table(_ bytes: [UInt8], name: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Table {
        let read = TableReader.read(SourceText(name: name, bytes: bytes), .csv)
        return try #require(read.value, "\(read.diagnostics)", sourceLocation: sourceLocation)
    }

    /// A data set parted by a rule that any tool can repeat: row i is a test row when the first byte of the SHA-256 of i in
    /// decimal is below 64.
    static func parted(_ file: HostPath) throws -> (train: Table, test: Table) {
        let format: TableFormatKind = file.description.hasSuffix(".tsv") ? .tsv : .csv
        let read = TableReader.read(SourceText(name: "whole", bytes: try Files.read(file)), format)
        let whole = try #require(read.value, "\(read.diagnostics)")
        let isTest = (0..<whole.rowCount).map { Digest.of(Array(String($0).utf8)).bytes[0] < 64 }
        return (whole.selecting(isTest.indices.filter { !isTest[$0] }), whole.selecting(isTest.indices.filter { isTest[$0] }))
    }

    private static func template(_ name: String, _ file: String) -> HostPath {
        Places.repository().appending("Templates").appending(name).appending("data").appending(file)
    }

    static var iris: HostPath { template("minimal", "iris.csv") }
    static var breastCancer: HostPath { template("tabular", "breast-cancer.csv") }
    static var descriptions: HostPath { template("text", "descriptions.tsv") }

    static var randhie: HostPath {
        Places.repository().appending("Tests").appending("LearningTests").appending("Data").appending("randhie.csv")
    }

    /// The negative logarithm of the probability of each row's class.
    static func logLosses(_ model: TrainedModel, on table: Table, target: String) throws -> [Double] {
        let predictions = try model.predict(table)
        let count = predictions.classes.count
        guard case .categories(let codes, let levels)? = table.column(target)?.values else {
            let numbers = try #require(table.column(target)).values
            guard case .numbers(let values) = numbers else { return [] }
            let places = values.map { value in predictions.classes.firstIndex(of: String(Int(value))) ?? 0 }
            return places.indices.map { -Elementary.log(max(predictions.probabilities[$0 * count + places[$0]], .ulpOfOne)) }
        }
        let places = levels.map { level in predictions.classes.firstIndex { $0.utf8.elementsEqual(level.utf8) } ?? 0 }
        return codes.indices.map { -Elementary.log(max(predictions.probabilities[$0 * count + places[Int(codes[$0])]], .ulpOfOne)) }
    }

    static var digits: HostPath {
        Places.repository().appending("Tests").appending("LearningTests").appending("Data").appending("digits.csv")
    }

    /// The options of a `train` stage: `{"target": target, "learner": {"kind": kind, ...}}`.
    static func options(
        target: String?, _ kind: String, _ settings: [(String, JSONValue)] = [], more: [(String, JSONValue)] = []
    ) throws -> TrainingOptions {
        let learner = [JSONMember("kind", .string(kind))] + settings.map { JSONMember($0.0, $0.1) }
        let members = (target.map { [JSONMember("target", .string($0))] } ?? []) + [JSONMember("learner", .object(learner))]
        return try TrainingOptions(.object(members + more.map { JSONMember($0.0, $0.1) }))
    }

    /// The digest of a model's files.
    static func digest(_ model: TrainedModel) -> String {
        Digest.of(model.files().flatMap(\.bytes)).hex
    }

    static func metrics(
        _ model: TrainedModel, on table: Table, _ options: JSONValue = .object([])
    ) throws -> JSONValue {
        try Evaluator.evaluate(model, on: table, options: EvaluationOptions(options)).metrics
    }
}
