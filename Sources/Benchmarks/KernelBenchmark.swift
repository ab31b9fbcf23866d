import Numerics
import Platform

/// Kernels on Float on one thread, in process, beside NumPy's OpenBLAS with its best kernels and beside PyTorch.
///
/// `MLBUILD_PEERS` may name the Python that has them; else `python3` is asked.
enum KernelBenchmark {
    private static let rounds = 5

    static func run() throws {
        try products()
        try layers()
    }

    // MARK: Products

    private struct Product {
        let name: String
        let rows: Int
        let columns: Int
        let depth: Int
        var transposeA = false
        var transposeB = false

        var operations: Double { 2 * Double(rows) * Double(columns) * Double(depth) }
        var line: String { "\(rows) \(columns) \(depth) \(transposeA ? 1 : 0) \(transposeB ? 1 : 0)\n" }

        static let all = [
            Product(name: "1024 x 1024 x 1024", rows: 1024, columns: 1024, depth: 1024),
            Product(name: "batch of 128, 784 to 256", rows: 128, columns: 256, depth: 784),
            Product(name: "its weights' gradient", rows: 784, columns: 256, depth: 128, transposeA: true),
            Product(name: "its inputs' gradient", rows: 128, columns: 784, depth: 256, transposeB: true),
            Product(name: "batch of 128, 128 to 10", rows: 128, columns: 10, depth: 128),
        ]
    }

    private static let productScript = """
        import sys, time, numpy as np
        for line in sys.stdin:
            m, n, k, ta, tb = map(int, line.split())
            a = np.random.rand(*((k, m) if ta else (m, k))).astype('f') - np.float32(0.5)
            b = np.random.rand(*((n, k) if tb else (k, n))).astype('f') - np.float32(0.5)
            a, b, c = (a.T if ta else a), (b.T if tb else b), np.empty((m, n), 'f')
            best, inner = 1e9, 1 + int(2e7 / (2 * m * n * k))
            end = time.perf_counter() + 0.3
            while time.perf_counter() < end:
                start = time.perf_counter()
                for _ in range(inner): np.matmul(a, b, out=c)
                best = min(best, (time.perf_counter() - start) / inner)
            print(best)
        """

    private static func products() throws {
        let cores = ["Haswell", "SkylakeX"]
        let python = python(with: "numpy")
        var ours = [Double](repeating: .infinity, count: Product.all.count)
        var theirs = [[Double]](repeating: ours, count: cores.count)
        for _ in 0..<rounds {
            for (index, product) in Product.all.enumerated() { ours[index] = min(ours[index], seconds(of: product)) }
            guard let python else { continue }
            for (core, name) in cores.enumerated() {
                let input = Product.all.map(\.line).joined()
                let lines = try peer([python, "-c", productScript], ["OPENBLAS_CORETYPE": name], input: input)
                for (index, line) in lines.enumerated() { theirs[core][index] = min(theirs[core][index], Double(line) ?? .infinity) }
            }
        }
        if python == nil { Measurement.missing("NumPy") }
        print("Products of Float, one thread, GFLOP/s (\(KernelVariant.active)):\n")
        print("| | mlbuild | " + cores.map { "OpenBLAS \($0)" }.joined(separator: " | ") + " | mlbuild / best |")
        print("|---|---|" + cores.map { _ in "---|" }.joined() + "---|")
        for (index, product) in Product.all.enumerated() {
            let speeds = ([ours[index]] + theirs.map { $0[index] }).map { product.operations / $0 / 1e9 }
            let best = speeds.dropFirst().max() ?? 0
            let cells = speeds.map { Measurement.text($0) } + [Measurement.text(speeds[0] / best)]
            print("| \(product.name) | \(cells.joined(separator: " | ")) |")
        }
        print("")
    }

    private static func seconds(of product: Product) -> Double {
        let (a, b) = (numbers(product.rows * product.depth, 1), numbers(product.depth * product.columns, 2))
        var c = [Float](repeating: 0, count: product.rows * product.columns)
        return best(within: 0.3, about: product.operations / 1e11) {
            FloatMatrix.multiply(
                a, b, into: &c, rows: product.rows, columns: product.columns, depth: product.depth, transposeA: product.transposeA,
                transposeB: product.transposeB)
        }
    }

    // MARK: Layers

