import Canonical
import Platform
import TestSupport
import Testing

/// Archives as they come from outside: sound, damaged, or something else.
@Suite struct ArchiveTests {
    private static let name = "dist/breast-cancer-1.0.0.mlar"

    private static func packed() throws -> Workbench {
        let bench = try Workbench(template: "tabular", inMemory: true)
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 20")
        let packed = try bench.run("package")
        try #require(packed.status == 0, "\(packed)")
        return bench
    }

    @Test func `a workspace file that a stage takes travels in the recipe`() throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 20")
        try bench.edit("mlops.json", "\"table\": \"data.measurements\"", "\"table\": \"./data/breast-cancer.csv\"")
        let packed = try bench.run("package")
        try #require(packed.status == 0, "\(packed)")
        let inspected = Ending(try bench.start(["inspect", Self.name]).finish())
        #expect(inspected.output.contains("recipe/data/breast-cancer.csv"), "\(inspected)")
        let verified = Ending(try bench.start(["verify", Self.name]).finish())
        #expect(verified.status == 0, "\(verified)")
    }

    @Test func `every archive that package did not write is refused, and nothing is written`() throws {
        let bench = try Self.packed()
        let sound = try Files.read(bench.path(Self.name))
        var cases: [(name: String, bytes: [UInt8])] = [
            ("empty", []), ("not an archive", Array("{}\n".utf8)), ("another file", try Files.read(bench.path("data/breast-cancer.csv"))),
            ("a byte more", sound + [0]), ("twice", sound + sound), ("cut by one", Array(sound.dropLast())),
            ("cut to a half", Array(sound[..<(sound.count / 2)])), ("zeros", [UInt8](repeating: 0, count: 4096)),
        ]
        for step in 0..<20 {
            let place = step * (sound.count - 1) / 19
            var bytes = sound
            bytes[place] ^= 1 << UInt8(step % 8)
            cases.append(("bit \(step % 8) of byte \(place) flipped", bytes))
        }
        let before = try bench.contents()
        for (name, bytes) in cases {
            try Files.write(bytes, to: bench.folder.appending("bad.mlar"))
            for command in [
                ["verify", "../bad.mlar"], ["inspect", "../bad.mlar"], ["predict", "../bad.mlar", "build/split/test.csv", "-o", "out.csv"],
            ] {
                let refused = Ending(try bench.start(command).finish())
                #expect(refused.status == 1, "\(name): \(command): \(refused)")
                #expect(refused.words.hasPrefix("error: '../bad.mlar': "), "\(name): \(refused)")
                #expect(refused.output == "", "\(name): \(refused)")
            }
        }
        #expect(try bench.contents() == before)
    }

    @Test func `an archive that is not there, or no file, is what the world refuses`() throws {
        let bench = try Self.packed()
        let missing = try bench.run("verify", "dist/none.mlar")
        #expect(missing.status == 4)
        #expect(missing.words == "error: cannot read '\(bench.path("dist/none.mlar"))': no such file or directory\n", "\(missing)")
        #expect(try bench.run("inspect", "dist").status == 4)
    }

    @Test func `inspect shows what the archive holds`() throws {
        let bench = try Self.packed()
        let shown = try bench.run("inspect", Self.name)
        #expect(shown.status == 0, "\(shown)")
        for text in [
            "breast-cancer 1.0.0\n", "identity  sha256:", "accuracy: at least 0.93, is ", "recipe/mlops.json", "train (train)  key sha256:",
        ] {
            #expect(shown.output.contains(text), "'\(text)' in \(shown)")
        }
        let record = try bench.run("inspect", Self.name, "--json").records().first
        #expect(record?["name"]?.stringValue == "breast-cancer")
        #expect(record?["members"]?.arrayValue?.isEmpty == false)
    }

    @Test func `what an archive is made of cannot steer a terminal`() throws {
        let bench = try Workbench(inMemory: true)
        try bench.write(
            "a\u{1B}[31m,b\u{202E}x,c\n" + (0..<20).map { "\($0),\($0 % 3),\($0 % 2 == 0 ? "p" : "q\u{7}")\n" }.joined(), to: "rows.csv")
        try bench.write(
            """
            { "version": 1, "name": "hostile", "data": { "rows": { "path": "rows.csv" } },
              "stages": { "train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "c" } } },
              "model": { "from": "train.model", "version": "1.0.0" } }
            """, to: "mlops.json")
        let packed = try bench.run("package", "--verbose")
        #expect(packed.status == 0, "\(packed)")
        let name = "dist/\u{1B}]0;evil\u{7}.mlar"
        try Files.copy(from: bench.path("dist/hostile-1.0.0.mlar"), to: bench.path(name))
        for line in [
            ["inspect", name], ["verify", name], ["inspect", "dist/hostile-1.0.0.mlar"], ["verify", "dist/hostile-1.0.0.mlar"],
            ["predict", "dist/hostile-1.0.0.mlar", "mlops.csv"],
        ] {
            let shown = Ending(try bench.start(line).finish())
            #expect(
                !(shown.output + shown.words).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E }, "\(shown)")
        }
    }

    @Test func `a gate that is not met ends with 1 and leaves no archive`() throws {
        let bench = try Workbench(template: "tabular", inMemory: true)
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 1")
        try bench.edit("mlops.json", "\"max\": 0.2", "\"max\": 0.001")
        let refused = try bench.run("package")
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.words.contains("gate log_loss: at most 0.001, is "), "\(refused)")
        #expect(refused.words.contains("error: 2 gates not met, so no archive is written\n"), "\(refused)")
        #expect(try Files.status(bench.path("dist")) == nil)
    }

    @Test func `package writes where it is told to`() throws {
        let bench = try Self.packed()
        let elsewhere = try bench.run("package", "-o", "../other.mlar")
        #expect(elsewhere.status == 0, "\(elsewhere)")
        #expect(elsewhere.output == "../other.mlar\n")
        #expect(try Files.read(bench.folder.appending("other.mlar")) == Files.read(bench.path(Self.name)))
        let refused = try bench.run("package", "-o", "no/such/folder/x.mlar")
        #expect(refused.status == 4, "\(refused)")
    }

    // MARK: predict

    @Test func `predict takes tables in either format, wherever the columns stand`() throws {
        let bench = try Self.packed()
        let plain = try bench.run("predict", Self.name, "build/split/test.csv")
        #expect(plain.status == 0, "\(plain)")
        let rows = try bench.read("build/split/test.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        try bench.write(rows.map { $0.joined(separator: "\t") }.joined(separator: "\n") + "\n", to: "rows.tsv")
        #expect(try bench.run("predict", Self.name, "rows.tsv").output == plain.output)
        try bench.write(rows.map { $0.reversed().joined(separator: ",") }.joined(separator: "\n") + "\n", to: "reversed.csv")
        #expect(try bench.run("predict", Self.name, "reversed.csv").output == plain.output)
        try bench.write(
            rows.enumerated().map { ($0 == 0 ? "extra" : "x") + "," + $1.joined(separator: ",") }.joined(separator: "\n") + "\n",
            to: "extra.csv")
        #expect(try bench.run("predict", Self.name, "extra.csv").output == plain.output)
        try bench.write(rows.map { $0.dropLast().joined(separator: ",") }.joined(separator: "\n") + "\n", to: "unlabelled.csv")
        #expect(try bench.run("predict", Self.name, "unlabelled.csv").output == plain.output)
        let written = try bench.run("predict", Self.name, "build/split/test.csv", "-o", "out.csv")
        #expect(written.status == 0)
        #expect(written.output == "")
        #expect(try bench.read("out.csv") == plain.output)
    }

    @Test func `predict takes rows as objects, with other delimiters, and from files that do not say what they are`() throws {
        let bench = try Self.packed()
        let plain = try bench.run("predict", Self.name, "build/split/test.csv")
        #expect(plain.status == 0, "\(plain)")
        let rows = try bench.read("build/split/test.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let objects = rows.dropFirst().map { row in
            "{" + zip(rows[0], row).map { Double($1) == nil ? "\"\($0)\":\"\($1)\"" : "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
        }
        try bench.write(objects.joined(), to: "rows.jsonl")
        #expect(try bench.run("predict", Self.name, "rows.jsonl").output == plain.output)
        try bench.write(rows.map { $0.joined(separator: ";") }.joined(separator: "\n") + "\n", to: "rows.txt")
        #expect(try bench.run("predict", Self.name, "rows.txt", "--format", "csv", "--delimiter", ";").output == plain.output)
        let misled = try bench.run("predict", Self.name, "rows.jsonl", "--delimiter", ";")
        #expect(misled.words == "error: '--delimiter' is for a csv, and 'rows.jsonl' is read as jsonl\n", "\(misled)")
        #expect(misled.status == 2)
    }

    @Test func `images travel as samples in a folder, and are predicted from one`() throws {
        let bench = try Workbench(template: "image", inMemory: true)
        let packed = try bench.run("package")
        try #require(packed.status == 0, "\(packed)")
        let name = "dist/digits-1.0.0.mlar"
        let verified = try bench.run("verify", name)
        #expect(verified.status == 0, "\(verified)")
        #expect(verified.words.contains("samples: 5 rows predicted again, every byte the same"), "\(verified)")
        let inspected = Ending(try bench.start(["inspect", name]).finish())
        for member in ["samples/predictions.csv", "samples/rows.idx/image.idx", "samples/rows.idx/label.idx"] {
            #expect(inspected.output.contains(member), "\(inspected)")
        }
        let predicted = try bench.run("predict", name, "build/split/test")
        #expect(predicted.status == 0, "\(predicted)")
        #expect(predicted.output.split(separator: "\n").count > 400)
        try bench.write("rows", to: "mixed/a.npy")
        try bench.write("rows", to: "mixed/b.png")
        let mixed = try bench.run("predict", name, "mixed")
        #expect(
            mixed.words == """
                error: 'mixed' holds files of more than one format: npy and png
                  hint: '--format' says it: csv, tsv, jsonl, npy, idx, png

                """)
        #expect(mixed.status == 2)
        try bench.write("", to: "empty/.keep")
        let empty = try bench.run("predict", name, "empty")
        #expect(empty.words.hasPrefix("error: nothing says the format of 'empty'\n"), "\(empty)")
    }

    @Test func `predict says where a table does not fit the model, and writes nothing`() throws {
        let bench = try Self.packed()
        let rows = try bench.read("build/split/test.csv").split(separator: "\n")
        let table = (header: String(rows[0]), row: String(rows[1]))
        try bench.write(
            table.header.split(separator: ",").dropFirst().joined(separator: ",") + "\n"
                + table.row.split(separator: ",").dropFirst().joined(separator: ",") + "\n", to: "missing.csv")
        try bench.write("\(table.header)\nmuch,\(table.row.split(separator: ",").dropFirst().joined(separator: ","))\n", to: "word.csv")
        try bench.write("\(table.header)\n1,2\n", to: "ragged.csv")
        try bench.write("", to: "empty.csv")
        let before = try bench.contents()
        let cases: [(file: String, place: String, code: String)] = [
            ("missing.csv", "missing.csv", "mean_radius"), ("word.csv", "word.csv:2:1: error:", "much"),
            ("ragged.csv", "ragged.csv:2:", "error:"),
            ("empty.csv", "empty.csv", "data/empty-file"),
        ]
        for (file, place, code) in cases {
            let refused = try bench.run("predict", Self.name, file, "-o", "out.csv")
            #expect(refused.status == 1, "\(file): \(refused)")
            #expect(refused.words.contains(place) && refused.words.contains(code), "\(file): \(refused)")
        }
        let foreign = try bench.run("predict", Self.name, "README.md")
        #expect(foreign.status == 2)
        #expect(
            foreign.words == "error: nothing says the format of 'README.md'\n  hint: '--format' says it: csv, tsv, jsonl, npy, idx, png\n")
        let misspelt = try bench.run("predict", Self.name, "README.md", "--format", "jsno")
        #expect(misspelt.status == 2)
        #expect(misspelt.words.contains("there is no format 'jsno'"), "\(misspelt)")
        let delimited = try bench.run("predict", Self.name, "rows.tsv", "--delimiter", ";")
        #expect(delimited.status == 4, "a file that is not there: \(delimited)")
        #expect(try bench.contents() == before)
    }
}
