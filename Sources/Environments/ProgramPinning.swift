package import Locking
package import Storage
internal import Platform

/// Pins programs by the files that they need: the program, its loader and libraries, and its data.
///
/// Everything is put into the store and is durable after its next flush. The same files give the same tree, whoever asks.
package enum ProgramPinning {
    /// Pins a tool: `sh`, `coreutils`, or any program on `PATH`.
    ///
    /// `sh` is what `/bin/sh` is; `coreutils` are the GNU programs that lie beside `ls`, with the locale `C.UTF-8`. Any other
    /// name is the first such file on `PATH`; when a package manager knows it, its package's own data comes along.
    package static func pin(tool name: String, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try pin(tool: name, store: store, search: ProgramSearch())
    }

    /// As the other form, with a `PATH` of its own.
    static func pin(tool name: String, store: DirectoryStore, search: ProgramSearch) throws(PinningError) -> ProgramPin {
        switch name {
        case "sh": try pin(shellIn: store)
        case "coreutils": try pin(coreutilsIn: store, search)
        default: try pin(programOnPath: name, store, search)
        }
    }

    private static func pin(shellIn store: DirectoryStore) throws(PinningError) -> ProgramPin {
        let shell = HostPath("/bin/sh")
        guard try exists(shell) else { throw .notFound("sh", searched: ["/bin"]) }
        let file = try resolved(shell)
        var draft = ProgramDraft(closure: try LibraryClosure(for: file), search: ProgramSearch())
        try draft.add(program: file, at: "usr/bin/sh")
        return try draft.pin(in: store)
    }

    private static func pin(coreutilsIn store: DirectoryStore, _ search: ProgramSearch) throws(PinningError) -> ProgramPin {
        let list = try search.find("ls")
        var draft = ProgramDraft(closure: try LibraryClosure(for: try resolved(list)), search: search)
        for name in Coreutils.names {
            let program = list.parent.appending(name)
            guard try exists(program) else { continue }
            try draft.add(program: try resolved(program), at: "usr/bin/" + name)
        }
        for data in Coreutils.data { try draft.add(dataBelow: HostPath(data)) }
        return try draft.pin(in: store)
    }

    private static func pin(programOnPath name: String, _ store: DirectoryStore, _ search: ProgramSearch) throws(PinningError) -> ProgramPin
    {
        let found = try search.find(name)
        let file = try resolved(found)
        var draft: ProgramDraft
        if let script = try ScriptHead.read(file) {
            let interpreter = try script.program(neededBy: file, search)
            draft = ProgramDraft(closure: try LibraryClosure(for: try resolved(interpreter)), search: search)
        } else {
            draft = ProgramDraft(closure: try LibraryClosure(for: file), search: search)
        }
        try draft.add(tool: file, named: name)
        return try draft.pin(in: store)
    }

    static func exists(_ path: HostPath) throws(PinningError) -> Bool {
        do throws(SystemError) {
            return try Files.status(path)?.kind == .regular
        } catch {
            throw .unreadable(error)
        }
    }

    static func resolved(_ path: HostPath) throws(PinningError) -> HostPath {
        do throws(SystemError) {
            return try Files.resolved(path)
        } catch {
            throw .unreadable(error)
        }
    }
}

/// Finds programs on `PATH`.
struct ProgramSearch {
    /// Folders, in this order; relative ones have no meaning beyond one shell and are passed over.
    let folders: [String]

    init(path: String = Host.environment("PATH") ?? "/usr/bin:/bin") {
        folders = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The first file by that name that may be run.
    ///
    /// Stand-ins of version managers are passed over: what they start depends on files that are nowhere declared.
    ///
    /// - Throws: `.notFound`, `.shim` when there is nothing but a stand-in.
    func find(_ name: String) throws(PinningError) -> HostPath {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else { throw .notFound(name, searched: folders) }
        var shim: HostPath?
        for folder in folders {
            let path = HostPath(folder).appending(name)
            // A folder that may not be read has no programs for us.
            guard let status = try? Files.status(path), status.kind == .regular, status.mode & 0o111 != 0 else { continue }
            if path.parent.lastComponent.elementsEqual("shims".utf8) {
                shim = shim ?? path
                continue
            }
            return path
        }
        if let shim { throw .shim(name, path: shim.description) }
        throw .notFound(name, searched: folders)
    }
}

/// The first line of a script.
struct ScriptHead {
    /// The program after `#!`.
    let interpreter: HostPath
    /// The word after it.
    let argument: String?
    /// The line as it stands, without `#!`.
    let line: String

    /// The kernel reads no more of a first line than this.
    private static let longest = 256

    /// The first line of `file`; nil when it is no script.
    static func read(_ file: HostPath) throws(PinningError) -> ScriptHead? {
        do throws(SystemError) {
            return ScriptHead(try FileHead.read(file, count: longest))
        } catch {
            throw .unreadable(error)
        }
    }

    init?(_ head: [UInt8]) {
        guard head.starts(with: "#!".utf8) else { return nil }
        let text = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        let words = text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        guard let first = words.first, first.first == UInt8(ascii: "/") else { return nil }
        interpreter = HostPath(bytes: Array(first))
        argument = words.dropFirst().first.map { String(decoding: $0, as: UTF8.self) }
        line = String(decoding: text, as: UTF8.self)
    }

    private var isEnvironmentLookup: Bool { interpreter.lastComponent.elementsEqual("env".utf8) }

    /// The program that runs the script.
    ///
    /// - Throws: `.noInterpreter` when there is none, or when it is Python, whose packages no tool can bring along.
    func program(neededBy script: HostPath, _ search: ProgramSearch) throws(PinningError) -> HostPath {
        var program = interpreter
        if isEnvironmentLookup {
            guard let argument, !argument.hasPrefix("-"), let found = try? search.find(argument) else {
                throw .noInterpreter(script.description, line: "#!" + line)
            }
            program = found
        }
        if program.lastComponent.starts(with: "python".utf8) {
            throw .notProgram(script.description, reason: "it is a Python script; name its package in 'requirements' instead")
        }
        guard try ProgramPinning.exists(program) else { throw .noInterpreter(script.description, line: "#!" + line) }
        return program
    }

    /// Where the line's own words look for programs below the root: the interpreter, and `env` when it is asked.
    func places(of program: HostPath) -> [(file: HostPath, place: [UInt8])] {
        let name = program.lastComponent
        if isEnvironmentLookup {
            return [(interpreter, HostPlace.normalised(interpreter.bytes)), (program, Array("usr/bin/".utf8) + name)]
        }
        return [(program, HostPlace.normalised(interpreter.bytes))]
    }
}

/// The programs of GNU coreutils, and what they need besides libraries.
enum Coreutils {
    static let names: [String] =
        ("[ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown cksum comm cp csplit cut date dd df dir dircolors "
        + "dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir "
        + "mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm "
        + "rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac "
        + "tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes")
        .split(separator: " ").map(String.init)

    /// The locale that commands run in, and the library that `stdbuf` lends to other programs.
    static let data = ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8", "/usr/libexec/coreutils"]
}
