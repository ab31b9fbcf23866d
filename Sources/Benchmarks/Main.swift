/// Runs the benchmarks that are named, or all.
@main
enum Main {
    static func main() throws {
        let names = CommandLine.arguments.dropFirst()
        let known = Benchmark.all
        for name in names where !known.contains(where: { $0.name == name }) {
            print("there is no benchmark '\(name)'; there are: \(known.map(\.name).joined(separator: ", "))")
            return
        }
        for benchmark in known where names.isEmpty || names.contains(benchmark.name) {
            print("\n## \(benchmark.name)\n")
            try benchmark.run()
        }
    }
}

/// Something that can be measured, by name.
struct Benchmark {
    let name: String
    let run: () throws -> Void

    static var all: [Benchmark] {
        [
            Benchmark(name: "start") { try StartBenchmark.run() },
            Benchmark(name: "noop") { try BuildBenchmark.nothingToDo() },
            Benchmark(name: "leaf") { try BuildBenchmark.oneLeaf() },
            Benchmark(name: "commands") { try CommandBenchmark.run() },
            Benchmark(name: "json") { try ReadingBenchmark.json() },
            Benchmark(name: "csv") { try TableBenchmark.csv() },
            Benchmark(name: "digest") { try ReadingBenchmark.digest() },
            Benchmark(name: "kernels") { try KernelBenchmark.run() },
            Benchmark(name: "sandbox") { try SandboxBenchmark.run() },
            Benchmark(name: "boosting") { try LearningBenchmark.boosting() },
            Benchmark(name: "forest") { try LearningBenchmark.forest() },
            Benchmark(name: "logistic") { try LinearBenchmark.logistic() },
            Benchmark(name: "text") { try LinearBenchmark.text() },
            Benchmark(name: "networks") { try NetworkBenchmark.run() },
            Benchmark(name: "predict") { try PredictionBenchmark.run() },
            Benchmark(name: "data") { try DataBenchmark.manyFiles() },
            Benchmark(name: "data-large") { try DataBenchmark.largeFiles() },
            Benchmark(name: "transfer") { try TransferBenchmark.run() },
            Benchmark(name: "train") { try BuildBenchmark.template() },
        ]
    }
}
