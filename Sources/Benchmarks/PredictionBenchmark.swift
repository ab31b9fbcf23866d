import Canonical
import Learning
import Numerics
import Platform

/// Predicting one row at a time, in process, beside onnxruntime's C interface with one thread.
///
/// Both sides have the same model: mlbuild trains and exports it. A row is 32 numbers in memory; what is timed is setting them as the
/// columns, predicting, and reading the number predicted. onnxruntime is called by a small C program, which reuses its tensors. Beside the
/// graph as it was exported it gets two leaner ones: with one input for all columns, and what one would write by hand for speed, in float.
///
/// `MLBUILD_PEERS` may name a Python that has onnxruntime; for the leaner graphs it needs the package `onnx`, too.
enum PredictionBenchmark {
    private static let columns = 32
    private static let rows = 4096
    private static let rounds = 7

    static func run() throws {
        try withFolder("predict") { folder in
            let rows = Rows(count: Self.rows, columns: columns)
            try Files.write(rows.bytes, to: folder.appending("rows.bin"))
            try build(rows, in: folder)
            let peer = try Peer(in: folder)
            try compare("linear", "A linear model", rows, peer, in: folder)
            try compare("trees", "100 boosted trees of 31 leaves", rows, peer, in: folder)
        }
    }

    // MARK: Models

    private struct Rows {
        let elements: [Double]
        let columns: Int

        init(count: Int, columns: Int) {
            let stream = RandomStream(seed: 3, purpose: "benchmark/prediction")
            elements = (0..<count * columns).map { stream.uniform(UInt64($0)) * 4 - 2 }
            self.columns = columns
        }

        var count: Int { elements.count / columns }

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(elements.count * 8)
            for element in elements { withUnsafeBytes(of: element.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
            return bytes
        }

        var table: [UInt8] {
            var text = (0..<columns).map { "x\($0)" }.joined(separator: ",") + ",y\n"
            for row in 0..<count {
                func x(_ place: Int) -> Double { elements[row * columns + place] }
                let answer = x(0) + 2 * x(1) * x(2) + (x(3) > 0 ? 1 : -1) + x(4) * x(4) + 0.3 * x(5) + (x(6) > 1 ? x(7) : x(8))
                text += (0..<columns).map { "\(x($0))" }.joined(separator: ",") + ",\(answer)\n"
            }
            return Array(text.utf8)
        }
    }

