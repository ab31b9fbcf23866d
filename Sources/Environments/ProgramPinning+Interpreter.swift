internal import Canonical
internal import Diagnostics
package import Locking
internal import Platform
package import Storage

extension ProgramPinning {
    /// Pins a Python interpreter: its program, standard library and shared libraries, laid out below `env/`.
    package static func pin(interpreter: FoundInterpreter, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try pin(interpreterAt: interpreter.executable, store: store)
    }

    /// As the other form, for a program that answers for itself.
    ///
    /// Left out is what no command needs: bytecode, tests, Tk, static libraries, installed packages. A module of the standard
    /// library whose shared library is not on this machine is left out too, as it cannot be imported here either.
    static func pin(interpreterAt path: HostPath, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        let layout = try InterpreterLayout.ask(path)
        var draft = ProgramDraft(closure: try LibraryClosure(for: layout.program))
        let name = "python" + layout.release
        let program = LibraryClosure.Placed(file: layout.program, place: Array("env/bin/\(name)".utf8))
        try draft.add(elf: program.file, at: program.place)
        for link in ["python3", "python"] { try draft.add(.link(target: Array(name.utf8)), at: "env/bin/\(link)") }
        // What the C library opens on its own: for ending threads, and in old versions for names of users.
        for library in ["libgcc_s.so.1", "libnss_files.so.2"] { try draft.add(libraryIfPresent: library) }

        let library = "env/lib/\(layout.libraryName)"
        for folder in layout.libraryFolders { try draft.add(standardLibrary: folder, at: Array(library.utf8), loader: program) }
        try draft.add(.emptyFolder, at: library + "/site-packages")
        if let other = layout.packagesName {
            // Debian's interpreters look for packages here alone.
            try draft.add(.link(target: Array("site-packages".utf8)), at: library + "/" + other)
        }
        return try draft.pin(in: store)
    }
}

extension ProgramDraft {
    /// Adds the files of one folder of the standard library below `place`.
    fileprivate mutating func add(
        standardLibrary folder: HostPath, at place: [UInt8], loader: LibraryClosure.Placed
    ) throws(PinningError) {
        for file in try FolderWalk.files(below: folder, skipping: StandardLibrary.leavesOut) {
            let path = LibraryClosure.join(place, Array(file.bytes.dropFirst(folder.bytes.count + 1)))
            guard StandardLibrary.isModule(file.lastComponent) else {
                try add(.file(file), at: String(decoding: path, as: UTF8.self))
                continue
            }
            do throws(PinningError) {
                try add(elf: file, at: path, loadedBy: loader)
            } catch {
                guard case .noLibrary = error else { throw error }
            }
        }
    }
}

/// Which files of a standard library commands need.
private enum StandardLibrary {
    /// Folders of packages that people install, of tests, and of what needs a screen; `depth` 0 is the library itself.
    static func leavesOut(_ name: [UInt8], _ depth: Int, _ kind: FileKind) -> Bool {
        let text = String(decoding: name, as: UTF8.self)
        if kind == .directory {
            if ["__pycache__", "test", "tests"].contains(text) { return true }
            guard depth == 0 else { return false }
            return ["dist-packages", "idlelib", "site-packages", "tkinter", "turtledemo"].contains(text) || text.hasPrefix("config-")
        }
        if [".a", ".exe", ".pyc", ".pyo"].contains(where: { text.hasSuffix($0) }) { return true }
        guard isModule(name) else { return false }
        return ["_ctypes_test", "_test", "_tkinter", "_xxtestfuzz", "xxlimited", "xxsubtype"].contains { text.hasPrefix($0) }
    }

    static func isModule(_ name: [UInt8]) -> Bool { String(decoding: name, as: UTF8.self).hasSuffix(".so") }
}

/// What a Python interpreter says about where it lies.
struct InterpreterLayout {
    /// The program itself, every link resolved.
    let program: HostPath
    /// Such as `3.11`, with a `t` for a free-threaded one.
    let release: String
    /// The name of the folder of its standard library, such as `python3.11`.
    let libraryName: String
    /// The standard library; a second folder where the parts for this machine lie apart.
    let libraryFolders: [HostPath]
    /// The folder in the standard library where installed packages are looked for, when it is not `site-packages`.
    let packagesName: String?

