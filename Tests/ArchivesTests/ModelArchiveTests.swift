import Canonical
import Testing

@testable import Archives

@Suite struct ModelArchiveTests {
    private func refusal(_ file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> String {
        do throws(ArchiveError) {
            _ = try ModelArchive.read(file)
            return "accepted"
        } catch {
            return error.description
        }
    }

    @Test func `an archive is read back as it was packed`() throws {
        let (file, identity) = try ModelArchive.pack(Samples.archive)
        let (archive, read) = try ModelArchive.open(file)
        #expect(archive == Samples.archive)
        #expect(read == identity)
        #expect(try ModelArchive.pack(archive).file == file)
    }

    @Test func `the identity is the same in every process`() throws {
        #expect(try ModelArchive.pack(Samples.archive).identity.hex == "50df35e87e99ae9d866e6b886366437827cc63b1c7e30e40daf0a2cb44e50e8a")
    }

    @Test func `the order of the members given does not matter`() throws {
        let expected = try ModelArchive.pack(Samples.archive)
        var generator = SeededGenerator(3)
        for _ in 0..<20 {
            let archive = ModelArchive(description: Samples.description, members: Samples.members.shuffled(using: &generator))
            let packed = try ModelArchive.pack(archive)
            #expect(packed.identity == expected.identity)
            #expect(packed.file == expected.file)
        }
    }

    @Test func `every change of the model, its mode or its description changes the identity`() throws {
        var identities: Set<Digest> = [try ModelArchive.pack(Samples.archive).identity]
        func add(_ description: ModelDescription = Samples.description, _ members: [ArchiveMember] = Samples.members) throws {
            let identity = try ModelArchive.pack(ModelArchive(description: description, members: members)).identity
            #expect(identities.insert(identity).inserted)
        }
        var members = Samples.members
        members[0] = ArchiveMember(path: members[0].path, bytes: members[0].bytes + [0])
        try add(Samples.description, members)
        members[0] = ArchiveMember(path: members[0].path, bytes: Samples.weights, isExecutable: true)
        try add(Samples.description, members)
        members[0] = ArchiveMember(path: "model/renamed", bytes: Samples.weights)
        try add(Samples.description, members)
        var description = Samples.description
        description.modelVersion = "1.0.1"
        try add(description)
        description = Samples.description
        description.metrics = ["accuracy": 0.9666666666666668, "rows": 30]
        try add(description)
        description = Samples.description
        description.kind = .opaque
        try add(description)
    }

    @Test func `files are found by path and by folder`() throws {
        let archive = try ModelArchive.read(try ModelArchive.pack(Samples.archive).file)
        #expect(archive.bytes(of: "samples/rows.csv") == Samples.sampleRows)
        #expect(archive.bytes(of: "samples/none") == nil)
        #expect(archive.files(in: "recipe/").map(\.path) == ["mlops.json", "src/clean.sh"])
        #expect(archive.files(in: "recipe/").map(\.isExecutable) == [false, true])
    }

    @Test func `what a description says is checked before anything is packed`() {
        func expect(_ fact: String, sourceLocation: SourceLocation = #_sourceLocation, _ edit: (inout ModelDescription) -> Void) {
            var description = Samples.description
            edit(&description)
            let error = #expect(throws: ArchiveError.self, sourceLocation: sourceLocation) {
                try ModelArchive.pack(ModelArchive(description: description, members: Samples.members))
            }
            #expect(error?.description.contains(fact) == true, "\(error?.description ?? "")", sourceLocation: sourceLocation)
        }
        for name in ["", "Iris", "1iris", "iris_2", "../iris", "iris\n", String(repeating: "a", count: 65), "\u{E9}"] {
            expect("'name' is") { $0.name = name }
        }
        for version in ["", "-1", ".", "1/0", "1 0", "1\u{E9}", String(repeating: "1", count: 65), "[", "{1"] {
            expect("'modelVersion' is") { $0.modelVersion = version }
        }
        expect("'signature' is not an object") { $0.signature = [] }
        expect("'metrics' is not an object") { $0.metrics = .null }
        expect("'metrics.deep.0' is not a finite number") { $0.metrics = ["deep": [.number(.nan)]] }
        expect("'signature.most' is not a finite number") { $0.signature = ["most": .number(.infinity)] }
        expect("'gates.0.min' is not a finite number") { $0.gates = [GateVerdict(metric: "a", minimum: -.infinity, value: 1)] }
        expect("neither 'min' nor 'max'") { $0.gates = [GateVerdict(metric: "a", value: 1)] }
        expect("names no metric") { $0.gates = [GateVerdict(metric: "", minimum: 1, value: 1)] }
        expect("no rows or no files") { $0.samples = SampleRecord(rows: 0, files: ["samples/rows.csv", "samples/expected.csv"]) }
        expect("not the files that 'samples' names") { $0.samples = nil }
        expect("not the files that 'samples' names") { $0.samples = SampleRecord(rows: 1, files: ["samples/rows.csv"]) }
        expect("not the files that 'samples' names") {
            $0.samples = SampleRecord(rows: 1, files: ["samples/rows.csv", "samples/rows.csv", "samples/expected.csv"])
        }
        expect("data names 'iris' twice") { $0.data += $0.data }
        expect("stages names 'train' twice") { $0.stages += $0.stages }
        expect("a name in data is empty") {
            $0.data[0] = ContentRecord(name: "", isTree: false, digest: $0.data[0].digest, size: 1, files: 1)
        }
        expect("cannot be") { $0.data[0] = ContentRecord(name: "a", isTree: false, digest: $0.data[0].digest, size: 1, files: 2) }
        expect("cannot be") { $0.data[0] = ContentRecord(name: "a", isTree: true, digest: $0.data[0].digest, size: -1, files: 2) }
        expect("has no kind") { $0.stages[0] = StageRecord(name: "train", kind: "", key: $0.stages[0].key, outputs: []) }
        expect("2^53") { $0.metrics = ["rows": .integer(.max)] }
        expect("stands twice in this object") { $0.metrics = ["rows": 1, "rows": 2] }
        var deep: JSONValue = 1
        for _ in 0..<100 { deep = [deep] }
        expect("nested deeper than 64") { $0.metrics = ["deep": deep] }
    }

