import Canonical
import Platform
import TestSupport
import Testing

/// The templates: what `init` writes, and that each works as it lies in its folder.
@Suite struct TemplateTests {
    static let names = ["image", "minimal", "python", "tabular", "text"]
    /// Those that need nothing but mlbuild; `PythonTemplateTests` builds the other one.
    static let built = ["image", "minimal", "tabular", "text"]

    private static func folder(_ name: String) -> HostPath { Places.repository().appending("Templates").appending(name) }

    @Test func `init lists exactly the templates that lie in their folder`() throws {
        let bench = try Workbench()
        let listed = try bench.run("init", "--list")
        #expect(listed.status == 0, "\(listed)")
        let shown = listed.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        let folders = try Files.list(Places.repository().appending("Templates")).map { String(decoding: $0.name, as: UTF8.self) }
        #expect(shown == folders)
        #expect(shown == Self.names)
        #expect(try Tree.everything(bench.root) == [], "listing writes nothing")
    }

    @Test(arguments: names) func `init writes every file of a template byte for byte, and a .gitignore`(name: String) throws {
        let bench = try Workbench()
        let made = try bench.run("init", "--template", name, "here")
        #expect(made.status == 0, "\(made)")
        var written = try Tree.digests(bench.path("here"))
        #expect(written.removeValue(forKey: ".gitignore") != nil)
        #expect(written == (try Tree.digests(Self.folder(name))))
        #expect(made.words.contains("next: cd here && mlbuild build"))
        #expect(made.output == "")
    }

    @Test(arguments: built, [true, false])
    func `a template builds at once, and a second build has nothing to do`(name: String, throughInit: Bool) throws {
        let bench = try Workbench(template: throughInit ? nil : name)
        if throughInit { #expect(try bench.run("init", "--template", name).status == 0) }
        let first = try bench.run("build", "--json")
        #expect(first.status == 0, "\(first)")
        let stages = try first.stages()
        #expect(!stages.isEmpty && stages.values.allSatisfy { $0 == "ran: never built" }, "\(stages)")
        try bench.expectNothingToDo(stages: stages.count)
        #expect(try bench.run("check").status == 0)
        #expect(try bench.run("lock", "--check").status == 0)
        #expect(try bench.temporaries() == [])
    }

    @Test(arguments: built) func `the bytes of a template's build stay as they are`(name: String) throws {
        let bench = try Workbench(template: name)
        #expect(try bench.run("build").status == 0)
        Golden.expect(try bench.read("mlops.lock"), matches: Expected.folder.appending("\(name).lock"))
        let packed = try bench.run("package", "--json")
        guard packed.status == 0 else {
            #expect(try !bench.read("mlops.json").contains("\n  \"model\": {"), "\(packed)")
            return
        }
        let identity = try packed.records().first { $0["record"]?.stringValue == "archive" }?["identity"]?.stringValue
        Golden.expect((identity ?? "") + "\n", matches: Expected.folder.appending("\(name).identity"))
    }

    @Test func `the tabular template meets its gates, verifies and predicts`() throws {
        let bench = try Workbench(template: "tabular")
        let packed = try bench.run("package")
        #expect(packed.status == 0, "\(packed)")
        #expect(packed.output == "dist/breast-cancer-1.0.0.mlar\n")
        let verified = try bench.run("verify", "dist/breast-cancer-1.0.0.mlar")
        #expect(verified.status == 0, "\(verified)")
        #expect(verified.words.contains("5 rows predicted again, every byte the same"))
        let predicted = try bench.run("predict", "dist/breast-cancer-1.0.0.mlar", "build/split/test.csv")
        #expect(predicted.status == 0, "\(predicted)")
        #expect(predicted.output.split(separator: "\n").count == (try bench.read("build/split/test.csv").split(separator: "\n").count))
    }

    @Test func `a template without a model says what is missing`() throws {
        let bench = try Workbench(template: "minimal")
        let packed = try bench.run("package")
        #expect(packed.status == 1)
        #expect(packed.words.hasPrefix("error: mlops.json has no 'model' section, so there is nothing to package\n"), "\(packed)")
        #expect(try Files.status(bench.path("dist")) == nil)
    }

    // MARK: init

    @Test func `init overwrites nothing: it names every file in the way and writes none`() throws {
        let bench = try Workbench()
        try bench.write("mine", to: "mlops.json")
        try bench.write("mine too", to: "data/breast-cancer.csv")
        let before = try Tree.digests(bench.root)
        let refused = try bench.run("init")
        #expect(refused.status == 1)
        #expect(
            refused.words == """
                error: 'data/breast-cancer.csv', 'mlops.json' are there already, and 'init' never overwrites
                  hint: name another folder: mlbuild init --template tabular DIR

                """)
        #expect(try Tree.digests(bench.root) == before)
    }

    @Test func `init that is stopped half way takes back what it wrote`() throws {
        let bench = try Workbench()
        try bench.write("a file where the template has a folder", to: "there/data")
        let refused = try bench.run("init", "there")
        #expect(refused.status == 4, "\(refused)")
        #expect(refused.words.contains("/there/data'"), "\(refused)")
        #expect(try Tree.everything(bench.root) == ["there/data"])
        try bench.write("", to: "file")
        #expect(try bench.run("init", "file/deeper").status == 4)
        #expect(try Tree.everything(bench.root) == ["file", "there/data"])
    }

    @Test func `init follows no link that lies in the way`() throws {
        let bench = try Workbench()
        try Files.makeSymbolicLink(bench.path("README.md"), to: Array("nowhere".utf8))
        let refused = try bench.run("init")
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.words.contains("'README.md' is there already"))
        #expect(try Tree.everything(bench.root) == ["README.md"])
    }

    @Test func `the outputs of commands stay out of Git, unless somebody says otherwise`() throws {
        let bench = try Workbench()
        #expect(try bench.run("init", "--template", "python").status == 0)
        let lines = try bench.read(".gitignore").split(separator: "\n").map(String.init)
        for line in ["/prepared/", "/features/", "/model/", "/evaluation/metrics.json", "/evaluation/plots/"] {
            #expect(lines.contains(line))
        }
        try bench.write("!/model/\n", to: ".gitignore")
        #expect(try bench.run("check", "--fix").status == 0)
        let mended = try bench.read(".gitignore").split(separator: "\n").map(String.init)
        #expect(mended.contains("/features/") && !mended.contains("/model/"))
    }

    @Test func `init adds to a .gitignore what is missing, and keeps the rest`() throws {
        let bench = try Workbench()
        try bench.write("*.log\n/build/", to: ".gitignore")
        #expect(try bench.run("init").status == 0)
        #expect(try bench.read(".gitignore") == "*.log\n/build/\n/dist/\n/.mlbuild/*\n!/.mlbuild/config.json\n!/.mlbuild/signers\n")
    }

    @Test func `a folder with spaces and letters beyond ASCII is quoted for the shell`() throws {
        let bench = try Workbench()
        let made = try bench.run("init", "né w's")
        #expect(made.status == 0, "\(made)")
        #expect(made.words.contains("next: cd 'né w'\\''s' && mlbuild build\n"))
        #expect(try Files.status(bench.path("né w's/mlops.json")) != nil)
    }

    @Test func `an unknown template is answered with the nearest one`() throws {
        let bench = try Workbench()
        let refused = try bench.run("init", "--template", "tabluar")
        #expect(refused.status == 2)
        #expect(
            refused.words == """
                error: there is no template 'tabluar'
                  hint: did you mean 'tabular'? 'mlbuild init --list' lists them

                """)
        #expect(try Tree.everything(bench.root) == [])
    }
}
