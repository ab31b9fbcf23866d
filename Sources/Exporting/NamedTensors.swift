import Learning

/// The tensors of a model's learner by their names.
// SPEC: model.md#weightssafetensors
struct NamedTensors {
    private let tensors: [Tensor]

    init(_ model: TrainedModel) {
        tensors = model.learner.predictor.tensors
    }

    /// - Precondition: The learner has such a tensor, of doubles.
    func doubles(_ name: String) -> [Double] {
        guard let tensor = tensors.first(where: { $0.name.utf8.elementsEqual(name.utf8) }), case .doubles(let values) = tensor.elements
        else {
            preconditionFailure("a learner has the tensors of its kind")
        }
        return values
    }
}
