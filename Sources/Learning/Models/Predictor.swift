package import Canonical
import Numerics

/// What a learner has made of a table: numbers that say something of rows, that can be written, and read again.
package protocol Predictor: Hashable, Sendable {
    /// What `model.json` says of it beside its kind, in order.
    var members: [JSONMember] { get }
    /// What `weights.safetensors` holds of it.
    var tensors: [Tensor] { get }

    /// Reads what ``members`` and ``tensors`` wrote.
    ///
    /// What has passed can be applied to any table without a trap: every index is in its range, every walk ends, and no number
    /// can overflow on the way.
    ///
    /// - Throws: ``LearningError/damagedModel(_:)``
    init(reading source: ModelSource) throws(LearningError)

    /// How many clusters or components there are; 0 where there are neither.
    var partCount: Int { get }

    /// What it says of each row.
    ///
    /// - Parameter rows: What `pipeline` made of a table.
    /// - Throws: ``LearningError/diagnostics(_:)`` when the rows are too many for memory.
    func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs
}

extension Predictor {
    package var partCount: Int { 0 }
}

/// What a predictor says of rows, row after row.
package enum Outputs: Sendable {
    /// For regression the numbers, (rows); of two classes the log odds of the second, (rows); of more a score for each,
    /// (rows, classes), which softmax makes probabilities.
    case sums([Double])
    /// The probability of each class, (rows, classes); each row's sum is 1.
    case probabilities([Double])
    /// For each row its cluster, and the distance from the cluster's centre.
    case clusters([Int], distances: [Double])
    /// The components of each row, (rows, components).
    case components([Double])
}

/// A model's files as a predictor reads them.
package struct ModelSource {
    /// The document's `learner`.
    package let entry: JSONValue
    let tensors: TensorList
    let pipeline: FeaturePipeline
    package let classCount: Int

    /// One output for numbers and two classes, else one for each class.
    package var outputCount: Int { classCount > 2 ? classCount : 1 }

    /// A count in the document's `learner`.
    func count(_ name: String) throws(LearningError) -> Int {
        guard let count = entry[name]?.integerValue, count >= 0 else { throw .damagedModel("its learner does not say '\(name)'") }
        return count
    }
}

/// Tensors by name, taken out with the shape that they must have.
struct TensorList {
    private let list: [Tensor]

    init(_ list: [Tensor]) {
        self.list = list
    }

    private func tensor(_ name: String) -> Tensor? {
        list.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    func expect(count: Int) throws(LearningError) {
        guard list.count == count else { throw .damagedModel("it has \(list.count) tensors where its learner has \(count)") }
    }

    /// The first extent of a tensor, 0 if there is none.
    func extent(_ name: String) -> Int {
        tensor(name)?.shape.first ?? 0
    }

    func doubles(_ name: String, _ shape: [Int]) throws(LearningError) -> [Double] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.doubles else { throw wrong(name) }
        return values
    }

    func floats(_ name: String, _ shape: [Int]) throws(LearningError) -> [Float] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.floats else { throw wrong(name) }
        return values
    }

    func integers(_ name: String, _ shape: [Int]) throws(LearningError) -> [Int32] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.integers else { throw wrong(name) }
        return values
    }

    func bytes(_ name: String, _ shape: [Int]) throws(LearningError) -> [UInt8] {
        guard let tensor = tensor(name), tensor.shape == shape, let values = tensor.bytes else { throw wrong(name) }
        return values
    }

    private func wrong(_ name: String) -> LearningError {
        .damagedModel("the tensor '\(name)' has not the shape that the model needs")
    }
}