    private static let layerScript = """
        import time, torch
        torch.set_num_threads(1)
        def best(body):
            least, end = 1e9, time.perf_counter() + 0.5
            while time.perf_counter() < end:
                start = time.perf_counter()
                body()
                least = min(least, time.perf_counter() - start)
            print(least, flush=True)
        def layer(channels, size, filters, padding):
            x = torch.randn(128, channels, size, size, requires_grad=channels > 1)
            f = torch.nn.Conv2d(channels, filters, 3, padding=padding, bias=False)
            with torch.no_grad(): best(lambda: f(x))
            g = torch.randn_like(f(x))
            def both():
                f.weight.grad = x.grad = None
                f(x).backward(g)
            best(both)
        layer(1, 28, 32, 0)
        layer(32, 13, 64, 0)
        layer(64, 16, 64, 1)
        net = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
        adam, loss = torch.optim.Adam(net.parameters(), lr=1e-3), torch.nn.CrossEntropyLoss()
        x, y = torch.randn(128, 784), torch.arange(128) % 10
        def step():
            adam.zero_grad()
            loss(net(x), y).backward()
            adam.step()
        best(step)
        """

    private static func layers() throws {
        let bodies =
            try [(1, 28, 32, 0), (32, 13, 64, 0), (64, 16, 64, 1)].flatMap { channels, size, filters, padding in
                try layer(channels: channels, size: size, filters: filters, padding: padding)
            } + [("a step of 784-256-128-10 with Adam", PerceptronStep().run)]
        let python = python(with: "torch")
        var ours = [Double](repeating: .infinity, count: bodies.count)
        var theirs = ours
        for _ in 0..<rounds {
            for (index, body) in bodies.enumerated() { ours[index] = min(ours[index], best(within: 0.5, about: 1, body.1)) }
            guard let python else { continue }
            let lines = try peer([python, "-c", layerScript], [:], input: "")
            for (index, line) in lines.enumerated() { theirs[index] = min(theirs[index], Double(line) ?? .infinity) }
        }
        if python == nil { Measurement.missing("PyTorch") }
        print("Batches of 128 images or rows, one thread, ms:\n")
        print("| | mlbuild | PyTorch | mlbuild / PyTorch |")
        print("|---|---|---|---|")
        for (index, body) in bodies.enumerated() {
            let figures = [ours[index] * 1e3, theirs[index] * 1e3, ours[index] / theirs[index]].map { Measurement.text($0) }
            print("| \(body.0) | \(figures.joined(separator: " | ")) |")
        }
    }

    private struct NoWindow: Error {}

    private static func layer(channels: Int, size: Int, filters: Int, padding: Int) throws -> [(String, () -> Void)] {
        guard
            let layer = FloatConvolution(
                height: size, width: size, channels: channels, filters: filters, kernelHeight: 3, kernelWidth: 3, padding: padding)
        else { throw NoWindow() }
        let images = numbers(128 * layer.inputCount, 1)
        let weights = numbers(layer.weightCount, 2)
        let gradient = numbers(128 * layer.outputCount, 3)
        let scratch = Scratch(counts: [gradient.count, weights.count, images.count])
        let forward = {
            layer.apply(images, count: 128, weights: weights, into: scratch[0])
        }
        let both = {
            forward()
            layer.weightGradient(images, gradient: gradient, count: 128, into: scratch[1])
            // The first layer's images need no gradient.
            if channels > 1 { layer.imageGradient(gradient, weights: weights, count: 128, into: scratch[2]) }
        }
        let name = "3x3, \(size)x\(size)x\(channels) to \(filters)"
        return [("\(name), forward", forward), ("\(name), forward and back", both)]
    }

    // MARK: Parts

    static func numbers(_ count: Int, _ seed: Int) -> [Float] {
        let stream = RandomStream(seed: seed, purpose: "benchmark")
        return (0..<count).map { Float(stream.uniform(UInt64($0)) - 0.5) }
    }

    /// The best time of `body`, in seconds, repeated for so long; short bodies are timed several at once.
    private static func best(within limit: Double, about expected: Double, _ body: () -> Void) -> Double {
        let several = 1 + Int(2e-4 / expected)
        let end = Clock.monotonic() + Int64(limit * 1e9)
        var best = Double.infinity
        repeat {
            let start = Clock.monotonic()
            for _ in 0..<several { body() }
            best = min(best, Double(Clock.monotonic() - start) / 1e9 / Double(several))
        } while Clock.monotonic() < end
        return best
    }

