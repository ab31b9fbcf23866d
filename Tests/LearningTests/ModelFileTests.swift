import Canonical
import Diagnostics
import Numerics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Model files are read back as they were written, and nothing else is read.
@Suite struct ModelFileTests {
    private static let rows: String = {
        var rows = "a,b,c,y\n"
        let stream = RandomStream(seed: 5, purpose: "test/model-files")
        for row in 0..<120 {
            let a = stream.uniform(UInt64(row))
            rows +=
                "\(a < 0.1 ? "" : String(a)),\(row % 7),\(["red", "green", "", "blue"][row % 4]),k\(stream.below(3, UInt64(row + 500)))\n"
        }
        return rows
    }()

    static func model(_ kind: String) throws -> TrainedModel {
        let settings: [(String, JSONValue)]
        switch kind {
        case "boosted-trees": settings = [("trees", 4), ("max-leaves", 5)]
        case "multilayer-perceptron": settings = [("layers", [4, 3]), ("batch-norm", true), ("dropout", 0.25), ("epochs", 2)]
        case "convolutional-network":
            let layers: JSONValue = [
                ["kind": "convolution", "filters": 2], ["kind": "batch-norm"], ["kind": "max-pool", "size": 1],
                ["kind": "average-pool", "size": 1],
                ["kind": "dense", "units": 3], ["kind": "dropout"],
            ]
            settings = [("image", ["height": 1, "width": 2]), ("layers", layers), ("epochs", 2)]
        default: settings = []
        }
        let needsTarget = LearnerKind(rawValue: kind)?.needsTarget ?? true
        let target = needsTarget ? (kind == "linear" ? "b" : "y") : nil
        let features: [(String, JSONValue)] = kind == "convolutional-network" ? [("features", ["exclude": ["c"]])] : []
        return try Trainer.train(
            try Samples.table(rows), options: try Samples.options(target: target, kind, settings, more: features))
    }

    static let kinds = LearnerKind.allCases.map(\.rawValue)

    @Test(arguments: kinds)
    func `a model is read back as it was`(_ kind: String) throws {
        let model = try Self.model(kind)
        let read = try TrainedModel.read(model.files().reversed())
        #expect(read == model)
        let table = try Samples.table(Self.rows)
        #expect(try read.predict(table) == model.predict(table))
        #expect(read.files().map(\.bytes) == model.files().map(\.bytes))
    }

