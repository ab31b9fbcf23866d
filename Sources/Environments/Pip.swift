import Canonical
import Platform
import Storage

/// The pip that runs under an interpreter: its own, or another one's where it has none.
struct Pip {
    let interpreter: FoundInterpreter
    /// The folder or zip file that holds the package `pip`; nil when the interpreter finds it by itself.
    private let place: HostPath?
    /// Variables beside this process's own, before them.
    private let variables: [String: String]

    /// Runs pip as a program would, but never imports from the current folder: that is the workspace.
    private static let bootstrap = """
        import sys
        if sys.path and sys.path[0] == '': sys.path.pop(0)
        place = sys.argv.pop(1)
        if place:
            from importlib.machinery import PathFinder
            class Finder:
                @staticmethod
                def find_spec(name, path=None, target=None):
                    return PathFinder.find_spec(name, [place], target) if name == 'pip' else None
            sys.meta_path.insert(0, Finder)
        import runpy
        sys.argv[0] = 'pip'
        runpy.run_module('pip', run_name='__main__', alter_sys=True)
        """

    /// Lists the wheels of pip that come with the interpreter for new virtual environments.
    private static let bundled = """
        import glob, os, sysconfig
        places = [sysconfig.get_config_var('WHEEL_PKG_DIR'), os.path.join(sysconfig.get_path('stdlib'), 'ensurepip', '_bundled')]
        for place in places:
            if place:
                for wheel in sorted(glob.glob(os.path.join(glob.escape(place), 'pip-*.whl'))): print(wheel)
        """

    /// Nil when pip does not run there.
    private init?(_ interpreter: FoundInterpreter, at place: HostPath?, _ variables: [String: String], work: HostPath) {
        // A download that finds nothing goes all the way; an old pip under a new Python knows its own version, and then breaks.
        let question = ["download", "--no-index", "--no-deps", "--dest", work.description, "mlbuild-asks-whether-pip-works"]
        let alone = variables.merging(["PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null", "PIP_CONSTRAINT": ""]) { $1 }
        guard let outcome = try? Self.run(interpreter, place, question, alone, work: work, directory: HostPath("/")),
            outcome.errorText.contains("No matching distribution found")
        else { return nil }
        self.interpreter = interpreter
        self.place = place
        self.variables = variables
    }

    /// The pip of `interpreter`, else one that runs under it: what it has for new virtual environments, another interpreter's, or
    /// one that uv brings into `work`; nil when there is none.
    static func find(
        for interpreter: FoundInterpreter, search: InterpreterSearch, work: HostPath, variables: [String: String] = [:]
    ) -> Pip? {
        if let own = Pip(interpreter, at: nil, variables, work: work) { return own }
        for wheel in bundledWheels(of: interpreter) {
            if let pip = Pip(interpreter, at: wheel, variables, work: work) { return pip }
        }
        for other in search.all() where other != interpreter {
            guard let folder = folder(of: other) else { continue }
            if let pip = Pip(interpreter, at: folder, variables, work: work) { return pip }
        }
        return brought(for: interpreter, into: work, variables)
    }

    private static func bundledWheels(of interpreter: FoundInterpreter) -> [HostPath] {
        let arguments = [interpreter.executable.description, "-I", "-S", "-c", bundled]
        guard let outcome = try? ProcessRunner.run(arguments), outcome.status == 0 else { return [] }
        return outcome.outputText.split(separator: "\n").map { HostPath(String($0)) }
    }

    /// The folder that holds another interpreter's package `pip`.
    private static func folder(of other: FoundInterpreter) -> HostPath? {
        let question = "import sys; sys.path.pop(0); import pip, os; print(os.path.dirname(os.path.dirname(pip.__file__)))"
        guard let outcome = try? ProcessRunner.run([other.executable.description, "-c", question], directory: HostPath("/")),
            outcome.status == 0
        else { return nil }
        let folder = outcome.outputText.prefix { $0 != "\n" }
        return folder.hasPrefix("/") ? HostPath(String(folder)) : nil
    }

    private static func brought(for interpreter: FoundInterpreter, into work: HostPath, _ variables: [String: String]) -> Pip? {
        let folder = work.appending("pip")
        let arguments = ["uv", "pip", "install", "--python", interpreter.executable.description, "--target", folder.description, "pip"]
        guard let outcome = try? ProcessRunner.run(arguments, environment: environment(variables, work), isGuarded: true),
            outcome.status == 0
        else { return nil }
        return Pip(interpreter, at: folder, variables, work: work)
    }

    // MARK: Running

    /// What pip is asked to download.
    struct Order {
        /// Lines of a requirements file, options among them.
        var requirements: [String]
        var constraints: [String] = []
        /// Whether every requirement must come with a hash.
        var needsHashes = false
        /// The same, and requirements bring no others along.
        var isExact = false
        /// What the wheels are for, when they are not for the interpreter that pip runs under.
        var target: [String] = []
    }

    /// Downloads wheels into a new folder in `work`; pip reads its configuration as ever, and relative paths in it from `root`.
    func download(_ order: Order, root: HostPath, work: HostPath) throws(SystemError) -> PipRun {
        let folder = work.appending(Host.uniqueText())
        let wheels = folder.appending("wheels")
        try Files.makeDirectories(wheels)
        let requirements = folder.appending("requirements.txt")
        let log = folder.appending("log.txt")
        try Files.write(Self.text(order.requirements), to: requirements)
        var arguments = [
            "download", "--only-binary", ":all:", "--dest", wheels.description, "--log", log.description, "-r", requirements.description,
        ]
        if !order.constraints.isEmpty {
            let constraints = folder.appending("constraints.txt")
            try Files.write(Self.text(order.constraints), to: constraints)
            arguments += ["-c", constraints.description]
        }
        if order.isExact { arguments.append("--no-deps") }
        if order.isExact || order.needsHashes { arguments.append("--require-hashes") }
        let outcome = try Self.run(interpreter, place, arguments + order.target, variables, work: folder, directory: root)
        return PipRun(outcome, log: try Files.readIfPresent(log) ?? [], wheels: wheels, folder: folder)
    }