    private static let question = """
        import json, os, platform, site, sys, sysconfig
        paths = sysconfig.get_paths()
        print(json.dumps({
            "executable": os.path.realpath(sys.executable),
            "base": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
            "implementation": platform.python_implementation(),
            "folders": [os.path.realpath(paths["stdlib"]), os.path.realpath(paths["platstdlib"])],
            "library": os.path.realpath(os.path.dirname(os.__file__)),
            "prefix": os.path.realpath(sys.base_prefix),
            "packages": site.getsitepackages(["/"]),
            "release": "%d.%d" % sys.version_info[:2] + getattr(sys, "abiflags", "").replace("m", "").replace("d", ""),
        }))
        """

    /// Asks the interpreter at `path`, which may be a link, a virtual environment's, or a stand-in that starts another.
    ///
    /// - Throws: `.silentInterpreter`, `.notFound`, `.unreadable`.
    static func ask(_ path: HostPath) throws(PinningError) -> InterpreterLayout {
        let outcome: ProcessRunner.Outcome
        do throws(SystemError) {
            // DETERMINISM: nothing of our environment may reach the answer, but for what finds a version manager's choice.
            var environment = ["LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"]
            for name in ["PATH", "HOME", "PYENV_VERSION", "PYENV_ROOT"] { environment[name] = Host.environment(name) }
            outcome = try ProcessRunner.run([path.description, "-I", "-S", "-c", question], environment: environment)
        } catch {
            if error.isMissing { throw .notFound(path.description, searched: []) }
            throw .unreadable(error)
        }
        func silent(_ reason: String) -> PinningError { .silentInterpreter(path.description, reason: reason) }
        guard outcome.status == 0 else {
            let last = outcome.errorText.split(separator: "\n").last.map(String.init) ?? "it ends with status \(outcome.status)"
            throw silent(last)
        }
        let answer = JSONDocument.parse(SourceText(name: path.description, bytes: outcome.output))
        guard !answer.hasErrors, let root = answer.value?.root else { throw silent("its answer is no JSON") }
        guard root["implementation"]?.string == "CPython" else { throw silent("it is not CPython") }
        guard let release = root["release"]?.string, let library = root["library"]?.string,
            let folders = root["folders"]?.elements.compactMap(\.string), let packages = root["packages"]?.elements.compactMap(\.string)
        else { throw silent("its answer is incomplete") }
        // In a virtual environment the program is a link to the base's, or a copy that the base stands behind.
        guard let program = [root["base"]?.string, root["executable"]?.string].compactMap({ $0 }).first(where: { isProgram($0) }) else {
            throw silent("its program is not an ELF file")
        }
        let libraryName = String(decoding: HostPath(library).lastComponent, as: UTF8.self)
        guard libraryName == "python" + release else { throw silent("its standard library is '\(library)'") }
        var found: [HostPath] = []
        for folder in [library] + folders where !found.contains(HostPath(folder)) {
            if try ProgramPinning.isFolder(HostPath(folder)) { found.append(HostPath(folder)) }
        }
        let names = packages.filter { $0.hasSuffix("/lib/\(libraryName)/" + lastName($0)) }.map(lastName)
        let packagesName = names.contains("site-packages") ? nil : names.first
        guard packagesName.map({ Tree.isName(Array($0.utf8)) }) ?? true else { throw silent("it names an odd folder for packages") }
        guard packagesName != nil || names.contains("site-packages") else {
            throw silent("it looks for packages nowhere beside its library")
        }
        return InterpreterLayout(
            program: HostPath(program), release: release, libraryName: libraryName, libraryFolders: found, packagesName: packagesName)
    }

    private static func lastName(_ path: String) -> String { String(decoding: HostPath(path).lastComponent, as: UTF8.self) }

    private static func isProgram(_ path: String) -> Bool {
        guard let machine = try? ElfHead.read(HostPath(path)) else { return false }
        return machine != 0
    }
}

extension ProgramPinning {
    static func isFolder(_ path: HostPath) throws(PinningError) -> Bool {
        do throws(SystemError) {
            return try Files.status(path)?.kind == .directory
        } catch {
            throw .unreadable(error)
        }
    }
}
