import Canonical
import Diagnostics
import Learning
import Numerics
import Platform
import Tables

/// Fitting logistic regressions, of numbers and of texts, in process, beside scikit-learn on the same rows.
///
/// `MLBUILD_PEERS` may name the Python that has it; else `python3` is asked. Ours is timed from a table in memory to the model.
enum LinearBenchmark {
    /// Ours looks at the columns and standardises them within the time. The first two peers are given the numbers as an array by rows, and
    /// do not standardise; the third does both things that ours does. The penalty of all is 1, on columns of deviation 1.
    static func logistic() throws {
        let library = "sklearn.linear_model, sklearn.pipeline, sklearn.preprocessing"
        let model = "sklearn.linear_model.LogisticRegression"
        let scaled = "sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), \(model)())"
        try LearningBenchmark.compare(
            rows: 1_000_000, held: 200_000, [JSONMember("kind", "logistic")],
            [
                LearningBenchmark.Peer(name: "scikit-learn, lbfgs", library: library, fit: "\(model)()"),
                LearningBenchmark.Peer(
                    name: "scikit-learn, newton-cholesky", library: library, fit: "\(model)(solver='newton-cholesky')"),
                LearningBenchmark.Peer(name: "scikit-learn, StandardScaler and lbfgs", library: library, fit: scaled),
            ], rounds: 3)
    }

    private static let rounds = 3
    private static let vectorisers = [
        ("scikit-learn, TfidfVectorizer and lbfgs", "terms"), ("scikit-learn, HashingVectorizer and lbfgs", "hash"),
    ]

    /// The texts of the template `text`; each fourth row is held back. Terms are words and pairs of words in two rows or more, weighed as
    /// TF-IDF with 1 + ln n, and the penalty is that of C = 10, on both sides.
    static func text() throws {
        try withFolder("text") { folder in
            let mlbuild = try Products.mlbuild()
            let made = try ProcessRunner.run(
                [mlbuild, "init", "-q", "--template", "text"],
                environment: ["PATH": "/usr/bin:/bin", "MLBUILD_CACHE": folder.appending("cache").description], directory: folder)
            guard made.status == 0 else {
                throw Measurement.Failed(command: [mlbuild, "init"], status: made.status, said: made.errorText)
            }
            let file = folder.appending("data").appending("descriptions.tsv")
            let read = TableReader.read(SourceText(name: "descriptions.tsv", bytes: try Files.read(file)), .tsv)
            guard let table = read.value else { throw Measurement.Failed(command: ["read"], status: 1, said: "\(read.diagnostics)") }
            let rows = table.selecting((0..<table.rowCount).filter { $0 % 4 != 3 })
            let held = table.selecting((0..<table.rowCount).filter { $0 % 4 == 3 })
            for threads in [1, 2] {
                print("\(rows.rowCount) texts of \(table.rowCount), threads: \(threads)\n")
                print("| | s | mlbuild / this | log loss | accuracy |\n|---|---|---|---|---|")
                let terms = try fit(rows, held, .object([]), threads: threads)
                let hashed = try fit(rows, held, ["text": ["hashing-bits": 18]], threads: threads)
                show("mlbuild", terms, terms)
                show("mlbuild, 18 bits of a hash", hashed, terms)
                guard let python = Measurement.python(with: "sklearn") else {
                    Measurement.missing("scikit-learn")
                    continue
                }
                for (name, vectoriser) in vectorisers {
                    let environment = [
                        "PATH": Host.environment("PATH") ?? "", "OMP_NUM_THREADS": "\(threads)", "OPENBLAS_NUM_THREADS": "\(threads)",
                    ]
                    let outcome = try ProcessRunner.run(
                        [python, "-c", script, file.description, vectoriser == "hash" ? "1" : "\(rounds)", vectoriser],
                        environment: environment)
                    let numbers = outcome.outputText.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
                    guard outcome.status == 0, numbers.count == 3 else {
                        throw Measurement.Failed(command: [python, name], status: outcome.status, said: outcome.errorText)
                    }
                    show(name, (numbers[0], numbers[1], numbers[2]), terms)
                }
                print("")
            }
        }
    }

    private typealias Figures = (seconds: Double, logLoss: Double, accuracy: Double)

    private static func fit(_ rows: Table, _ held: Table, _ features: JSONValue, threads: Int) throws -> Figures {
        let options = try TrainingOptions(
            .object([
                JSONMember("target", "section"), JSONMember("learner", ["kind": "logistic"]), JSONMember("features", features),
            ]))
        var fitted: TrainedModel?
        let seconds = try Measurement.best(of: rounds) { fitted = try Trainer.train(rows, options: options, threads: threads) }
        guard let model = fitted else { return (seconds, .nan, .nan) }
        let predictions = try model.predict(held, threads: threads)
        let (codes, levels) = held.categories(of: held.columns.count - 1)
        let places = levels.map { level in model.classes.firstIndex { $0.utf8.elementsEqual(level.utf8) } ?? 0 }
        var right = 0
        let losses = codes.enumerated().map { row, code -> Double in
            let own = places[Int(code)]
            right += predictions.classPlaces[row] == own ? 1 : 0
            return -Elementary.log(max(predictions.probabilities[row * model.classes.count + own], 0x1p-52))
        }
        return (seconds, Reduction.mean(losses), Double(right) / Double(codes.count))
    }

    private static func show(_ name: String, _ figures: Figures, _ ours: Figures) {
        let ratio = Measurement.text(ours.seconds / figures.seconds)
        let quality = "\(Measurement.digits(figures.logLoss, 4)) | \(Measurement.digits(figures.accuracy, 4))"
        print("| \(name) | \(Measurement.text(figures.seconds)) | \(ratio) | \(quality) |")
    }

    private static let script = """
        import sys, time, numpy, sklearn.pipeline
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer, TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        lines = open(sys.argv[1], encoding='utf-8').read().split('\\n')[1:-1]
        pairs = [line.split('\\t') for line in lines]
        rows, held = [p for i, p in enumerate(pairs) if i % 4 != 3], pairs[3::4]
        def steps():
            if sys.argv[3] == 'terms':
                return [TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)]
            return [HashingVectorizer(n_features=2 ** 18, ngram_range=(1, 2), norm=None), TfidfTransformer()]
        seconds = float('inf')
        for _ in range(int(sys.argv[2])):
            model = sklearn.pipeline.make_pipeline(*steps(), LogisticRegression(C=10, max_iter=1000))
            start = time.perf_counter()
            model.fit([p[0] for p in rows], [p[1] for p in rows])
            seconds = min(seconds, time.perf_counter() - start)
        share = model.predict_proba([p[0] for p in held])
        place = {name: index for index, name in enumerate(model.classes_)}
        own = numpy.array([place[p[1]] for p in held])
        losses = -numpy.log(numpy.maximum(share[numpy.arange(len(own)), own], 2.0 ** -52))
        print(seconds, losses.mean(), (share.argmax(1) == own).mean())
        """
}
