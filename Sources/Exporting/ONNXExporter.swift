package import Learning
import StageKinds

/// Writes models as ONNX, for the many runtimes that read it.
///
/// The graph takes one input for each feature that the model uses, named as its column, (rows, 1): `double` for numbers, NaN
/// where missing, and `string` for categories, empty where missing. It does all that the model does: profiles, codes, weights.
/// A classifier gives `label` (rows) and `probabilities` (rows, classes), a regression `prediction` (rows, 1), principal
/// components `components` (rows, components).
// SPEC: model.md#onnx
package enum ONNXExporter {
    /// The bytes of a `ModelProto`; the same model always has the same ones.
    ///
    /// - Throws: ``ExportError`` for learners and features that the format's operators cannot express.
    package static func bytes(of model: TrainedModel) throws(ExportError) -> [UInt8] {
        if let date = model.pipeline.features.first(where: { $0.part != nil }) {
            throw .notExpressible("feature '\(date.name)' is a date, which no operator reads")
        }
        var graph = ONNXGraph()
        switch model.learner {
        case .linear(let linear):
            let sums = try LinearGraph.sums(linear.weights, model, &graph)
            graph.output(sums, as: "prediction", .double, [1])
        case .logistic(let logistic):
            ClassGraph.write(try LinearGraph.sums(logistic.weights, model, &graph), model.classes, &graph)
        case .boostedTrees(let trees):
            let sums = try TreeGraph.sums(trees, model, &graph)
            switch model.task {
            case .classification: ClassGraph.write(sums, model.classes, &graph)
            case .regression, .clustering, .projection: graph.output(sums, as: "prediction", .double, [1])
            }
        case .randomForest, .decisionTree, .naiveBayes, .nearestNeighbours, .multilayerPerceptron, .convolutionalNetwork, .kMeans, .pca:
            throw .notExpressible(
                "learner '\(model.learner.kind.rawValue)' is not exported; 'linear', 'logistic' and 'boosted-trees' are")
        }
        return graph.model()
    }
}

/// Sums of a classifier as probabilities and labels.
enum ClassGraph {
    /// - Parameter sums: The log odds of the second of two classes, (rows, 1), or a score for each class, (rows, classes).
    static func write(_ sums: ONNXGraph.Value, _ classes: [String], _ graph: inout ONNXGraph) {
        let probabilities: ONNXGraph.Value
        if classes.count == 2 {
            let other = graph.apply("Neg", [sums])
            probabilities = graph.apply(
                "Concat", [graph.apply("Sigmoid", [other]), graph.apply("Sigmoid", [sums])], [("axis", .integer(1))])
        } else {
            probabilities = graph.apply("Softmax", [sums], [("axis", .integer(1))])
        }
        let places = graph.apply("ArgMax", [probabilities], [("axis", .integer(1)), ("keepdims", .integer(0))])
        let names = graph.constant([classes.count], .texts(classes))
        graph.output(graph.apply("Gather", [names, places], [("axis", .integer(0))]), as: "label", .string, [])
        graph.output(probabilities, as: "probabilities", .double, [classes.count])
    }
}
