package import Canonical
import Diagnostics
import StageKinds

/// The files of a trained model: `model.json` says what it is and how fields become numbers, `weights.safetensors` holds the
/// learner's numbers, and `features.safetensors` the terms of texts and very many levels, where there are any.
extension TrainedModel {
    package static let documentPath = "model.json"
    package static let weightsPath = "weights.safetensors"
    package static let featuresPath = "features.safetensors"
    static let formatVersion = 1

    /// The model's files, sorted by path; the same model always gives the same bytes.
    package func files() -> [(path: String, bytes: [UInt8])] {
        let features = pipeline.tensors
        return (features.isEmpty ? [] : [(Self.featuresPath, Safetensors.encode(features))]) + [
            (Self.documentPath, Array(JSONText.pretty(document).utf8)),
            (Self.weightsPath, Safetensors.encode(learner.predictor.tensors)),
        ]
    }

    /// Reads what ``files()`` wrote.
    ///
    /// - Throws: ``LearningError/damagedModel(_:)`` for files that it cannot have written, ``LearningError/newerModel(version:)``.
    package static func read(_ files: [(path: String, bytes: [UInt8])]) throws(LearningError) -> TrainedModel {
        for path in [documentPath, weightsPath] where files.count(where: { $0.path.utf8.elementsEqual(path.utf8) }) != 1 {
            throw .damagedModel("it must have one file '\(path)'")
        }
        let known = [documentPath, featuresPath, weightsPath]
        if let other = files.first(where: { file in !known.contains { $0.utf8.elementsEqual(file.path.utf8) } }) {
            throw .damagedModel("the file '\(other.path)' does not belong to a model")
        }
        let features = files.filter { $0.path.utf8.elementsEqual(featuresPath.utf8) }
        guard features.count <= 1 else { throw .damagedModel("it must have one file '\(featuresPath)' or none") }
        let ordered = files.filter { !$0.path.utf8.elementsEqual(featuresPath.utf8) }.sorted {
            $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
        }
        let parsed = JSONDocument.parse(SourceText(name: documentPath, bytes: ordered[0].bytes), limits: .canonical)
        guard !parsed.hasErrors, let document = parsed.value?.root.value else { throw .damagedModel("'\(documentPath)' is no JSON") }
        var featureTensors: [Tensor]?
        if let file = features.first { featureTensors = try Safetensors.decode(file.bytes) }
        let model = try ModelReader.model(document, try Safetensors.decode(ordered[1].bytes), features: featureTensors)
        guard Array(JSONText.pretty(model.document).utf8) == ordered[0].bytes else {
            throw .damagedModel("'\(documentPath)' is not laid out as it is written")
        }
        return model
    }

    private var document: JSONValue {
        .object([
            JSONMember("version", .integer(Self.formatVersion)),
            JSONMember("task", .string(task.rawValue)),
            JSONMember("target", target.map(JSONValue.string) ?? .null),
            JSONMember("classes", .array(classes.map(JSONValue.string))),
            JSONMember("trainingRows", .integer(trainingRows)),
            JSONMember("features", .array(pipeline.features.map(\.document))),
            JSONMember("learner", learner.document),
        ])
    }

    /// What goes into the model and what comes out, for people and for other programs.
    ///
    /// The ranges and levels are those of the training rows.
    package var signature: JSONValue {
        // A date has several features and is one input.
        let inputs = pipeline.features.filter { $0.part == nil || $0.part == .day }.map(\.input)
        var outputs: [JSONValue] = []
        for (place, name) in outputColumns.enumerated() {
            var members = [JSONMember("name", .string(name))]
            if place == 0, task == .classification || task == .clustering {
                members.append(JSONMember("type", "category"))
                members.append(JSONMember("levels", .array(outputLabels.map(JSONValue.string))))
            } else {
                members.append(JSONMember("type", "number"))
                if task == .classification {
                    members.append(JSONMember("minimum", 0))
                    members.append(JSONMember("maximum", 1))
                }
            }
            outputs.append(.object(members))
        }
        return .object([
            JSONMember("task", .string(task.rawValue)), JSONMember("target", target.map(JSONValue.string) ?? .null),
            JSONMember("inputs", .array(inputs)),
            JSONMember("outputs", .array(outputs)),
        ])
    }
}

extension FittedLearner {
    fileprivate var document: JSONValue {
        .object([JSONMember("kind", .string(kind.rawValue))] + predictor.members)
    }
}
