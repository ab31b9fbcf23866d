internal import Numerics
internal import StageKinds
internal import Tables

/// What `explain` finds out, and its two tables.
package struct Explanation: Sendable {
    package static let importancesPath = "importances.csv"
    package static let contributionsPath = "contributions.csv"

    /// The model's columns, in the order of the training table.
    package let columns: [String]
    package internal(set) var permutation: PermutationImportance?
    /// For models made of trees each column's share of the gains.
    package internal(set) var gains: [Double]?
    /// What the outputs are about: the target's name, or classes.
    package internal(set) var outputs: [String] = []
    package internal(set) var contributions: Contributions?

    init(columns: [String]) {
        self.columns = columns
    }

    /// For each column the mean magnitude of its contributions, over rows and outputs.
    package var meanContributions: [Double]? {
        guard let contributions else { return nil }
        let count = contributions.rowCount * contributions.outputCount
        return columns.indices.map { column in
            Reduction.mean((0..<count).map { contributions.elements[$0 * columns.count + column].magnitude })
        }
    }

    /// The files, sorted by path; the same explanation always gives the same bytes.
    package func files() -> [(path: String, bytes: [UInt8])] {
        (contributions.map { [(Self.contributionsPath, table(of: $0))] } ?? []) + [(Self.importancesPath, importances)]
    }

    /// A row for each column of the model, the most important first.
    // SPEC: explanations.md#importances-csv
    private var importances: [UInt8] {
        let contributions = meanContributions
        let numbers: [(name: String, values: [Double])] =
            (permutation.map { [("permutation", $0.means), ("deviation", $0.deviations)] } ?? [])
            + (gains.map { [("gain", $0)] } ?? []) + (contributions.map { [("contribution", $0)] } ?? [])
        let metric = permutation.map { [$0.metric.rawValue] } ?? []
        var bytes: [UInt8] = []
        TableWriter.appendLine(["column"] + (metric.isEmpty ? [] : ["metric"]) + numbers.map(\.name), .csv, to: &bytes)
        let order = permutation?.means ?? contributions ?? gains ?? columns.map { _ in 0 }
        // The sort has to keep the columns' order where numbers are equal.
        for column in columns.indices.sorted(by: { (-order[$0], $0) < (-order[$1], $1) }) {
            TableWriter.append(columns[column], .csv, to: &bytes)
            for word in metric {
                bytes.append(UInt8(ascii: ","))
                TableWriter.append(word, .csv, to: &bytes)
            }
            for list in numbers {
                bytes.append(UInt8(ascii: ","))
                DecimalText.append(list.values[column], to: &bytes)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// A row for each explained row and output.
    // SPEC: explanations.md#contributions-csv
    private func table(of contributions: Contributions) -> [UInt8] {
        var bytes: [UInt8] = []
        TableWriter.appendLine(["row", "output", "base", "sum"] + columns.map { "contribution_\($0)" }, .csv, to: &bytes)
        for row in 0..<contributions.rowCount {
            for output in 0..<contributions.outputCount {
                let parts = contributions.parts(row: row, output: output)
                bytes += String(row).utf8
                bytes.append(UInt8(ascii: ","))
                TableWriter.append(outputs[output], .csv, to: &bytes)
                for number in [contributions.base[output], contributions.sum(row: row, output: output)] + parts {
                    bytes.append(UInt8(ascii: ","))
                    DecimalText.append(min(max(number, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0, to: &bytes)
                }
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        return bytes
    }
}
