import Canonical
import Numerics
import StageKinds

/// Metrics of models that were learned without answers, by the rows' own features.
struct UnsupervisedMetrics: Sendable {
    /// A silhouette compares each row with each other; more rows than this are judged by so many of them, evenly chosen.
    private static let mostCompared = 5000

    private let design: DesignMatrix
    private let predictions: Predictions
    private let partNames: [String]

    init(_ design: DesignMatrix, _ predictions: Predictions) {
        self.design = design
        self.predictions = predictions
        partNames = predictions.task == .clustering ? predictions.classes : predictions.columns
    }

    func list(_ rows: [Int]) -> MetricList {
        var list = MetricList()
        if predictions.task == .clustering {
            let distances = rows.map { predictions.values[$0] }
            list.add(.inertia, Reduction.dot(distances, distances), else: "")
            list.add(.silhouette, silhouette(rows), else: "all rows are in one cluster")
        } else {
            let whole = squares(rows)
            let held = (0..<predictions.componentCount).map { squares(of: $0, rows) }.reduce(0, +)
            list.add(.explainedVariance, whole > 0 ? min(held / whole, 1) : nil, else: "no feature differs from its mean")
        }
        return list
    }

    /// The rows and the inertia of each cluster, or the share of variance that each component holds.
    func curves(_ rows: [Int]) -> JSONValue {
        let parts = partNames.indices.map { part -> JSONValue in
            if predictions.task == .clustering {
                let distances = rows.filter { predictions.classPlaces[$0] == part }.map { predictions.values[$0] }
                return .object([
                    JSONMember("cluster", .string(partNames[part])), JSONMember("rows", .integer(distances.count)),
                    JSONMember("inertia", .finite(Reduction.dot(distances, distances))),
                ])
            }
            let whole = squares(rows)
            return .object([
                JSONMember("component", .string(partNames[part])),
                JSONMember("variance", .finite(whole > 0 ? squares(of: part, rows) / whole : 0)),
            ])
        }
        return .object([JSONMember("version", 1), JSONMember(predictions.task == .clustering ? "clusters" : "components", .array(parts))])
    }

    /// The sum of the squared elements of some rows, the intercept's left out.
    private func squares(_ rows: [Int]) -> Double {
        Reduction.sum(
            rows.map { row in
                let elements = Array(design.elements[row * design.width..<(row + 1) * design.width - 1])
                return Reduction.dot(elements, elements)
            })
    }

    private func squares(of component: Int, _ rows: [Int]) -> Double {
        let values = rows.map { predictions.values[$0 * predictions.componentCount + component] }
        return Reduction.dot(values, values)
    }

    /// Rousseeuw, "Silhouettes", 1987; a row alone in its cluster counts 0.
    private func silhouette(_ rows: [Int]) -> Double? {
        let count = min(rows.count, Self.mostCompared)
        let chosen = (0..<count).map { rows[$0 * rows.count / count] }
        var sizes = [Int](repeating: 0, count: partNames.count)
        for row in chosen { sizes[predictions.classPlaces[row]] += 1 }
        guard sizes.count(where: { $0 > 0 }) > 1 else { return nil }
        var values: [Double] = []
        for row in chosen {
            var sums = [Double](repeating: 0, count: sizes.count)
            for other in chosen { sums[predictions.classPlaces[other]] += distance(row, other) }
            let own = predictions.classPlaces[row]
            guard sizes[own] > 1 else {
                values.append(0)
                continue
            }
            let inside = sums[own] / Double(sizes[own] - 1)
            var outside = Double.infinity
            for place in sizes.indices where place != own && sizes[place] > 0 { outside = min(outside, sums[place] / Double(sizes[place])) }
            let larger = max(inside, outside)
            values.append(larger > 0 ? (outside - inside) / larger : 0)
        }
        return Reduction.mean(values)
    }

    private func distance(_ first: Int, _ second: Int) -> Double {
        let width = design.width
        var sum = 0.0
        for column in 0..<width {
            let difference = design.elements[first * width + column] - design.elements[second * width + column]
            sum += difference * difference
        }
        return sum.squareRoot()
    }
}
