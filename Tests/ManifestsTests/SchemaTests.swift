import Canonical
import Diagnostics
import Manifests
import Platform
import TestSupport
import Testing

@Suite struct SchemaTests {
    private static let file = Places.repository().appending("Specs").appending("manifest.schema.json")

    @Test func `the published schema is the one that the tables give`() {
        Golden.expect(JSONText.pretty(ManifestSchema.document()), matches: Self.file)
    }

    /// Codes that `Specs/manifest.md` lists as beyond the schema.
    static func beyond() throws -> Set<String> {
        let text = String(decoding: try Files.read(Places.repository().appending("Specs").appending("manifest.md")), as: UTF8.self)
        let lines = text.split(separator: "\n").drop { !$0.hasPrefix("## Beyond the schema") }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let words = lines.joined(separator: " ").split(separator: "`").filter { $0.hasPrefix("manifest/") }
        return Set(words.map(String.init))
    }

    @Test func `what is beyond the schema is listed`() throws {
        #expect(try Self.beyond().contains("manifest/cycle"))
    }

    /// Why the other validator cannot be asked; nil when it can.
    private static let missing: String? = {
        do throws(SystemError) {
            let outcome = try ProcessRunner.run(["python3", "-c", "import jsonschema; jsonschema.Draft202012Validator"])
            return outcome.status == 0 ? nil : "python3 has no package jsonschema"
        } catch {
            return "there is no python3"
        }
    }()

    /// Prints a line for each file: its name, and 1 where the schema takes it.
    private static let program = """
        import json, jsonschema, pathlib, sys
        schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for name in sys.argv[2:]:
            print(name, int(validator.is_valid(json.loads(pathlib.Path(name).read_text(encoding="utf-8")))))
        """

    private static func verdicts(_ files: [HostPath]) throws -> [String: Bool] {
        let outcome = try ProcessRunner.run(["python3", "-c", program, file.description] + files.map(\.description))
        try #require(outcome.status == 0, "\(outcome.errorText)")
        let lines = outcome.outputText.split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), $0[1] == "1") })
    }

    @Test(.enabled(if: missing == nil, "python3 with the package jsonschema is needed"))
    func `another validator and the reader agree on every example`() throws {
        let beyond = try Self.beyond()
        var expected: [(file: HostPath, isTaken: Bool)] = []
        for example in Example.valid + Example.invalid {
            let errors = ManifestReader.read(try example.source()).diagnostics.filter { $0.severity == .error }
            // What is no JSON is no matter of the schema.
            if errors.contains(where: { $0.code.hasPrefix("json/") }) { continue }
            expected.append((example.file, errors.allSatisfy { beyond.contains($0.code) }))
        }
        let verdicts = try Self.verdicts(expected.map(\.file))
        for (file, isTaken) in expected {
            #expect(verdicts[file.description] == isTaken, "\(file)")
        }
    }

    @Test(.enabled(if: missing == nil, "python3 with the package jsonschema is needed"))
    func `the schema refuses nothing that the reader takes`() throws {
        // Damaged examples that are still JSON and still manifests.
        let folder = try TemporaryFolder()
        var random = SplitMix(state: 7)
        var files: [HostPath] = []
        for example in Example.valid {
            let original = try example.source()
            guard let root = JSONDocument.parse(original).value?.root.value else { continue }
            for round in 0..<150 {
                let changed = Self.changed(root, &random)
                let source = SourceText(name: Manifest.fileName, text: JSONText.pretty(changed))
                guard ManifestReader.read(source).value != nil else { continue }
                files.append(try folder.write(source.bytes, to: "\(example.name)-\(round).json"))
            }
        }
        #expect(files.count > 100)
        for (file, isTaken) in try Self.verdicts(files) where !isTaken {
            let text = String(decoding: try Files.read(HostPath(file)), as: UTF8.self)
            Issue.record("the reader takes what the schema refuses:\n\(text)")
        }
    }

    private static let scalars: [JSONValue] = [
        0, 1, -1, 2.5, true, "", "x", "data.rows", "./a.csv", "${seed}", "a ${seed} b", "$${x}", "1.0.0", "csv", "90s", [], [:], ["a"], "Y",
        0.5,
    ]

    /// The value with one of its parts replaced or removed.
    private static func changed(_ value: JSONValue, _ random: inout SplitMix) -> JSONValue {
        switch value {
        case .object(var members) where !members.isEmpty && random.below(6) > 0:
            let index = random.below(members.count)
            if random.below(8) == 0 {
                members.remove(at: index)
            } else {
                members[index] = JSONMember(members[index].name, changed(members[index].value, &random))
            }
            return .object(members)
        case .array(var items) where !items.isEmpty && random.below(6) > 0:
            let index = random.below(items.count)
            items[index] = changed(items[index], &random)
            return .array(items)
        case .null, .boolean, .integer, .number, .string, .array, .object:
            return scalars[random.below(scalars.count)]
        }
    }
}