    @Test func `members stand in the known folders, with a model and a card`() {
        func expect(_ fact: String, _ members: [ArchiveMember]) {
            let error = #expect(throws: ArchiveError.self) {
                try ModelArchive.pack(ModelArchive(description: Samples.description, members: members))
            }
            #expect(error?.description.contains(fact) == true, "\(error?.description ?? "")")
        }
        for path in ["other/file", "file", "models/a", "model", "Model/a", "archive.json", "model_card.md", "/model/a"] {
            expect("is in none of the folders", Samples.members + [ArchiveMember(path: path, bytes: [])])
        }
        for path in ["model/../../x", "recipe//a", "recipe/a\\b", "recipe/\u{1}"] {
            expect("an archive cannot hold the path", Samples.members + [ArchiveMember(path: path, bytes: [])])
        }
        expect("there is no file in 'model/'", Samples.members.filter { !$0.path.hasPrefix("model/") })
        expect("there is no 'MODEL_CARD.md'", Samples.members.filter { $0.path != "MODEL_CARD.md" })
        expect("two members", Samples.members + [Samples.members[0]])
        expect("take it for", Samples.members + [ArchiveMember(path: "model/Weights.safetensors", bytes: [])])
        expect(
            "'MODEL_CARD.md' is executable",
            Samples.members.filter { $0.path != "MODEL_CARD.md" } + [ArchiveMember(path: "MODEL_CARD.md", bytes: [], isExecutable: true)])
    }

    @Test func `numbers at the edge of what JSON holds survive`() throws {
        var description = Samples.description
        description.metrics = [
            "large": 1e20, "huge": 1.7976931348623157e308, "tiny": .number(.leastNonzeroMagnitude), "whole": 3.0, "third": .number(1.0 / 3),
            "most": 9_007_199_254_740_992,
            "name \"\\\u{7}\u{2028}": "e\u{301}",
        ]
        let archive = ModelArchive(description: description, members: Samples.members)
        #expect(try ModelArchive.read(ModelArchive.pack(archive).file) == archive)
    }

    @Test func `the reader refuses a description that was changed, though the file is sealed again`() throws {
        #expect(refusal(try Samples.file { $0 }) == "accepted")
        let changes: [(String, String, String)] = [
            ("\"version\": 1,", "\"version\": 2,", "has format 2, this mlbuild reads format 1; use a newer mlbuild"),
            ("\"version\": 1,", "\"version\": 0,", "'version' of the root is not an integer from 1 to 1"),
            ("\"version\": 1,", "\"version\": 1.0,", "'version' of the root is not"),
            ("\"kind\": \"engine\"", "\"kind\": \"motor\"", "not 'engine' or 'opaque'"),
            ("\"name\": \"iris\",\n  \"m", "\"m", "has 'modelVersion' where 'name' belongs"),
            ("\"modelVersion\"", "\"Version\"", "has 'Version' where 'modelVersion' belongs"),
            ("\"met\": true", "\"met\": false", "'met' of gates[0] is not what follows"),
            ("\"met\": false", "\"met\": true", "'met' of gates[1] is not what follows"),
            ("\"min\": 0.95", "\"min\": 0.97", "'met' of gates[0] is not what follows"),
            ("\"min\": 0.95", "\"min\": \"0.95\"", "not a number or null"),
            ("\"min\": 0.95", "\"min\": 0.950", "not written in the form"),
            ("\"min\": 0.95", "\"min\": 9.5e-1", "not written in the form"),
            ("\"rows\": 1,", "\"rows\": 0,", "not an integer from 1"),
            ("sha256:", "sha512:", "is not a digest"),
            ("\"size\": 33,\n      \"exec", "\"size\": 34,\n      \"exec", "its size, digest or mode differs"),
            ("\"executable\": true", "\"executable\": false", "its size, digest or mode differs"),
            ("\"executable\": true", "\"executable\": 1", "not true or false"),
            ("\"path\": \"recipe/mlops.json\"", "\"path\": \"recipe/other.json\"", "does not list the member 'recipe/mlops.json'"),
            ("{\n  \"version\"", "{\n  \"extra\": 1,\n  \"version\"", "has 'extra' where 'version' belongs"),
            ("\n}\n", ",\n  \"extra\": 1\n}\n", "has the unknown key 'extra'"),
            ("\n}\n", "\n}", "not written in the form"), ("\n}\n", "\n}\n\n", "not written in the form"),
            ("\n", "\r\n", "not written in the form"),
            ("\": ", "\":", "not written in the form"), ("iris", "\\u0069ris", "not written in the form"),
            ("iris", "Iris", "'name' is 'Iris'"),
            ("{\n  \"version\"", "\u{FEFF}{\n  \"version\"", "'archive.json' in the archive"),
            ("{\n  \"version\"", "{{", "'archive.json' in the archive"),
            ("\"samples\": {", "\"samples\": {\"rows\": 1, ", "'archive.json' in the archive"),
            ("samples/rows.csv\"\n      }\n    ]", "samples/more.csv\"\n      }\n    ]", "not the files that 'samples' names"),
        ]
        for (old, new, fact) in changes {
            let text = try Samples.file { text in
                let changed = text.replacing(old, by: new)
                #expect(changed != text, "'\(old)' is not in the description")
                return changed
            }
            let refusal = refusal(text)
            #expect(refusal.contains(fact), "'\(old)' to '\(new)': \(refusal)")
        }
    }

    @Test func `the reader refuses members that the description does not list`() throws {
        let members = Samples.members
        let extra = ArchiveMember(path: "model/extra", bytes: [])
        #expect(refusal(try Samples.file(members: members + [extra]) { $0 }).contains("does not list the member 'model/extra'"))
        #expect(
            refusal(try Samples.file(members: Array(members.dropFirst())) { $0 }).contains("does not list the member 'recipe/mlops.json'"))
        #expect(
            refusal(try Samples.file(members: members.filter { $0.path != "samples/rows.csv" }) { $0 }).contains(
                "'samples/rows.csv' is missing"))
        var changed = members
        changed[0] = ArchiveMember(path: members[0].path, bytes: [UInt8](repeating: 0, count: members[0].bytes.count))
        #expect(
            refusal(try Samples.file(members: changed) { $0 }).contains(
                "'model/weights.safetensors' is not the one that 'archive.json' lists"))
    }

    @Test func `an archive without a description is refused`() throws {
        for members in [[], Samples.members, [ArchiveMember(path: "archive.json", bytes: [], isExecutable: true)] + Samples.members] {
            let file = ArchiveFile.sealed(ZstandardFrame.storing(try TarStream.encode(members)))
            #expect(refusal(file) == "the archive does not begin with 'archive.json'")
        }
    }

    @Test func `a hostile text in an error cannot steer a terminal`() {
        let error = ArchiveError.path("a\u{1B}[2J\u{202E}b", .control)
        #expect(error.description.contains("a\\u{1b}[2J\\u{202e}b"))
    }

    @Test(
        arguments: [
            (0.95, nil, 0.95, true), (0.95, nil, 0.9499, false), (nil, 0.5, 0.5, true), (nil, 0.5, 0.6, false), (0.1, 0.5, 0.3, true),
            (0.1, nil, nil, false), (0.1, nil, Double.nan, false), (0.1, nil, Double.infinity, false),
        ] as [(Double?, Double?, Double?, Bool)])
    func `a gate is met when there is a value within its bounds`(minimum: Double?, maximum: Double?, value: Double?, met: Bool) {
        #expect(GateVerdict(metric: "m", minimum: minimum, maximum: maximum, value: value).isMet == met)
    }
}
