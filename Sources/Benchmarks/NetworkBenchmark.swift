import Canonical
import Diagnostics
import Learning
import Numerics
import Platform
import Tables

/// Training of networks, in process, beside scikit-learn and PyTorch on the same rows and with as many threads.
///
/// `MLBUILD_PEERS` may name a Python that has one of them; `python3` and `/usr/bin/python3` are asked too, or none if it is `none`. Ours takes a
/// table and standardises its columns within the time; the peers are given arrays as they want them, and train on two batches before it.
enum NetworkBenchmark {
    private static let rounds = 3

    static func run() throws {
        try withFolder("networks") { folder in
            let rows = try Rows(count: 60_000, classes: 10, at: folder)
            let sizes: JSONValue = [256, 128]
            try compare(
                "Perceptron 784-256-128-10, 60,000 rows, 3 epochs in batches of 128", rows,
                .object([
                    JSONMember("kind", "multilayer-perceptron"), JSONMember("layers", sizes), JSONMember("epochs", 3),
                    JSONMember("batch-size", 128), JSONMember("schedule", "constant"),
                ]),
                peers: [("scikit-learn", "sklearn", perceptronOfScikitLearn), ("PyTorch", "torch", perceptronOfPyTorch)])
            let layers: JSONValue = [
                ["kind": "convolution", "filters": 32, "padding": "valid"], ["kind": "max-pool"],
                ["kind": "convolution", "filters": 64, "padding": "valid"], ["kind": "max-pool"], ["kind": "dense", "units": 128],
            ]
            // A fifth of them tells as much, and takes seconds.
            let images = folder.appending("images")
            try Files.makeDirectories(images)
            try compare(
                "Convolutions of 32 and 64 filters with pools, dense 128, 12,000 images of 28 x 28, 1 epoch in batches of 128",
                try Rows(count: 12_000, classes: 10, at: images),
                .object([
                    JSONMember("kind", "convolutional-network"), JSONMember("image", ["height": 28, "width": 28]),
                    JSONMember("layers", layers), JSONMember("epochs", 1), JSONMember("batch-size", 128),
                    JSONMember("schedule", "constant"),
                ]),
                peers: [("PyTorch", "torch", convolutionsOfPyTorch)])
        }
    }

    // MARK: Ours

    private struct Unread: Error {}

    /// Rows of 784 noisy numbers around a pattern for each class, as a table and as arrays in files.
    private struct Rows {
        let table: Table
        let folder: HostPath

        init(count: Int, classes: Int, at folder: HostPath) throws {
            let patterns = RandomStream(seed: 1, purpose: "benchmark/patterns")
            let noise = RandomStream(seed: 2, purpose: "benchmark/noise")
            let pattern = (0..<classes * 784).map { Float(patterns.uniform(UInt64($0))) }
            var pixels = [Float](repeating: 0, count: count * 784)
            for index in pixels.indices {
                let bits = UInt16(truncatingIfNeeded: noise.bits(UInt64(index / 4)) >> UInt64(16 * (index % 4)))
                pixels[index] = 0.25 * pattern[index / 784 % classes * 784 + index % 784] + Float(bits) / 65536
            }
            let files = [
                TableFile(path: "x.npy", bytes: Self.array("<f4", "(\(count), 784)", pixels.withUnsafeBytes { Array($0) })),
                TableFile(path: "y.npy", bytes: Self.array("|u1", "(\(count),)", (0..<count).map { UInt8($0 % classes) })),
            ]
            for file in files { try Files.write(file.bytes, to: folder.appending(file.path)) }
            guard let table = TableReader.read(.folder(name: "rows", files: files), .npy).value else { throw Unread() }
            self.table = table
            self.folder = folder
        }

        private static func array(_ type: String, _ shape: String, _ body: [UInt8]) -> [UInt8] {
            var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
            while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
            header += "\n"
            let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
            return start + Array(header.utf8) + body
        }
    }

    /// The seconds of a training, and its last loss.
    private static func train(_ rows: Rows, _ learner: JSONValue, threads: Int) throws -> (seconds: Double, loss: Double) {
        let options = try TrainingOptions(.object([JSONMember("target", "y"), JSONMember("learner", learner)]))
        var loss = 0.0
        let start = Clock.monotonic()
        _ = try Trainer.train(rows.table, options: options, threads: threads, progress: { loss = $0.loss })
        return (Double(Clock.monotonic() - start) / 1e9, loss)
    }

    // MARK: Peers