    /// Has mlbuild train and export both models.
    private static func build(_ rows: Rows, in folder: HostPath) throws {
        try Files.write(rows.table, to: folder.appending("rows.csv"))
        let learners = [("linear", #"{ "kind": "linear" }"#), ("trees", #"{ "kind": "boosted-trees", "trees": 100, "max-leaves": 31 }"#)]
        let stages = learners.flatMap { name, learner in
            [
                #""\#(name)": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "y", "learner": \#(learner) } }"#,
                #""\#(name)-file": { "uses": "export", "inputs": { "model": "\#(name).model" } }"#,
            ]
        }
        let manifest = """
            { "version": 1, "name": "prediction", "data": { "rows": { "path": "rows.csv" } }, "stages": { \(stages.joined(separator: ", ")) } }
            """
        try Files.write(Array(manifest.utf8), to: folder.appending("mlops.json"))
        let command = [try Products.mlbuild(), "build", "-q"]
        let environment = ["PATH": "/usr/bin:/bin", "MLBUILD_CACHE": folder.appending("cache").description]
        let outcome = try ProcessRunner.run(command, environment: environment, directory: folder)
        guard outcome.status == 0 else {
            throw Measurement.Failed(command: command, status: outcome.status, said: outcome.errorText + outcome.outputText)
        }
    }

    private static func model(_ name: String, in folder: HostPath) throws -> TrainedModel {
        let place = folder.appending("build").appending(name).appending("model")
        let names = try Files.list(place).map { String(decoding: $0.name, as: UTF8.self) }.sorted()
        var files: [(path: String, bytes: [UInt8])] = []
        for name in names { files.append((name, try Files.read(place.appending(name)))) }
        return try TrainedModel.read(files)
    }

    // MARK: Comparing

    private struct Figure {
        let name: String
        var nanoseconds: [Double] = []
        var sum = 0.0

        var median: Double { nanoseconds.sorted()[nanoseconds.count / 2] }
        var minimum: Double { nanoseconds.min() ?? 0 }
    }

    private static func compare(_ name: String, _ title: String, _ rows: Rows, _ peer: Peer, in folder: HostPath) throws {
        guard let predictor = RowPredictor(try model(name, in: folder)) else { return }
        var ours = Figure(name: "mlbuild")
        var theirs = peer.graphs(of: name, in: folder).map { (graph: $0, figure: Figure(name: $0.title)) }
        for round in 0..<rounds {
            let start = Clock.monotonic()
            let sum = try predict(rows, predictor)
            let end = Clock.monotonic()
            // The first round warms up.
            if round > 0 { ours.nanoseconds.append(Double(end - start) / Double(rows.count)) }
            ours.sum = sum
            for index in theirs.indices {
                let (nanoseconds, sum) = try peer.predict(theirs[index].graph, rows, in: folder)
                theirs[index].figure.nanoseconds.append(nanoseconds)
                theirs[index].figure.sum = sum
            }
        }
        print("\(title), \(rows.columns) columns, \(rows.count) rows one by one:\n")
        print("| | median ns per row | min ns | mlbuild / this | sum of the predictions |\n|---|---|---|---|---|")
        for figure in [ours] + theirs.map(\.figure) {
            let ratio = Measurement.digits(ours.median / figure.median, 3)
            print(
                "| \(figure.name) | \(Measurement.text(figure.median)) | \(Measurement.text(figure.minimum)) | \(ratio) | \(figure.sum) |")
        }
        print("")
    }

    private static func predict(_ rows: Rows, _ predictor: RowPredictor) throws -> Double {
        var sum = 0.0
        for row in 0..<rows.count {
            for column in 0..<rows.columns { try predictor.set(column, number: rows.elements[row * rows.columns + column]) }
            try predictor.predict()
            sum += predictor.results[0]
        }
        return sum
    }

    // MARK: onnxruntime

    private struct Graph {
        let title: String
        let file: String
        let isFloat: Bool
    }

    /// onnxruntime behind a C program; nil members where something is missing.
    private struct Peer {
        private let program: HostPath?
        private let library: String
        private let python: String?

        init(in folder: HostPath) throws {
            let compiler = ["clang", "cc", "gcc"].first(where: Measurement.isInstalled)
            python = Measurement.python(with: "onnx")
            guard let compiler, let python = Measurement.python(with: "onnxruntime") else {
                Measurement.missing("onnxruntime, or a C compiler,")
                program = nil
                library = ""
                return
            }
            let place = "import glob, os, onnxruntime as o; print(glob.glob(os.path.dirname(o.__file__) + '/capi/libonnxruntime.so*')[0])"
            library = try Peer.run([python, "-c", place], in: folder).split(separator: "\n").first.map(String.init) ?? ""
            try Files.write(Array(Peer.source.utf8), to: folder.appending("peer.c"))
            _ = try Peer.run([compiler, "-O2", "-o", "peer", "peer.c", "-ldl"], in: folder)
            program = folder.appending("peer")
        }

        func graphs(of name: String, in folder: HostPath) -> [Graph] {
            guard program != nil else { return [] }
            let exported = "build/\(name)-file/model.onnx"
            var graphs = [Graph(title: "onnxruntime, as exported, an input for each column", file: exported, isFloat: false)]
            guard let python else {
                Measurement.missing("the package onnx")
                return graphs
            }
            do {
                _ = try Peer.run([python, "-c", Peer.leaner, exported, name], in: folder)
                graphs.append(Graph(title: "onnxruntime, one input for all columns", file: "\(name)-one.onnx", isFloat: false))
                graphs.append(Graph(title: "onnxruntime, one input, in float", file: "\(name)-float.onnx", isFloat: true))
                if name == "linear" {
                    graphs.append(Graph(title: "onnxruntime, one Gemm in float", file: "\(name)-gemm.onnx", isFloat: true))
                }
            } catch {
                print("(no leaner graphs: \(error))")
            }
            return graphs
        }

        /// The median nanoseconds of a row, and the sum of the predictions.
        func predict(_ graph: Graph, _ rows: Rows, in folder: HostPath) throws -> (Double, Double) {
            guard let program else { return (.nan, .nan) }
            let arguments = [program.description, library, graph.file, graph.isFloat ? "float" : "double", "rows.bin", "\(rows.columns)"]
            let words = try Peer.run(arguments, in: folder).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            guard words.count == 2 else { throw Measurement.Failed(command: arguments, status: 0, said: "no two numbers") }
            return (words[0], words[1])
        }

        private static func run(_ command: [String], in folder: HostPath) throws -> String {
            let outcome = try ProcessRunner.run(command, environment: ["PATH": Host.environment("PATH") ?? ""], directory: folder)
            guard outcome.status == 0 else {
                throw Measurement.Failed(command: command.prefix(2) + [], status: outcome.status, said: outcome.errorText)
            }
            return outcome.outputText
        }

        /// Rewrites an exported regression.
        private static let leaner = """
            import sys, numpy as np, onnx
            from onnx import helper, numpy_helper as nh, TensorProto as T
            file, name = sys.argv[1], sys.argv[2]
            model = onnx.load(file)
            graph = model.graph
            concat = graph.node[0]
            assert concat.op_type == 'Concat' and len(concat.input) == len(graph.input)
            table = concat.output[0]
            graph.node.remove(concat)
            del graph.input[:]
            graph.input.append(helper.make_tensor_value_info(table, T.DOUBLE, ['rows', \(columns)]))
            onnx.save(model, name + '-one.onnx')
            def narrow(tensor):
                if tensor.data_type == T.DOUBLE:
                    tensor.CopyFrom(nh.from_array(np.clip(nh.to_array(tensor), -1e38, 1e38).astype(np.float32), tensor.name))
            for tensor in graph.initializer: narrow(tensor)
            for node in graph.node:
                for attribute in node.attribute:
                    if attribute.type == onnx.AttributeProto.TENSOR: narrow(attribute.t)
            for value in list(graph.input) + list(graph.output): value.type.tensor_type.elem_type = T.FLOAT
            onnx.save(model, name + '-float.onnx')
            if name == 'linear':
                wide = onnx.load(name + '-one.onnx').graph
                made = {node.op_type: node for node in wide.node}
                numbers = {tensor.name: nh.to_array(tensor) for tensor in wide.initializer}
                mean, deviation = numbers[made['Sub'].input[1]], numbers[made['Div'].input[1]]
                weights, bias = numbers[made['MatMul'].input[1]], numbers[made['Add'].input[1]]
                folded = weights / deviation[:, None]
                rest = bias - mean @ folded
                gemm = helper.make_node('Gemm', ['x', 'w', 'b'], ['prediction'])
                constants = [nh.from_array(folded.astype(np.float32), 'w'), nh.from_array(rest.astype(np.float32), 'b')]
                values = [helper.make_tensor_value_info(n, T.FLOAT, ['rows', c]) for n, c in (('x', \(columns)), ('prediction', 1))]
                small = helper.make_graph([gemm], 'model', values[:1], values[1:], constants)
                onnx.save(helper.make_model(small, opset_imports=model.opset_import, ir_version=model.ir_version), 'linear-gemm.onnx')
            """

        /// Runs a model on rows one by one through `OrtApi`, a table of functions whose order is fixed: the places are those of
        /// `onnxruntime_c_api.h` since its first version.
        private static let source = #"""
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <time.h>

            typedef struct { const void **(*api)(uint32_t); const char *(*version)(void); } Base;
            enum { MESSAGE = 2, ENV = 3, SESSION = 7, RUN = 9, OPTIONS = 10, INTRA = 24, INTER = 25, INPUTS = 30, INPUT_NAME = 36,
                   TENSOR = 49, MEMORY = 69, ALLOCATOR = 78 };
            static const void **api;
            typedef const char *(*Message)(const void *);

            static void check(void *status) {
                if (!status) return;
                fprintf(stderr, "%s\n", ((Message)api[MESSAGE])(status));
                exit(1);
            }

            static double now(void) {
                struct timespec time;
                clock_gettime(CLOCK_MONOTONIC, &time);
                return time.tv_sec * 1e9 + time.tv_nsec;
            }

            static int ascending(const void *a, const void *b) {
                double d = *(const double *)a - *(const double *)b;
                return d < 0 ? -1 : d > 0;
            }

            int main(int count, char **words) {
                if (count != 6) return 2;
                int isFloat = !strcmp(words[3], "float");
                long columns = atol(words[5]);
                size_t size = isFloat ? 4 : 8;
                FILE *file = fopen(words[4], "rb");
                fseek(file, 0, SEEK_END);
                long rows = ftell(file) / 8 / columns;
                rewind(file);
                double *wide = malloc(rows * columns * 8);
                if (fread(wide, 8, rows * columns, file) != (size_t)(rows * columns)) return 3;
                char *table = malloc(rows * columns * size);
                for (long i = 0; i < rows * columns; i++) {
                    if (isFloat) ((float *)table)[i] = wide[i]; else ((double *)table)[i] = wide[i];
                }
                void *library = dlopen(words[1], RTLD_NOW);
                if (!library) { fprintf(stderr, "%s\n", dlerror()); return 4; }
                const Base *base = ((const Base *(*)(void))dlsym(library, "OrtGetApiBase"))();
                api = base->api(1);

                void *env, *options, *session, *memory, *allocator;
                check(((void *(*)(int, const char *, void **))api[ENV])(3, "peer", &env));
                check(((void *(*)(void **))api[OPTIONS])(&options));
                check(((void *(*)(void *, int))api[INTRA])(options, 1));
                check(((void *(*)(void *, int))api[INTER])(options, 1));
                check(((void *(*)(void *, const char *, void *, void **))api[SESSION])(env, words[2], options, &session));
                check(((void *(*)(int, int, void **))api[MEMORY])(1, 0, &memory));
                check(((void *(*)(void **))api[ALLOCATOR])(&allocator));
                size_t inputs;
                check(((void *(*)(void *, size_t *))api[INPUTS])(session, &inputs));

                // One tensor of all columns, or one for each; they lie over one row of memory.
                char *row = malloc(columns * size);
                double result = 0;
                const char *names[64], *outputs[] = { "prediction" };
                void *tensors[64], *output;
                typedef void *(*Tensor)(void *, void *, size_t, const int64_t *, size_t, int, void **);
                int type = isFloat ? 1 : 11;
                long width = inputs == 1 ? columns : 1;
                if (inputs != 1 && inputs != (size_t)columns) return 5;
                for (size_t i = 0; i < inputs; i++) {
                    int64_t shape[] = { 1, width };
                    check(((void *(*)(void *, size_t, void *, char **))api[INPUT_NAME])(session, i, allocator, (char **)&names[i]));
                    check(((Tensor)api[TENSOR])(memory, row + i * size, width * size, shape, 2, type, &tensors[i]));
                }
                int64_t one[] = { 1, 1 };
                check(((Tensor)api[TENSOR])(memory, &result, size, one, 2, type, &output));

                typedef void *(*Run)(void *, void *, const char **, void **, size_t, const char **, size_t, void **);
                Run run = (Run)api[RUN];
                enum { ROUNDS = 7 };
                double times[ROUNDS], sum = 0;
                for (int round = 0; round <= ROUNDS; round++) {
                    double start = now();
                    sum = 0;
                    for (long i = 0; i < rows; i++) {
                        memcpy(row, table + i * columns * size, columns * size);
                        check(run(session, 0, names, tensors, inputs, outputs, 1, &output));
                        sum += isFloat ? *(float *)&result : result;
                    }
                    // The first round warms up.
                    if (round) times[round - 1] = (now() - start) / rows;
                }
                qsort(times, ROUNDS, sizeof(double), ascending);
                printf("%.3f %.17g\n", times[ROUNDS / 2], sum);
                return 0;
            }
            """#
    }
}
