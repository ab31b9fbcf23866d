import Canonical
import Diagnostics
import Learning
import Numerics
import Platform
import Tables

/// Fitting trees, in process, beside the libraries that are known for them; all learn from the same rows.
///
/// `MLBUILD_PEERS` may name the Python that has the libraries; else `python3` is asked. `fit` alone is timed on both sides, from
/// numbers in memory to the model; each library's fit is one process, so that threads of one do not linger beside another.
enum LearningBenchmark {
    static func boosting() throws {
        let settings = [JSONMember("kind", "boosted-trees"), JSONMember("trees", 100)]
        try compare(
            rows: 1_000_000, held: 200_000, settings,
            [
                Peer(
                    name: "LightGBM", library: "lightgbm",
                    fit: "lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, learning_rate=0.1, n_jobs=threads, verbose=-1)"),
                Peer(
                    name: "XGBoost, hist, depth 6", library: "xgboost",
                    fit: "xgboost.XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.1, tree_method='hist', n_jobs=threads)"),
                Peer(
                    name: "XGBoost, hist, 31 leaves", library: "xgboost",
                    fit: "xgboost.XGBClassifier(n_estimators=100, grow_policy='lossguide', max_leaves=31, max_depth=0, "
                        + "learning_rate=0.1, tree_method='hist', n_jobs=threads)"),
            ])
    }

    static func forest() throws {
        try compare(
            rows: 100_000, held: 50_000, [JSONMember("kind", "random-forest"), JSONMember("trees", 100)],
            [
                Peer(
                    name: "scikit-learn", library: "sklearn.ensemble",
                    fit: "sklearn.ensemble.RandomForestClassifier(n_estimators=100, random_state=0, n_jobs=threads)")
            ])
    }

    /// A library's way to fit the same rows.
    struct Peer {
        let name: String
        let library: String
        /// A Python expression for the classifier.
        let fit: String
    }

    private struct Score {
        let name: String
        let seconds: Double
        let logLoss: Double
        let accuracy: Double
    }

    private static let features = 32

    /// - Parameter rounds: How often each is fitted; the best time counts.
    static func compare(rows: Int, held: Int, _ settings: [JSONMember], _ peers: [Peer], rounds: Int = 1) throws {
        try withFolder("learning") { folder in
            let data = Samples(rows: rows + held, features: features)
            let file = folder.appending("data.npy")
            try Files.write(data.array, to: file)
            let table = try data.table(0..<rows)
            let others = try data.table(rows..<rows + held)
            let options = try TrainingOptions(
                .object([
                    JSONMember("target", .string("\(features)")), JSONMember("task", "classification"),
                    JSONMember("learner", .object(settings)),
                ]))
            for threads in [1, 2] {
                var fitted: TrainedModel?
                let seconds = try Measurement.best(of: rounds) {
                    fitted = try Trainer.train(table, options: options, threads: threads)
                }
                guard let predictions = try fitted?.predict(others, threads: threads) else { return }
                var scores = [score("mlbuild", seconds, predictions, data, from: rows)]
                for peer in peers {
                    guard let python = Measurement.python(with: peer.library) else {
                        Measurement.missing(peer.name)
                        continue
                    }
                    scores.append(try run(peer, python, file, rows: rows, rounds: rounds, threads: threads))
                }
                show(scores, "\(rows) rows of \(features) numbers, two classes, threads: \(threads)")
            }
        }
    }

    private static func show(_ scores: [Score], _ title: String) {
        print("\(title)\n\n| | s | mlbuild / this | log loss | accuracy |\n|---|---|---|---|---|")
        for score in scores {
            let ratio = Measurement.text(scores[0].seconds / score.seconds)
            let quality = "\(Measurement.digits(score.logLoss, 5)) | \(Measurement.digits(score.accuracy, 4))"
            print("| \(score.name) | \(Measurement.text(score.seconds)) | \(ratio) | \(quality) |")
        }
        print("")
    }

    private static func score(
        _ name: String, _ seconds: Double, _ predictions: Predictions, _ data: Samples, from first: Int
    ) -> Score {
        var right = 0
        let losses = (0..<predictions.rowCount).map { row -> Double in
            let code = data.codes[first + row]
            right += predictions.classPlaces[row] == code ? 1 : 0
            return -Elementary.log(max(predictions.probabilities[row * 2 + code], 0x1p-52))
        }
        return Score(
            name: name, seconds: seconds, logLoss: Reduction.mean(losses), accuracy: Double(right) / Double(predictions.rowCount))
    }