    @Test func `the document says what goes in and out`() throws {
        let rows = "size,color,y\n1.5,red,a\n2.5,red,b\n,blue,a\n3,blue,b\n0,,a\n1,green,b\n"
        let model = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", "logistic"))
        #expect(
            JSONText.line(model.signature) == """
                {"task": "classification", "target": "y", "inputs": [\
                {"name": "size", "type": "number", "minimum": 0.0, "maximum": 3.0, "missing": true}, \
                {"name": "color", "type": "category", "levels": ["blue", "red"], "others": true, "missing": true}], \
                "outputs": [{"name": "prediction", "type": "category", "levels": ["a", "b"]}, \
                {"name": "probability_a", "type": "number", "minimum": 0, "maximum": 1}, \
                {"name": "probability_b", "type": "number", "minimum": 0, "maximum": 1}]}
                """)
        #expect(model.files().map(\.path) == ["model.json", "weights.safetensors"])
    }

    @Test(arguments: kinds)
    func `changed files are refused or give a model that can be used`(_ kind: String) throws {
        let files = try Self.model(kind).files()
        let table = try Samples.table(Self.rows)
        let stream = RandomStream(seed: 11, purpose: "test/mutations")
        var refused = 0
        for round in 0..<3000 {
            var changed = files
            let draw = { (count: Int, index: Int) in stream.below(count, UInt64(round * 8 + index)) }
            let file = draw(2, 0)
            let place = draw(changed[file].bytes.count, 1)
            switch draw(4, 2) {
            case 0: changed[file].bytes[place] ^= 1 << UInt8(draw(8, 3))
            case 1: changed[file].bytes[place] = UInt8(draw(256, 3))
            case 2: changed[file].bytes.removeSubrange(place..<min(place + 1 + draw(9, 3), changed[file].bytes.count))
            default: changed[file].bytes.insert(contentsOf: changed[file].bytes.prefix(draw(40, 3)), at: place)
            }
            do {
                _ = try TrainedModel.read(changed).predict(table)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    @Test func `a bad node, weight or profile is refused`() throws {
        let model = try Self.model("boosted-trees")
        guard case .boostedTrees(let trees) = model.learner else { return }
        func isRefused(_ change: (inout [TreeNode]) -> Void) -> Bool {
            var nodes = trees.nodes
            change(&nodes)
            let other = BoostedTrees(baselines: trees.baselines, nodes: nodes, starts: trees.starts, sets: trees.sets)
            return readingFails(model, .boostedTrees(other))
        }
        #expect(!isRefused { _ in })
        let inner = try #require(trees.nodes.firstIndex { $0.feature >= 0 })
        #expect(isRefused { $0[inner].left = 0 })
        #expect(isRefused { $0[inner].right = 9_999 })
        #expect(isRefused { $0[inner].left = -1 })
        #expect(isRefused { $0[inner].feature = 3 })
        #expect(isRefused { $0[inner].feature = -2 })
        #expect(isRefused { $0[inner].threshold = .nan })
        #expect(isRefused { $0[inner].set = 77 })
        let leaf = try #require(trees.nodes.firstIndex { $0.feature < 0 })
        #expect(isRefused { $0[leaf].value = .infinity })
        #expect(isRefused { $0[leaf].value = 1e200 })
        #expect(isRefused { $0[leaf].left = 1 })
    }

    @Test func `layers that do not fit, and weights out of range, are refused`() throws {
        let model = try Self.model("convolutional-network")
        let files = model.files()
        let text = String(decoding: files[0].bytes, as: UTF8.self)
        func isRefused(_ old: String, _ new: String) -> Bool {
            var changed = files
            #expect(text.contains(old))
            changed[0].bytes = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
            do {
                _ = try TrainedModel.read(changed)
                return false
            } catch LearningError.damagedModel {
                return true
            } catch {
                return false
            }
        }
        #expect(!isRefused("relu", "relu"))
        #expect(isRefused("\"filters\": 2", "\"filters\": 4096"))
        #expect(isRefused("\"width\": 2", "\"width\": 4096"))
        #expect(isRefused("\"height\": 1", "\"height\": 9007199254740991"))
        #expect(isRefused("\"units\": 3", "\"units\": 65536"))
        #expect(isRefused("\"share\": 0.5", "\"share\": 1.5"))
        #expect(isRefused("relu", "step"))
        guard case .convolutionalNetwork(let network) = model.learner else { return }
        for value in [Float.nan, .infinity, 1e20] {
            var parameters = network.parameters
            parameters[3] = value
            let other = NeuralNetwork(input: network.input, plan: network.plan, scale: nil, parameters: parameters)
            #expect(readingFails(model, .convolutionalNetwork(other)))
        }
        let variance = try #require(network.plan.tensors.first { $0.name.hasSuffix("variance") })
        var parameters = network.parameters
        parameters[variance.offset] = -1
        #expect(
            readingFails(
                model, .convolutionalNetwork(NeuralNetwork(input: network.input, plan: network.plan, scale: nil, parameters: parameters))))
    }

    private func readingFails(_ model: TrainedModel, _ learner: FittedLearner) -> Bool {
        let changed = TrainedModel(
            task: model.task, target: model.target, classes: model.classes, pipeline: model.pipeline, learner: learner,
            trainingRows: model.trainingRows)
        do {
            _ = try TrainedModel.read(changed.files())
            return false
        } catch LearningError.damagedModel {
            return true
        } catch {
            return false
        }
    }

    @Test func `files of a later format, too few and too many files are refused`() throws {
        let files = try Self.model("linear").files()
        #expect(throws: LearningError.self) { try TrainedModel.read([files[0]]) }
        #expect(throws: LearningError.self) { try TrainedModel.read(files + [files[1]]) }
        #expect(throws: LearningError.self) { try TrainedModel.read(files + [("extra.txt", [])]) }
        var later = files
        let text = String(decoding: files[0].bytes, as: UTF8.self)
        later[0].bytes = Array(text.replacing("\"version\": 1", with: "\"version\": 2", maxReplacements: 1).utf8)
        do {
            _ = try TrainedModel.read(later)
            Issue.record("version 2 is not known")
        } catch LearningError.newerModel(let version) {
            #expect(version == 2)
        }
    }

    @Test func `tensors lie in the order of their types and names, padded to 8 bytes`() throws {
        let bytes = Safetensors.encode([Tensor("b", [3], [1, 2, 3] as [Int32]), Tensor("c", [1], [0.5]), Tensor("a", [], [-2.0])])
        let header = """
            {"a":{"data_offsets":[0,8],"dtype":"F64","shape":[]},"b":{"data_offsets":[16,28],"dtype":"I32","shape":[3]},\
            "c":{"data_offsets":[8,16],"dtype":"F64","shape":[1]}}
            """
        let padded = Array(header.utf8) + [UInt8](repeating: 32, count: (8 - header.utf8.count % 8) % 8)
        #expect(bytes.count % 4 == 0 && Int(bytes[0]) == padded.count)
        #expect(Array(bytes[8..<8 + padded.count]) == padded)
        #expect(Array(bytes[(8 + padded.count)...].prefix(8)) == [0, 0, 0, 0, 0, 0, 0, 0xC0])
        #expect(try Safetensors.decode(bytes).map(\.name) == ["a", "b", "c"])
    }

    @Test(arguments: [
        #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,16]}}"#,
        #"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}"#,
        #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}"#,
        #"{"a":{"data_offsets":[0,8],"dtype":"F64","shape":[1]},"a":{"data_offsets":[0,8],"dtype":"F64","shape":[1]}}"#,
        "[]", "", "{",
    ])
    func `a header that does not fit its bytes is refused`(_ header: String) {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(header.utf8.count))
        bytes += header.utf8
        bytes += [UInt8](repeating: 0, count: 8)
        #expect(throws: LearningError.self) { try Safetensors.decode(bytes) }
        #expect(throws: LearningError.self) { try Safetensors.decode(Array(bytes.prefix(9))) }
        #expect(throws: LearningError.self) { try Safetensors.decode([UInt8](repeating: 255, count: 16)) }
    }
}
