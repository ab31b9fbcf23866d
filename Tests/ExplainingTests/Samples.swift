import Canonical
import Diagnostics
import Explaining
import Numerics
import Platform
import StageKinds
import Tables
import TestSupport
import Testing

@testable import Learning

/// Tables and models for the tests of explanations.
enum Samples {
    static func table(_ text: String) throws -> Table {
        let read = TableReader.read(SourceText(name: "rows.csv", text: text), .csv)
        return try #require(read.value, "\(read.diagnostics)")
    }

    static func data(_ name: String) throws -> JSONValue {
        let path = Places.repository().appending("Tests").appending("ExplainingTests").appending("Data").appending(name)
        return try #require(JSONDocument.parse(SourceText(name: name, bytes: try Files.read(path))).value).root.value
    }

    static func model(
        _ table: Table, target: String?, _ kind: String, _ settings: [(String, JSONValue)] = []
    ) throws -> TrainedModel {
        let learner = [JSONMember("kind", .string(kind))] + settings.map { JSONMember($0.0, $0.1) }
        let members = (target.map { [JSONMember("target", .string($0))] } ?? []) + [JSONMember("learner", .object(learner))]
        return try Trainer.train(table, options: TrainingOptions(.object(members)))
    }

    static func explain(
        _ model: TrainedModel, _ table: Table, background: Table? = nil, _ options: [(String, JSONValue)] = [], threads: Int = 1
    ) throws -> Explanation {
        let written = ExplanationOptions.self
        return try Explainer.explain(
            model, on: table, background: background, options: written.init(.object(options.map { JSONMember($0.0, $0.1) })),
            threads: threads)
    }

    /// Rows with numbers, gaps and a category; `y` follows from them.
    static func rows(_ count: Int, seed: Int = 1, _ target: (_ a: Double, _ b: Double, _ c: String) -> String) -> String {
        let stream = RandomStream(seed: seed, purpose: "test/explain")
        var text = "a,b,noise,c,y\n"
        for row in 0..<count {
            let draw = (0..<4).map { stream.uniform(UInt64(row * 4 + $0)) }
            let word = ["u", "v", "w"][Int(draw[3] * 3)]
            let gap = draw[2] < 0.1
            text += "\(gap ? "" : String(draw[0])),\(draw[1]),\(draw[2]),\(word),\(target(gap ? 0.7 : draw[0], draw[1], word))\n"
        }
        return text
    }

    static let number = rows(400) { a, b, c in String(3 * a * b + (c == "v" ? 2 : 0)) }
    static let two = rows(400) { a, b, c in a + b + (c == "v" ? 0.5 : 0) > 1.2 ? "yes" : "no" }
    static let three = rows(400) { a, b, c in c == "v" ? "p" : a > b ? "q" : "r" }

    /// The rows of a CSV text, header first.
    static func lines(_ bytes: [UInt8]) -> [[String]] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    static func file(_ explanation: Explanation, _ path: String) throws -> [[String]] {
        lines(try #require(explanation.files().first { $0.path == path }).bytes)
    }
}