    private static func run(
        _ peer: Peer, _ python: String, _ file: HostPath, rows: Int, rounds: Int, threads: Int
    ) throws -> Score {
        let script = """
            import sys, time, numpy, \(peer.library)
            file, rows, threads, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
            data = numpy.load(file)
            x, y = numpy.ascontiguousarray(data[:, :-1]), data[:, -1].astype(numpy.int32)
            seconds = float('inf')
            for _ in range(rounds):
                start = time.perf_counter()
                model = \(peer.fit).fit(x[:rows], y[:rows])
                seconds = min(seconds, time.perf_counter() - start)
            p = model.predict_proba(x[rows:])[:, 1].astype(float)
            own = numpy.where(y[rows:] == 1, p, 1 - p)
            print(seconds, -numpy.log(numpy.maximum(own, 2.0 ** -52)).mean(), ((p > 0.5) == y[rows:]).mean())
            """
        let arguments = [python, "-c", script, file.description, "\(rows)", "\(threads)", "\(rounds)"]
        let environment = [
            "PATH": Host.environment("PATH") ?? "", "OMP_NUM_THREADS": "\(threads)", "OPENBLAS_NUM_THREADS": "\(threads)",
        ]
        let outcome = try ProcessRunner.run(arguments, environment: environment)
        let numbers = outcome.outputText.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard outcome.status == 0, numbers.count == 3 else {
            throw Measurement.Failed(command: arguments, status: outcome.status, said: outcome.errorText)
        }
        return Score(name: peer.name, seconds: numbers[0], logLoss: numbers[1], accuracy: numbers[2])
    }
}

/// Rows with seeded numbers, nearly normal, and a class that some of them make likely: alone, in pairs, by steps and squares.
private struct Samples {
    let rowCount: Int
    let columns: [[Double]]
    let codes: [Int]

    init(rows: Int, features: Int) {
        rowCount = rows
        let columns = (0..<features).map { feature in
            let stream = RandomStream(seed: feature, purpose: "benchmark/features")
            return ParallelLoop.map(count: rows, threads: 2) { row -> Double in
                let bits = stream.bits(UInt64(row))
                let sum = (0..<4).reduce(0.0) { $0 + Double(bits >> UInt64(16 * $1) & 0xFFFF) }
                return (sum - 131_070) / 37_837
            }
        }
        let chance = RandomStream(seed: 0, purpose: "benchmark/classes")
        self.columns = columns
        codes = ParallelLoop.map(count: rows, threads: 2) { row in
            func x(_ place: Int) -> Double { columns[place][row] }
            var odds = 0.8 * x(0) + 0.6 * x(1) * x(2) + (x(3) > 0 ? 0.7 : -0.7)
            odds += 0.5 * (x(4) * x(4) - 1) + (x(6) > 0.5 ? 0.4 : -0.4) * x(5) + 0.3 * abs(x(7))
            odds += 0.2 * (x(8) - x(9)) + 0.1 * x(10) * x(11) * x(12)
            return chance.uniform(UInt64(row)) < Elementary.sigmoid(odds) ? 1 : 0
        }
    }

    /// The columns and the class as an array in NPY, column after column.
    var array: [UInt8] { array(0..<rowCount) }

    private func array(_ rows: Range<Int>) -> [UInt8] {
        var header = "{'descr': '<f8', 'fortran_order': True, 'shape': (\(rows.count), \(columns.count + 1)), }"
        while (header.utf8.count + 11) % 64 != 0 { header += " " }
        var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(header.utf8.count + 1), 0] + Array(header.utf8) + [0x0A]
        bytes.reserveCapacity(bytes.count + rows.count * (columns.count + 1) * 8)
        for column in columns + [codes.map { Double($0) }] {
            for row in rows { withUnsafeBytes(of: column[row].bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        }
        return bytes
    }

    func table(_ rows: Range<Int>) throws -> Table {
        let read = TableReader.read(SourceText(name: "data.npy", bytes: array(rows)), .npy)
        guard let table = read.value else { throw Measurement.Failed(command: ["read"], status: 1, said: "\(read.diagnostics)") }
        return table
    }
}

extension Measurement {
    /// The Python that has a library: the one that `MLBUILD_PEERS` names, or one that is installed.
    static func python(with library: String) -> String? {
        let candidates = [Host.environment("MLBUILD_PEERS"), "python3", "/usr/bin/python3"].compactMap { $0 }
        return candidates.first { (try? ProcessRunner.run([$0, "-c", "import \(library)"]))?.status == 0 }
    }

    /// A number with so many digits after the point.
    static func digits(_ value: Double, _ count: Int) -> String {
        guard value.isFinite, abs(value) < 1e6 else { return "-" }
        let scale = (0..<count).reduce(1) { product, _ in product * 10 }
        let whole = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(whole % scale)
        return (value < 0 ? "-" : "") + "\(whole / scale)." + String(repeating: "0", count: count - fraction.count) + fraction
    }
}
