import Manifests
import Platform
import Testing

@testable import Actions

/// What a command's log says about why it failed.
@Suite struct LogReadingTests {
    func reading(_ text: String) -> LogReading {
        var log = LogReading()
        log.take(text)
        log.endLine()
        return log
    }

    func findings(_ text: String, inputs: [String] = [], outputs: [String] = [], workspace: [String] = []) -> LogFindings {
        LogFindings(
            reading(text).clues, inputs: inputs.compactMap { RelativePath($0) }, outputs: outputs.compactMap { RelativePath($0) },
            workFolder: "/work", isThere: { path in workspace.contains { $0 == path.text || $0.hasPrefix(path.text + "/") } })
    }

    @Test func `the last lines are kept, whole or in parts as they come, and long ones are cut`() {
        var log = LogReading()
        for number in 0..<40 { log.take("line \(number)\r\n\n") }
        log.take("an end ")
        log.take("without a line feed")
        log.endLine()
        #expect(log.last.count == 25)
        #expect(log.last.last == "an end without a line feed")
        #expect(log.last.first == "line 16")
        #expect(reading(String(repeating: "x", count: 1_000_000)).last == [String(repeating: "x", count: 200) + "…"])
        #expect(reading("").last == [])
    }

    @Test func `however the bytes come, the same is read`() {
        let text = "a\rb\nKeyError: 'x'\r\n\u{1B}[1m  \u{1B}[0m\n\r\rsh: 1: git: not found\r\r\nönd"
        let whole = reading(text)
        #expect(whole.last == ["b", "KeyError: 'x'", "sh: 1: git: not found", "önd"])
        var single = LogReading()
        for byte in text.utf8 { single.take([byte]) }
        single.endLine()
        #expect(single.last == whole.last)
        #expect(single.clues == whole.clues)
        #expect(single.byteCount == text.utf8.count)
    }

    @Test(arguments: [
        (" 10%|#   |\r 90%|####|\r", " 90%|####|"), ("\u{1B}[31mred\u{1B}[0m \u{1B}[2Kend", "red end"),
        ("\u{1B}]8;;http://x\u{7}link\u{1B}]8;;\u{1B}\\ end", "link end"), ("\u{1B}(Bplain\u{1B}", "plain"),
        ("cut \u{1B}[38;5", "cut "), ("\u{1B}7saved\u{1B}8", "saved"), ("\u{1B}]cut", nil), ("a\r \n", nil),
    ])
    func `what a terminal would not show is not in the last lines`(_ text: String, _ shown: String?) {
        #expect(reading(text).last == (shown.map { [$0] } ?? []))
    }

    @Test func `a variable that is not there is named, where it was one of the environment`() {
        let start = "Traceback (most recent call last):\n  File \"/work/a.py\", line 1, in <module>\n"
        #expect(findings(start + "    x = os.environ['TOKEN']\n        ~~~~^^^\nKeyError: 'TOKEN'\n").variables == ["TOKEN"])
        let inside = "  File \"<frozen os>\", line 679, in __getitem__\n    raise KeyError(key) from None\n"
        #expect(findings(start + "    f()\n" + inside + "KeyError: 'A_B'").variables == ["A_B"])
        let older = "  File \"/env/lib/python3.11/os.py\", line 679, in __getitem__\n    raise KeyError(key) from None\n"
        #expect(findings(start + older + "KeyError: 'A_B'").variables == ["A_B"])
        #expect(findings(start + "    row['price']\nKeyError: 'price'").variables == [])
        #expect(findings(start + inside + "KeyError: 'a\" b'").variables == [])
    }

    @Test(arguments: [
        "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
        "curl: (7) Failed to connect: Connection refused", "OSError: [Errno 101] Network is unreachable",
        "socket.gaierror: [Errno -2] Name or service not known",
    ])
    func `a try to reach another machine is seen`(_ line: String) {
        #expect(findings(line).triedNetwork)
        #expect(!findings("x: not found").triedNetwork)
    }

    @Test func `clues of one kind leave room for those of others`() {
        let text = String(repeating: "a: b: not found\n", count: 1000) + "ModuleNotFoundError: No module named 'yaml'\n"
        #expect(findings(text).modules == ["yaml"])
        #expect(reading(text).modules == ["yaml"])
    }

    @Test(arguments: [
        "cat: data/prepared.csv: No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/prepared.csv'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/work/data/prepared.csv'",
        "sh: 1: cannot open ./data/prepared.csv: No such file",
        "Error: ENOENT: no such file or directory, open 'data/prepared.csv'",
        "open(\"data/prepared.csv\"): No such file or directory",
    ])
    func `a file that lies in the workspace and is not declared is found in what programs say`(_ line: String) {
        let found = findings(line, inputs: ["src/a.py"], workspace: ["data/prepared.csv"])
        #expect(found.undeclared.map(\.text) == ["data/prepared.csv"])
        #expect(findings(line, inputs: ["data"], workspace: ["data/prepared.csv"]).undeclared == [])
        #expect(findings(line, workspace: []).undeclared == [])
    }

    @Test func `a module of one's own is found beside the scripts, one of others is named`() {
        let line = "ModuleNotFoundError: No module named 'helpers.text'"
        #expect(findings(line, inputs: ["src/a.py"], workspace: ["src/helpers/text.py"]).undeclared.map(\.text) == ["src/helpers/text.py"])
        #expect(findings(line, inputs: ["src/a.py"], workspace: ["src/helpers.py"]).undeclared.map(\.text) == ["src/helpers.py"])
        #expect(findings(line, inputs: ["src/a.py"]).modules == ["helpers.text"])
    }

    @Test(arguments: [
        ("sh: 1: git: not found", "git"), ("/bin/bash: line 1: dot: command not found", "dot"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'", "ffmpeg"), ("env: 'perl': No such file or directory", "perl"),
    ])
    func `a program that is not there is named`(_ line: String, _ program: String) {
        #expect(findings(line).programs == [program])
    }

    @Test(arguments: ["KeyError: key not found", "404: not found", "table: data.csv: not found", "x.py: 12: not found"])
    func `what is no program is not taken for one`(_ line: String) {
        #expect(findings(line).programs == [])
    }

    @Test(arguments: [
        "sh: 1: cannot create data/a.csv: Read-only file system", "OSError: [Errno 30] Read-only file system: 'data/a.csv'",
        "PermissionError: [Errno 13] Permission denied: '/work/data/a.csv'", "touch: cannot touch 'data/a.csv': Permission denied",
    ])
    func `a write to an input is seen`(_ line: String) {
        #expect(findings(line, inputs: ["data/a.csv"]).writtenInputs.map(\.text) == ["data/a.csv"])
        #expect(findings(line, inputs: ["data"]).writtenInputs.map(\.text) == ["data"])
        #expect(findings(line, inputs: ["other"]).writtenInputs == [])
    }

    @Test func `an input that was started as a program is no written one`() {
        let found = findings("sh: 1: ./src/run.sh: Permission denied", inputs: ["src/run.sh"])
        #expect(found.startedInputs.map(\.text) == ["src/run.sh"])
        #expect(found.writtenInputs == [])
    }

    @Test func `hostile lines cost little and name nothing`() {
        let line = String(repeating: "'../../etc/passwd' \u{0}\u{1B}[31m: ", count: 10_000) + "No such file or directory"
        #expect(findings(line, workspace: ["etc/passwd"]).undeclared == [])
        #expect(reading(String(repeating: "a: not found\n", count: 100_000)).clues.count <= 64)
    }
}