    private static func python(with library: String) -> String? {
        let candidates = [Host.environment("MLBUILD_PEERS"), "python3", "/usr/bin/python3"].compactMap { $0 }
        return candidates.first { (try? ProcessRunner.run([$0, "-c", "import \(library)"]))?.status == 0 }
    }

    private static func peer(_ arguments: [String], _ variables: [String: String], input: String) throws -> [String] {
        let settings = ["PATH": Host.environment("PATH") ?? "", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"]
        let environment = settings.merging(variables) { $1 }
        let outcome = try ProcessRunner.run(arguments, environment: environment, input: Array(input.utf8))
        guard outcome.status == 0 else { throw Measurement.Failed(command: arguments, status: outcome.status, said: outcome.errorText) }
        return outcome.outputText.split(separator: "\n").map(String.init)
    }
}

/// Arrays at fixed places, as a network keeps them between steps.
private final class Scratch {
    private let arrays: [UnsafeMutableBufferPointer<Float>]

    init(counts: [Int]) {
        arrays = counts.map { count in
            let array = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, count))
            array.initialize(repeating: 0)
            return array
        }
    }

    deinit {
        for array in arrays { array.deallocate() }
    }

    subscript(_ index: Int) -> UnsafeMutablePointer<Float> {
        guard let base = arrays[index].baseAddress else { preconditionFailure("an array has a place") }
        return base
    }
}

/// One step of training a perceptron on one batch: forward, back, Adam.
private final class PerceptronStep {
    private let sizes = [784, 256, 128, 10]
    private let batch = 128
    private let x: [Float]
    private let labels: [Int32]
    private let losses = Scratch(counts: [128])
    /// By layer: results and their gradients; weights, their gradients and means; biases, their gradients and means.
    private let results: Scratch
    private let slopes: Scratch
    private let weights: [Scratch]
    private let biases: [Scratch]
    private var adam = Adam(rate: 1e-3)

    init() {
        x = KernelBenchmark.numbers(128 * 784, 1)
        labels = (0..<128).map { Int32($0 % 10) }
        results = Scratch(counts: sizes.dropFirst().map { $0 * 128 })
        slopes = Scratch(counts: sizes.dropFirst().map { $0 * 128 })
        weights = zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
            let scratch = Scratch(counts: [Int](repeating: size.0 * size.1, count: 4))
            for (place, value) in KernelBenchmark.numbers(size.0 * size.1, index + 2).enumerated() { scratch[0][place] = value * 0.1 }
            return scratch
        }
        biases = sizes.dropFirst().map { Scratch(counts: [Int](repeating: $0, count: 4)) }
    }

    func run() {
        let layers = sizes.count - 1
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            func input(_ layer: Int) -> UnsafePointer<Float> { layer == 0 ? x : UnsafePointer(results[layer - 1]) }
            for layer in 0..<layers {
                let (depth, columns) = (sizes[layer], sizes[layer + 1])
                FloatMatrix.multiply(input(layer), weights[layer][0], into: results[layer], rows: batch, columns: columns, depth: depth)
                FloatRows.addBias(biases[layer][0], to: results[layer], rows: batch, columns: columns, relu: layer < layers - 1)
            }
            let last = slopes[layers - 1]
            last.update(from: results[layers - 1], count: batch * 10)
            FloatRows.softmax(last, rows: batch, columns: 10, labels: labels, losses: losses[0])
            for row in 0..<batch { last[row * 10 + Int(labels[row])] -= 1 }
            for index in 0..<batch * 10 { last[index] /= Float(batch) }
            adam.advance()
            for layer in (0..<layers).reversed() {
                let (depth, columns) = (sizes[layer], sizes[layer + 1])
                let (w, b) = (weights[layer], biases[layer])
                FloatMatrix.multiply(input(layer), slopes[layer], into: w[1], rows: depth, columns: columns, depth: batch, transposeA: true)
                FloatRows.columnSums(slopes[layer], rows: batch, columns: columns, into: b[1])
                if layer > 0 {
                    FloatMatrix.multiply(
                        slopes[layer], w[0], into: slopes[layer - 1], rows: batch, columns: depth, depth: columns, transposeB: true)
                    FloatRows.reluGradient(slopes[layer - 1], result: results[layer - 1], count: batch * depth)
                }
                adam.update(w[0], gradient: w[1], first: w[2], second: w[3], count: depth * columns)
                adam.update(b[0], gradient: b[1], first: b[2], second: b[3], count: columns)
            }
        }
    }
}
