import Canonical
import Diagnostics
import Numerics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Networks: gradients against differences, what training holds to, and what it refuses.
@Suite struct NetworkTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let input: NetworkShape
        let layers: [NetworkLayer]
        var activation = NetworkActivation.tanh
    }

    private static let image = NetworkShape(height: 6, width: 5, channels: 2)
    static let examples = [
        Example(testDescription: "dense", input: NetworkShape(count: 7), layers: [.dense(units: 5)]),
        Example(
            testDescription: "dense, relu", input: NetworkShape(count: 7), layers: [.dense(units: 9), .dense(units: 4)], activation: .relu),
        Example(testDescription: "batch norm", input: NetworkShape(count: 7), layers: [.dense(units: 5), .batchNorm]),
        Example(
            testDescription: "dropout", input: NetworkShape(count: 7), layers: [.dense(units: 8), .dropout(share: 0.4), .dense(units: 3)]),
        Example(
            testDescription: "convolution", input: image,
            layers: [
                .convolution(filters: 3, size: 3, stride: 1, padding: .same), .convolution(filters: 2, size: 2, stride: 2, padding: .valid),
            ]),
        Example(
            testDescription: "largest of windows", input: image,
            layers: [.convolution(filters: 3, size: 3, stride: 1, padding: .same), .maxPool(size: 2, stride: 2)]),
        Example(
            testDescription: "largest of windows, behind a rectifier", input: image,
            layers: [.convolution(filters: 3, size: 3, stride: 1, padding: .same), .maxPool(size: 3, stride: 1)], activation: .relu),
        Example(
            testDescription: "mean of windows", input: image,
            layers: [.convolution(filters: 3, size: 3, stride: 1, padding: .same), .averagePool(size: 3, stride: 1)]),
        Example(
            testDescription: "batch norm of images", input: image,
            layers: [.batchNorm, .convolution(filters: 3, size: 3, stride: 1, padding: .valid), .batchNorm, .dense(units: 4)]),
    ]

    @Test(arguments: examples)
    func `gradients are what differences say`(_ example: Example) throws {
        let rows = 6
        let plan = try NetworkPlan(
            NetworkArchitecture(input: example.input, layers: example.layers, activation: example.activation, outputCount: 3))
        let stream = RandomStream(seed: 3, purpose: "test/gradients")
        let draw = { (index: Int) in Float(2 * stream.uniform(UInt64(index)) - 1) }
        let input = FloatBuffer(rows * example.input.count)
        for index in 0..<input.count { input.base[index] = draw(index) }
        let start = FloatBuffer(plan.parameterCount)
        plan.initialise(start.base, seed: 5)
        for index in 0..<start.count { start.base[index] += 0.1 * draw(10_000 + index) }
        let factors = (0..<rows * 3).map { draw(20_000 + $0) }
        let pass = NetworkPass(plan, capacity: rows, isTraining: true, threads: 1)
        /// The sum of the outputs, each times its factor.
        func value(_ parameters: [Float]) -> Double {
            let buffer = FloatBuffer(parameters.count)
            buffer.copy(from: parameters)
            let outputs = pass.forward(
                input.base, rows: rows, parameters: buffer.base, draws: NetworkPass.Draws(seed: 1, epoch: 2, firstPlace: 12), batches: 4)
            return factors.indices.reduce(0) { $0 + Double(outputs[$1]) * Double(factors[$1]) }
        }
        let origin = start.array
        _ = value(origin)
        for index in factors.indices { pass.outputGradient[index] = factors[index] }
        let slopes = FloatBuffer(plan.parameterCount)
        let used = FloatBuffer(plan.parameterCount)
        used.copy(from: origin)
        pass.backward(input.base, rows: rows, parameters: used.base, into: slopes.base)
        let largest = slopes.array.map(\.magnitude).max() ?? 0
        #expect(largest > 0.01)
        let bends = example.activation == .relu || example.testDescription.hasPrefix("largest")
        let step: Float = bends ? 1e-3 : 1e-2
        var errors: [Float] = []
        for tensor in plan.tensors where tensor.role != .seen {
            for index in tensor.offset..<tensor.offset + tensor.count {
                var (above, below) = (origin, origin)
                above[index] += step
                below[index] -= step
                let difference = Float((value(above) - value(below)) / Double(above[index] - below[index]))
                errors.append(abs(difference - slopes.base[index]) / largest)
            }
        }
        // A step over the bend of a rectifier or past a new largest pixel is no error; there are few.
        #expect(errors.filter { $0 > 0.01 }.count <= errors.count / 50)
    }

    // MARK: Training

    static let digitOptions: [(String, JSONValue)] = [
        ("image", ["height": 8, "width": 8]), ("epochs", 2), ("batch-size", 100),
        (
            "layers",
            [
                ["kind": "convolution", "filters": 6], ["kind": "batch-norm"], ["kind": "max-pool"], ["kind": "convolution", "filters": 8],
                ["kind": "average-pool"], ["kind": "dense", "units": 20], ["kind": "dropout", "share": 0.2],
            ]
        ),
    ]

    @Test func `any number of threads and every instruction set gives one convolutional network`() throws {
        let (train, test) = try Samples.parted(Samples.digits)
        let options = try Samples.options(target: "digit", "convolutional-network", Self.digitOptions)
        let before = KernelVariant.active
        defer { KernelVariant.active = before }
        var models: Set<String> = []
        var predictions: Set<Predictions> = []
        for (threads, variant) in [(1, before), (2, before), (3, before), (8, before)] + KernelVariant.available.map({ (1, $0) }) {
            KernelVariant.active = variant
            let model = try Trainer.train(train, options: options, threads: threads)
            models.insert(Samples.digest(model))
            predictions.insert(try model.predict(test, threads: threads))
        }
        #expect(models.count == 1 && predictions.count == 1)
        #expect(models.first == "967ad4bc53e5ac02e79cf0feecec456be4b8baf87d2bdc4349661a461444b601")
    }

    struct Reference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let target: String
        let accuracy: Double
        let logLoss: Double
    }

    @Test(arguments: [
        Reference(testDescription: "digits", target: "digit", accuracy: 0.9834, logLoss: 0.0583),
        Reference(testDescription: "breast-cancer", target: "diagnosis", accuracy: 0.9563, logLoss: 0.1002),
    ])
    func `with no option given, a perceptron is as good as scikit-learn's`(_ reference: Reference) throws {
        let (train, test) = try Samples.parted(reference.target == "digit" ? Samples.digits : Samples.breastCancer)
        let model = try Trainer.train(train, options: try Samples.options(target: reference.target, "multilayer-perceptron"), threads: 2)
        let metrics = try Samples.metrics(model, on: test)
        #expect(try #require(metrics["accuracy"]?.numberValue) >= reference.accuracy - 0.006)
        #expect(try #require(metrics["log_loss"]?.numberValue) <= reference.logLoss * 1.1)
    }

    @Test func `numbers are predicted in their own units`() throws {
        var rows = "x,z,y\n"
        let stream = RandomStream(seed: 4, purpose: "test/numbers")
        for row in 0..<400 {
            let (x, z) = (stream.uniform(UInt64(2 * row)), stream.uniform(UInt64(2 * row + 1)))
            rows += "\(x),\(z),\(1e6 + 5e4 * (x * x - z))\n"
        }
        var steps: [TrainingStep] = []
        let table = try Samples.table(rows)
        let model = try Trainer.train(
            table, options: try Samples.options(target: "y", "multilayer-perceptron", [("activation", "tanh"), ("epochs", 200)]),
            progress: { steps.append($0) })
        let metrics = try Samples.metrics(model, on: table)
        #expect(try #require(metrics["r2"]?.numberValue) > 0.99)
        #expect(steps.count == 200 && steps[199].total == 200)
        // Half the mean squared error, in squared units.
        #expect(steps[199].loss < 0.02 * steps[0].loss && steps[0].loss > 1e6)
    }

    @Test(arguments: ["constant", "cosine", "step"], ["adam", "sgd"])
    func `every schedule and optimiser makes the loss smaller`(_ schedule: String, _ optimiser: String) throws {
        let (train, _) = try Samples.parted(Samples.breastCancer)
        var steps: [TrainingStep] = []
        let settings: [(String, JSONValue)] = [
            ("schedule", .string(schedule)), ("optimiser", .string(optimiser)), ("epochs", 8), ("learning-rate", 0.01),
        ]
        _ = try Trainer.train(
            train, options: try Samples.options(target: "diagnosis", "multilayer-perceptron", settings), progress: { steps.append($0) })
        #expect(steps.count == 8 && steps[7].loss < 0.2 && steps[7].loss < steps[0].loss)
        #expect(Set(steps.map(\.digest)).count == 8)
    }

    @Test func `training stops without progress on the validation rows, and the best weights are kept`() throws {
        let (train, test) = try Samples.parted(Samples.breastCancer)
        let settings: [(String, JSONValue)] = [("early-stopping-epochs", 3), ("learning-rate", 0.03), ("weight-decay", 0)]
        var steps: [TrainingStep] = []
        let model = try Trainer.train(
            train, validation: test, options: try Samples.options(target: "diagnosis", "multilayer-perceptron", settings),
            progress: { steps.append($0) })
        let losses = steps.compactMap(\.validationLoss)
        let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
        #expect(losses.count == steps.count && steps.count < 100 && best == steps.count - 4)
        let loss = try #require(try Samples.metrics(model, on: test)["log_loss"]?.numberValue)
        #expect(abs(loss - losses[best]) < 1e-5)
    }

    @Test func `rows count as their weights say`() throws {
        let table = try Samples.table("x,y\n" + String(repeating: "1,a\n0,b\n0,a\n", count: 20))
        let options = try Samples.options(
            target: "y", "multilayer-perceptron", [("layers", []), ("learning-rate", 0.05), ("weight-decay", 0)])
        let pipeline = try FeaturePipeline(fitting: table, options: options)
        func share(_ weight: Double) throws -> Double {
            let problem = TrainingProblem(
                features: try pipeline.apply(to: table), pipeline: pipeline, target: try TargetColumn(training: table, options: options),
                rowWeights: (0..<60).map { $0 % 3 == 1 ? weight : 1 }, watched: nil, seed: 0, threads: 1,
                observer: TrainingObserver(progress: { _ in }, isCancelled: { false }))
            let learner = try #require(options.learner.settings).fit(problem)
            guard case .sums(let sums) = try learner.predictor.outputs(problem.features, pipeline, threads: 1) else { return -1 }
            return Elementary.sigmoid(sums[1])
        }
        #expect(abs(try share(1) - 0.5) < 0.03)
        #expect(abs(try share(3) - 0.75) < 0.03)
    }

    // MARK: What is refused

    private func refusal(_ kind: String, _ settings: [(String, JSONValue)], _ rows: String) throws -> Diagnostic? {
        do {
            _ = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", kind, settings))
            return nil
        } catch let error as LearningError {
            return error.diagnostics.first
        }
    }

    private static let grid = "p,q,r,s,y\n" + (0..<40).map { "\($0 % 7),\($0 % 5),\($0 % 3),\($0 % 11),\(["a", "b"][$0 % 2])\n" }.joined()

    @Test func `a training that runs away stops and names the epoch and the way out`() throws {
        let problem = try #require(
            try refusal("multilayer-perceptron", [("optimiser", "sgd"), ("learning-rate", 1000), ("layers", [50, 50])], Self.grid))
        #expect(problem.code == "learning/diverged" && problem.message.contains("epoch"))
        #expect(problem.notes.first?.message.contains("smaller 'learning-rate'") == true)
    }

    @Test func `layers that do not fit their image are refused`() throws {
        func code(_ layers: JSONValue, _ image: JSONValue = ["height": 2, "width": 2]) throws -> String? {
            try refusal("convolutional-network", [("image", image), ("layers", layers), ("epochs", 1)], Self.grid)?.code
        }
        #expect(try code([["kind": "convolution"]]) == nil)
        #expect(try code([["kind": "max-pool", "size": 3]]) == "learning/network-shape")
        #expect(try code([["kind": "convolution", "size": 5, "padding": "valid"]]) == "learning/network-shape")
        #expect(try code([["kind": "convolution", "size": 2]]) == "learning/bad-option")
        #expect(try code([["kind": "dense", "units": 4], ["kind": "max-pool"]]) == "learning/network-shape")
        #expect(try code([["kind": "dense", "units": 65_536], ["kind": "dense", "units": 65_536]]) == "learning/network-shape")
        #expect(try code([["kind": "pool"]]) == "learning/bad-option")
        #expect(try code([["kind": "dense", "units": 3]], ["height": 3, "width": 2]) == "learning/not-pixels")
        #expect(try refusal("convolutional-network", [], Self.grid)?.code == "learning/not-pixels")
        let words = Self.grid.replacing("\n0,", with: "\nnought,").replacing("\n1,", with: "\none,")
        let mixed = words.replacing("\n2,", with: "\ntwo,")
        #expect(try refusal("convolutional-network", [("image", ["height": 2, "width": 2])], mixed)?.code != nil)
    }

    @Test func `a column of images is read, and nothing beside it`() throws {
        var shades: [UInt8] = []
        let stream = RandomStream(seed: 8, purpose: "test/images")
        for row in 0..<60 {
            for pixel in 0..<36 {
                let isLight = row % 2 == 0 ? pixel % 6 < 3 : pixel < 18
                shades.append(UInt8(stream.below(100, UInt64(row * 36 + pixel)) + (isLight ? 100 : 0)))
            }
        }
        let images = ImageColumn(.bytes(shades), shapes: [ImageShape](repeating: ImageShape(height: 6, width: 6, channels: 1), count: 60))
        let pipeline = FeaturePipeline(features: [
            Feature(name: "image", kind: .images(ImageProfile(shape: images.shapes[0], means: [128], deviations: [64])))
        ])
        let elements = (0..<60).flatMap { images.pixels($0).map { ($0 - 128) / 64 } }
        let problem = TrainingProblem(
            features: FeatureTable(rowCount: 60, columns: [.images(elements)]), pipeline: pipeline,
            target: .classes((0..<60).map { Int32($0 % 2) }, classes: ["a", "b"]), rowWeights: nil, watched: nil, seed: 0, threads: 2,
            observer: TrainingObserver(progress: { _ in }, isCancelled: { false }))
        let options = try Samples.options(target: "y", "convolutional-network", [("epochs", 10)])
        let learner = try #require(options.learner.settings).fit(problem)
        guard case .sums(let sums) = try learner.predictor.outputs(problem.features, pipeline, threads: 2) else { return }
        #expect(sums.indices.allSatisfy { (sums[$0] > 0) == ($0 % 2 == 1) })
        let model = TrainedModel(
            task: .classification, target: "y", classes: ["a", "b"], pipeline: pipeline, learner: learner, trainingRows: 60)
        #expect(try TrainedModel.read(model.files()) == model)
    }

    @Test func `features that never vary leave a perceptron nothing to learn from`() throws {
        let rows = "x,y\n" + String(repeating: "1,a\n1,b\n", count: 10)
        #expect(try refusal("multilayer-perceptron", [], rows)?.code == "learning/no-features")
    }
}
