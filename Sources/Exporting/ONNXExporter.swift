package import Learning
import StageKinds

/// Writes models as ONNX, for the many runtimes that read it.
///
/// The graph takes one input for each feature that the model uses, named as its column, (rows, 1): `double` for numbers, NaN
/// where missing, and `string` for categories, empty where missing; a column of images is (rows, height, width, channels), `float`.
/// It does all that the model does: profiles, codes, weights. A classifier gives `label` (rows) and `probabilities` (rows, classes),
/// a regression `prediction` (rows, 1), k-means `label` and `distance` (rows, 1), principal components `components` (rows, components).
// SPEC: model.md#onnx
package enum ONNXExporter {
    /// The bytes of a `ModelProto`; the same model always has the same ones.
    ///
    /// - Throws: ``ExportError`` for learners and features that the format's operators cannot express.
    package static func bytes(of model: TrainedModel) throws(ExportError) -> [UInt8] {
        if let date = model.pipeline.features.first(where: { $0.part != nil }) {
            throw .notExpressible("column '\(date.name)' holds dates, which no operator reads")
        }
        var graph = ONNXGraph()
        switch model.learner {
        case .linear(let linear):
            let sums = try LinearGraph.sums(linear.weights, model, &graph)
            graph.output(sums, as: "prediction", .double, [1])
        case .logistic(let logistic):
            ClassGraph.write(sums: try LinearGraph.sums(logistic.weights, model, &graph), model.classes, &graph)
        case .boostedTrees(let trees):
            let sums = try TreeGraph.sums(trees, model, &graph)
            if model.classes.isEmpty {
                graph.output(sums, as: "prediction", .double, [1])
            } else {
                ClassGraph.write(sums: sums, model.classes, &graph)
            }
        case .randomForest(let forest), .decisionTree(let forest):
            let means = try TreeGraph.means(forest, model, &graph)
            if model.classes.isEmpty {
                graph.output(means, as: "prediction", .double, [1])
            } else {
                ClassGraph.write(probabilities: means, model.classes, &graph)
            }
        case .naiveBayes: ClassGraph.write(sums: try BayesGraph.sums(model, &graph), model.classes, &graph)
        case .multilayerPerceptron(let network), .convolutionalNetwork(let network): try NetworkGraph.write(network, model, &graph)
        case .kMeans: try UnsupervisedGraph.writeClusters(model, &graph)
        case .pca(let components):
            let parts = try UnsupervisedGraph.components(components, model, &graph)
            graph.output(parts, as: "components", .double, [.known(components.partCount)])
        case .nearestNeighbours:
            throw .notExpressible(
                "of neighbours that are equally far, runtimes would choose others than learner '\(model.learner.kind.rawValue)' does; "
                    + "every other learner is exported")
        }
        return graph.model()
    }
}