    private static func text(_ lines: [String]) -> [UInt8] {
        Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    private static func run(
        _ interpreter: FoundInterpreter, _ place: HostPath?, _ arguments: [String], _ variables: [String: String], work: HostPath,
        directory: HostPath
    ) throws(SystemError) -> ProcessRunner.Outcome {
        try ProcessRunner.run(
            [interpreter.executable.description, "-c", bootstrap, place?.description ?? ""] + arguments,
            environment: environment(variables, work), directory: directory, isGuarded: true)
    }

    /// This process's variables, but for those that point Python elsewhere or turn a download into something else.
    ///
    /// What a pip that is killed leaves of its own lies in `work`, and goes with it.
    private static func environment(_ variables: [String: String], _ work: HostPath) -> [String: String] {
        var result: [String: String] = [:]
        for entry in Host.environmentBlock() {
            guard let equals = entry.dropFirst().firstIndex(of: UInt8(ascii: "=")) else { continue }
            result[String(decoding: entry[..<equals], as: UTF8.self)] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        result.merge(variables) { $1 }
        for name in [
            "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONSAFEPATH", "PIP_PLATFORM", "PIP_PYTHON_VERSION", "PIP_IMPLEMENTATION",
            "PIP_ABI",
            "PIP_REQUIREMENT", "PIP_ONLY_BINARY", "PIP_NO_BINARY", "PIP_PYTHON",
        ] {
            result[name] = nil
        }
        // As variables, options that an old pip does not know are passed over.
        for (name, value) in [
            ("PIP_NO_INPUT", "1"), ("PIP_PROGRESS_BAR", "off"), ("PIP_NO_COLOR", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
            ("PIP_VERBOSE", "0"), ("PIP_QUIET", "0"), ("PIP_NO_DEPS", "0"), ("PIP_REQUIRE_HASHES", "0"), ("PIP_REQUIRE_VIRTUALENV", "0"),
            ("TMPDIR", work.description), ("PYTHONIOENCODING", "utf-8"), ("PYTHONWARNINGS", "ignore"), ("COLUMNS", "10000"),
        ] {
            result[name] = value
        }
        return result
    }
}

/// What a run of pip left behind.
struct PipRun {
    let status: Int32
    /// Lines of what it said, first to the output, then to the error output.
    let output: [String]
    let errors: [String]
    /// Lines of its log, without the times: more than it says.
    let log: [String]
    /// The folder of the wheels.
    let wheels: HostPath
    /// The folder of all its files.
    let folder: HostPath

    init(status: Int32, output: String, errors: String, log: String, wheels: HostPath, folder: HostPath) {
        self.status = status
        self.output = Self.lines(output)
        self.errors = Self.lines(errors)
        self.log = Self.lines(log).map(Self.withoutTime)
        self.wheels = wheels
        self.folder = folder
    }

    init(_ outcome: ProcessRunner.Outcome, log: [UInt8], wheels: HostPath, folder: HostPath) {
        self.init(
            status: outcome.status, output: outcome.outputText, errors: outcome.errorText, log: String(decoding: log, as: UTF8.self),
            wheels: wheels, folder: folder)
    }

    /// The digests of files that an index of the web listed, as `https://HOST/FILE#sha256=DIGEST`.
    ///
    /// - Complexity: reads the log.
    var listed: Set<Digest> {
        let fragment = Array("#sha256=".utf8)
        var found: Set<Digest> = []
        for line in log {
            for word in line.utf8.split(separator: UInt8(ascii: " ")) {
                guard word.starts(with: "https://".utf8) || word.starts(with: "http://".utf8), let mark = word.lastIndex(of: fragment[0]),
                    word[mark...].starts(with: fragment)
                else { continue }
                let digits = word[mark...].dropFirst(fragment.count).prefix(2 * Digest.byteCount)
                if let digest = Digest(hex: String(decoding: digits, as: UTF8.self)) { found.insert(digest) }
            }
        }
        return found
    }

    /// What the system refused to pip, where that is room for its files: nothing that requirements are to blame for.
    var refusal: SystemError? {
        guard status != 0 else { return nil }
        // As Python writes errors, whatever the language: no space, no more of the user's share, too large.
        let codes: [(code: Int32, mark: String)] = [(28, "[Errno 28]"), (122, "[Errno 122]"), (27, "[Errno 27]")]
        for (code, mark) in codes where (errors + log).contains(where: { $0.contains(mark) }) {
            return SystemError(operation: "keep wheels in", path: folder.description, code: code)
        }
        return nil
    }

    private static func lines(_ text: String) -> [String] {
        text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// `2026-01-31T12:00:00,123 Collecting six` without what stands before the space.
    private static func withoutTime(_ line: String) -> String {
        guard let first = line.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            let space = line.utf8.firstIndex(of: UInt8(ascii: " ")), line.utf8[..<space].contains(UInt8(ascii: "T"))
        else { return line }
        return String(line[line.utf8.index(after: space)...])
    }
}
