import Commands
import Testing

@Suite struct ArgumentsTests {
    private static func run(_ words: String...) throws -> Arguments {
        guard case .run(let arguments) = try Arguments.read(words) else { throw Other() }
        return arguments
    }

    /// The words asked for help or the version.
    private struct Other: Error {}

    @Test func `flags stand before and after operands, in every spelling`() throws {
        for words in [
            ["build", "-j", "4", "one", "two"], ["build", "-j4", "one", "two"], ["build", "-j=4", "one", "two"],
            ["build", "one", "--jobs", "4", "two"],
            ["build", "one", "two", "--jobs=4"], ["build", "--jobs", "4", "--", "one", "two"],
        ] {
            guard case .run(let arguments) = try Arguments.read(words) else {
                Issue.record("\(words)")
                continue
            }
            #expect(arguments.verb == .build)
            #expect(arguments.value("jobs") == "4", "\(words)")
            #expect(arguments.operands == ["one", "two"], "\(words)")
        }
    }

    @Test func `a flag that every command has may stand before the command`() throws {
        let arguments = try Self.run("-C", "there", "--quiet", "check", "--json")
        #expect(arguments.value("directory") == "there")
        #expect(arguments.has("quiet") && arguments.has("json") && !arguments.has("verbose"))
    }

    @Test func `a value may look like a flag, be empty or hold an equals sign`() throws {
        #expect(try Self.run("check", "-C", "--odd").value("directory") == "--odd")
        #expect(try Self.run("check", "--directory=").value("directory") == "")
        #expect(try Self.run("check", "--directory=a=b").value("directory") == "a=b")
        #expect(try Self.run("build", "--", "--force").operands == ["--force"])
        #expect(try Self.run("build", "-").operands == ["-"])
    }

    @Test func `a flag that repeats keeps every value`() throws {
        let arguments = try Self.run("lock", "--update", "a", "--update=b")
        #expect(arguments.values("update") == ["a", "b"])
    }

    @Test func `a value that may be left out follows only an equals sign`() throws {
        let bare = try Self.run("build", "--vary", "train")
        #expect(bare.has("vary") && bare.values("vary") == [] && bare.operands == ["train"])
        let given = try Self.run("build", "--vary=threads,time", "--vary=user", "train")
        #expect(!given.has("vary") && given.values("vary") == ["threads,time", "user"] && given.operands == ["train"])
    }

    @Test(arguments: [
        ["biuld"], ["build", "--froce"], ["build", "--jobs"], ["build", "--jobs", "1", "--jobs", "2"], ["build", "--force=1"], ["why"],
        ["why", "a", "b"],
        ["check", "x"], ["build", "-" + "é"], ["build", "-jq=", "-vq"], ["--jobs", "3", "build"], ["-q"], ["build", "--help=3"],
    ])
    func `what is wrong is told`(words: [String]) {
        #expect(throws: UsageError.self) { try Arguments.read(words) }
    }

    @Test func `no line of odd words traps`() {
        let odd = [
            "", "-", "--", "---", "--=", "-=", "=", "-j", "-j=", "--jobs=", "\u{0}", "é", "-é", "build", "help", "-h", "--version", "-C",
            "lock", "--update",
        ]
        for first in odd {
            for second in odd {
                for third in odd {
                    _ = try? Arguments.read([first, second, third])
                }
            }
        }
    }
}
