import Learning

/// Features as values of a graph.
enum FeatureGraph {
    /// Texts that tables take for a missing field.
    private static let missingTexts = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]

    /// The number of each row, NaN where missing, (rows, 1).
    static func number(_ feature: Feature, _ graph: inout ONNXGraph) throws(ExportError) -> ONNXGraph.Value {
        guard feature.part == nil else { throw .notExpressible("column '\(feature.name)' holds dates, which ONNX does not read") }
        return graph.input(feature.name, .double)
    }

    /// The code of each row's category, (rows, 1), whole numbers.
    static func code(_ feature: Feature, _ profile: CategoryProfile, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let field = graph.input(feature.name, .string)
        let keys = profile.levels + missingTexts
        let codes = profile.levels.indices.map(Int64.init) + missingTexts.map { _ in Int64(profile.levels.count + 1) }
        return graph.apply(
            "LabelEncoder", [field],
            [
                ("keys_tensor", .tensor(ONNXTensor("keys", [keys.count], .texts(keys)))),
                ("values_tensor", .tensor(ONNXTensor("values", [codes.count], .integers(codes)))),
                ("default_tensor", .tensor(ONNXTensor("default", [1], .integers([Int64(profile.levels.count)])))),
            ], isLearning: true)
    }

    /// The row of `table`, (codes, width), that belongs to each row's code, (rows, width).
    static func entries(of table: [Double], _ width: Int, _ code: ONNXGraph.Value, _ graph: inout ONNXGraph) -> ONNXGraph.Value {
        let entries = graph.constant([table.count / width, width], .doubles(table))
        let found = graph.apply("Gather", [entries, code], [("axis", .integer(0))])
        return graph.apply("Squeeze", [found, graph.constant([1], .integers([1]))])
    }
}
