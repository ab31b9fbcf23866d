import Canonical
import Manifests
import Platform
import TestSupport
import Testing

@testable import Environments

@Suite struct RequirementsReaderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func read(_ text: String, _ name: String = "requirements.txt") throws -> RequirementsList {
        try folder.write(text, to: name)
        return RequirementsReader.read(try RelativePath(checking: name), root: folder.path)
    }

    @Test func `lines are read as pip reads them`() throws {
        let list = try read(
            "\u{FEFF}# a comment\r\nnumpy==1.26.4\r\n\n  scipy >= 1 ; python_version >= '3.9' # why\nmatplotlib \\\n  ==3.8 \\\n  # between\npandas\nlast\\"
        )
        #expect(list.problems.isEmpty)
        #expect(
            list.requirements.map(\.text) == [
                "numpy==1.26.4", "scipy >= 1 ; python_version >= '3.9'", "matplotlib   ==3.8", "pandas", "last",
            ])
        #expect(list.requirements.map(\.number) == [2, 4, 5, 8, 9])
        #expect(!list.needsHashes)
    }

    @Test func `files that are included are read from their own places, each once`() throws {
        try folder.write("-r ../requirements.txt\n--constraint=limits.txt\nb\n", to: "more/base.txt")
        try folder.write("c<2\n-r also.txt\n", to: "more/limits.txt")
        try folder.write("d<3\n", to: "more/also.txt")
        let list = try read("a\n-rmore/base.txt\n--requirement more/base.txt\n")
        #expect(list.problems.isEmpty)
        #expect(list.requirements.map(\.text) == ["a", "b"])
        #expect(list.constraints.map(\.text) == ["c<2", "d<3"])
        #expect(list.files.map(\.path) == ["requirements.txt", "more/base.txt", "more/limits.txt", "more/also.txt"])
    }

    @Test func `options for indexes go on to pip, with folders from the file's place`() throws {
        let list = try read(
            "--index-url https://packages.example.org/simple\n--find-links wheels\n-f 'more wheels'\n--pre\n--only-binary :all:\na\n",
            "sub/r.txt")
        #expect(list.problems.isEmpty)
        #expect(
            list.options == [
                "--index-url https://packages.example.org/simple", "--find-links \(folder.path)/sub/wheels",
                "--find-links \(folder.path)/sub/more wheels", "--pre",
            ])
    }

    @Test(arguments: ["a==1 --hash=sha256:00", "--require-hashes\na"]) func `hashes are noticed`(text: String) throws {
        #expect(try read(text).needsHashes)
    }

    @Test(arguments: [
        ("-e .", "an editable install"), ("--editable=src", "an editable install"), ("--no-binary :all:", "asks for sources"),
        ("git+https://example.org/a.git", "a repository of sources"), ("a @ git+ssh://git@example.org/a.git", "a repository of sources"),
        ("https://example.org/a-1-py3-none-any.whl", "the address of one file"),
        ("a @ https://example.org/a.whl", "the address of one file"),
        ("a[x]@https://example.org/a.whl", "the address of one file"), ("./a-1-py3-none-any.whl", "the path of a file or folder"),
        ("../a", "the path of a file or folder"), ("/srv/a.tar.gz", "the path of a file or folder"),
        ("a-1-py3-none-any.whl", "the path of a file or folder"), ("-r https://example.org/r.txt", "from elsewhere"),
        ("-r ../../r.txt", "outside of the workspace"), ("-c /etc/limits.txt", "outside of the workspace"),
        ("--index-url https://me:swordfish@example.org/simple", "a user or password"),
        ("-f https://token@example.org/", "a user or password"),
        ("--install-option=x", "an option that a lock does not know"), ("-r missing.txt", "there is no 'missing.txt'"),
    ])
    func `a line that no lock can hold is refused with its number`(line: String, reason: String) throws {
        let list = try read("good\n\(line)\n")
        #expect(list.problems.map(\.line) == [2])
        #expect(list.problems.first?.message.contains(reason) == true, "\(list.problems)")
        #expect(list.problems.first?.wayOut.isEmpty == false)
        #expect(!list.problems.contains { $0.message.contains("swordfish") || $0.wayOut.contains("swordfish") })
        #expect(list.requirements.map(\.text) == ["good"])
    }

    @Test func `a user in an address may be a variable`() throws {
        let list = try read("--extra-index-url https://${USER}:${TOKEN}@example.org/simple\n")
        #expect(list.problems.isEmpty)
        #expect(list.options.count == 1)
    }

    @Test func `a file that is no text, or not there, is refused as a whole`() throws {
        try folder.write([0x61, 0xFF, 0x0A], to: "latin.txt")
        let latin = RequirementsReader.read(try RelativePath(checking: "latin.txt"), root: folder.path)
        #expect(latin.problems.map(\.message) == ["'latin.txt' is no UTF-8 text"])
        let none = RequirementsReader.read(try RelativePath(checking: "none.txt"), root: folder.path)
        #expect(none.problems.map(\.message) == ["there is no 'none.txt'"])
        #expect(none.problems.map(\.line) == [nil])
    }

    @Test func `nesting has an end`() throws {
        for index in 0..<40 { try folder.write("-r r\(index + 1).txt\n", to: "r\(index).txt") }
        let list = RequirementsReader.read(try RelativePath(checking: "r0.txt"), root: folder.path)
        #expect(list.problems.map(\.message) == ["files of requirements are nested too deep"])
    }

    @Test func `no text makes reading fail`() throws {
        var state: UInt64 = 88_172_645_463_325_252
        let pieces = [
            "-r ", "-c", "--", "=", "\\", "\n", "\r", "#", " ", "@", "://", "a==1", "'", "\"", "-e", ";", "\u{FEFF}", "é", "[", "--hash=",
            "/",
        ]
        for _ in 0..<3000 {
            var text = ""
            for _ in 0..<12 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                text += pieces[Int(state % UInt64(pieces.count))]
            }
            for line in RequirementsReader.logicalLines(text) { #expect(!line.text.isEmpty && line.number > 0) }
            _ = try read(text)
        }
    }
}
