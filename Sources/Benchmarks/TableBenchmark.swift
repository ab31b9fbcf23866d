import Diagnostics
import Platform
import Synchronization
import Tables

/// Reading tables of text, in process, on one thread and two, beside pyarrow or pandas and beside a search for line ends alone.
///
/// `MLBUILD_PEERS` may name the Python that has them; else `python3` is asked.
enum TableBenchmark {
    static func csv() throws {
        try compare("1,000,000 x 32 numbers as -0.123456", numbers(rows: 1_000_000, columns: 32))
        try compare("2,000,000 rows of four short numbers and a species", flowers(rows: 2_000_000))
    }

    private static func compare(_ name: String, _ bytes: [UInt8]) throws {
        let megabytes = Double(bytes.count) / 1e6
        let source = SourceText(name: "benchmark.csv", bytes: bytes)
        print("CSV, \(name), \(Measurement.text(megabytes)) MB:")
        var best: [Int: Double] = [:]
        for threads in [1, 2] {
            var rows = 0
            let seconds = Measurement.best(of: 5) { rows = TableReader.read(source, .csv, threads: threads).value?.rowCount ?? 0 }
            precondition(rows > 0, "the benchmark reads what it measures")
            best[threads] = seconds
            print("  mlbuild, \(threads == 1 ? "1 thread" : "\(threads) threads")   \(Measurement.text(megabytes / seconds)) MB/s")
        }
        let limit = Measurement.best(of: 5) {
            // In an atomic variable, so that the search is done between the looks at the clock.
            lines.store(lineCount(bytes, from: lines.load(ordering: .sequentiallyConsistent) & 1), ordering: .sequentiallyConsistent)
        }
        print("  limit, \(lines.load(ordering: .relaxed)) line ends found on one thread   \(Measurement.text(megabytes / limit)) MB/s")
        try python(bytes, megabytes, best)
        print("")
    }

    private static let lines = Atomic(0)

    private static func lineCount(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var count = 0
            for byte in bytes[start...] where byte == UInt8(ascii: "\n") { count &+= 1 }
            return count
        }
    }

    private static let script = """
        import io, sys, time
        try:
            import pyarrow, pyarrow.csv
        except ImportError:
            pyarrow = None
        try:
            import pandas
        except ImportError:
            pandas = None
        text = open(sys.argv[1], 'rb').read()
        def best(body):
            times = []
            for _ in range(3):
                start = time.perf_counter()
                body()
                times.append(time.perf_counter() - start)
            return min(times)
        for threads in (1, 2):
            if pyarrow:
                pyarrow.set_cpu_count(threads)
                pyarrow.set_io_thread_count(threads)
                options = pyarrow.csv.ReadOptions(use_threads=threads > 1)
                print('pyarrow', threads, best(lambda: pyarrow.csv.read_csv(io.BytesIO(text), read_options=options)))
        if pandas:
            print('pandas', 1, best(lambda: pandas.read_csv(io.BytesIO(text))))
        """

    private static func python(_ bytes: [UInt8], _ megabytes: Double, _ ours: [Int: Double]) throws {
        let python = Host.environment("MLBUILD_PEERS") ?? "python3"
        try withFolder("csv") { folder in
            let file = folder.appending("benchmark.csv")
            try Files.write(bytes, to: file)
            let outcome = try ProcessRunner.run([python, "-c", script, file.description])
            let lines = outcome.status == 0 ? outcome.outputText.split(separator: "\n") : []
            if lines.isEmpty { return Measurement.missing("pyarrow or pandas") }
            for line in lines {
                let words = line.split(separator: " ")
                guard words.count == 3, let threads = Int(words[1]), let seconds = Double(words[2]), let own = ours[threads] else {
                    continue
                }
                print(
                    "  \(words[0]), \(threads == 1 ? "1 thread" : "\(threads) threads")   \(Measurement.text(megabytes / seconds)) MB/s; "
                        + "mlbuild takes \(Measurement.text(own / seconds)) of its time")
            }
        }
    }

    private static func numbers(rows: Int, columns: Int) -> [UInt8] {
        var text = Array((0..<columns).map { "x\($0)" }.joined(separator: ",").utf8)
        var state: UInt64 = 1
        for _ in 0..<rows {
            for column in 0..<columns {
                text.append(column == 0 ? UInt8(ascii: "\n") : UInt8(ascii: ","))
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                if state >> 63 == 1 { text.append(UInt8(ascii: "-")) }
                appendDecimal(Int(state >> 33) % 3_000_000, digits: 6, to: &text)
            }
        }
        text.append(UInt8(ascii: "\n"))
        return text
    }

    private static func flowers(rows: Int) -> [UInt8] {
        let species = ["setosa", "versicolor", "virginica"].map { Array($0.utf8) }
        var text = Array("sepal_length,sepal_width,petal_length,petal_width,species\n".utf8)
        var state: UInt64 = 1
        for _ in 0..<rows {
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                appendDecimal(Int(state >> 33) % 80, digits: 1, to: &text)
                text.append(UInt8(ascii: ","))
            }
            text += species[Int(state >> 40) % 3]
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// Appends `value` with its last digits behind a point.
    private static func appendDecimal(_ value: Int, digits: Int, to text: inout [UInt8]) {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        text += "\(value / scale).".utf8
        var rest = value % scale
        while scale > 1 {
            scale /= 10
            text.append(UInt8(ascii: "0") + UInt8(rest / scale))
            rest %= scale
        }
    }
}