    private static func compare(
        _ title: String, _ rows: Rows, _ learner: JSONValue, peers: [(name: String, library: String, script: String)]
    ) throws {
        print("\(title), best of \(rounds):\n")
        print("| | threads | s | last loss | mlbuild / this |")
        print("|---|---|---|---|---|")
        for threads in [1, 2] {
            var ours = (seconds: Double.infinity, loss: 0.0)
            var theirs = peers.map { _ in (seconds: Double.infinity, loss: 0.0) }
            for _ in 0..<rounds {
                let next = try train(rows, learner, threads: threads)
                if next.seconds < ours.seconds { ours = next }
                for (index, peer) in peers.enumerated() {
                    guard let next = try fit(peer.library, peer.script, rows, threads: threads) else { continue }
                    if next.seconds < theirs[index].seconds { theirs[index] = next }
                }
            }
            print("| mlbuild | \(threads) | \(Measurement.text(ours.seconds)) | \(Measurement.text(ours.loss)) | 1 |")
            for (peer, figure) in zip(peers, theirs) {
                if figure.seconds.isInfinite {
                    Measurement.missing(peer.name)
                    continue
                }
                print(
                    "| \(peer.name) | \(threads) | \(Measurement.text(figure.seconds)) | \(Measurement.text(figure.loss)) | \(Measurement.text(ours.seconds / figure.seconds)) |"
                )
            }
        }
        print("")
    }

    /// What a peer's script prints, seconds and loss; nil where no Python has the library.
    private static func fit(_ library: String, _ script: String, _ rows: Rows, threads: Int) throws -> (seconds: Double, loss: Double)? {
        let named = Host.environment("MLBUILD_PEERS")
        if named == "none" { return nil }
        let candidates = [named, "python3", "/usr/bin/python3"].compactMap { $0 }
        guard let python = candidates.first(where: { (try? ProcessRunner.run([$0, "-c", "import \(library)"]))?.status == 0 }) else {
            return nil
        }
        var environment = ["PATH": Host.environment("PATH") ?? ""]
        for name in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] { environment[name] = String(threads) }
        let command = [python, "-c", script, rows.folder.description, String(threads)]
        let outcome = try ProcessRunner.run(command, environment: environment)
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: [python, "-c", library], status: outcome.status, said: outcome.errorText)
        }
        let words = outcome.outputText.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        return words.count == 2 ? (words[0], words[1]) : nil
    }

    private static let perceptronOfScikitLearn = """
        import sys, time, warnings, numpy as np
        from sklearn.neural_network import MLPClassifier
        warnings.simplefilter('ignore')
        x, y = np.load(sys.argv[1] + '/x.npy'), np.load(sys.argv[1] + '/y.npy')
        def fit(x, y, epochs):
            net = MLPClassifier((256, 128), batch_size=128, max_iter=epochs, n_iter_no_change=99, random_state=0)
            return net.fit(x, y)
        fit(x[:256], y[:256], 1)
        start = time.perf_counter()
        net = fit(x, y, 3)
        print(time.perf_counter() - start, net.loss_)
        """

    private static func torch(_ net: String, epochs: Int, shape: String) -> String {
        """
        import sys, time, numpy as np, torch
        from torch import nn
        torch.set_num_threads(int(sys.argv[2]))
        torch.manual_seed(0)
        x = torch.from_numpy(np.load(sys.argv[1] + '/x.npy')).reshape(\(shape))
        y = torch.from_numpy(np.load(sys.argv[1] + '/y.npy').astype('i8'))
        def fit(x, y, epochs):
            net = nn.Sequential(\(net))
            adam, cost = torch.optim.Adam(net.parameters(), lr=1e-3), nn.CrossEntropyLoss()
            for epoch in range(epochs):
                order, total = torch.randperm(len(x)), 0.0
                for first in range(0, len(x), 128):
                    batch = order[first:first + 128]
                    adam.zero_grad()
                    loss = cost(net(x[batch]), y[batch])
                    loss.backward()
                    adam.step()
                    total += loss.item() * len(batch)
            return total / len(x)
        fit(x[:256], y[:256], 1)
        start = time.perf_counter()
        loss = fit(x, y, \(epochs))
        print(time.perf_counter() - start, loss)
        """
    }

    private static let perceptronOfPyTorch = torch(
        "nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)", epochs: 3, shape: "-1, 784")

    private static let convolutionsOfPyTorch = torch(
        "nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), "
            + "nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)", epochs: 1, shape: "-1, 1, 28, 28")
}
