import Canonical
import Diagnostics
import Locking

/// What is said of environments that cannot be resolved: the cause, and the way out.
enum EnvironmentProblem {
    private static func error(_ code: String, _ message: String, _ location: Diagnostic.Location?, _ notes: [String]) -> Diagnostic {
        Diagnostic(code: "environment/" + code, message, at: location, notes: notes.map { Diagnostic.Note($0) })
    }

    // MARK: Files

    static func noFile(_ path: String, at location: Diagnostic.Location?) -> Diagnostic {
        error("no-requirements", "there is no '\(path)'", location, ["put the file there, or name another one"])
    }

    static func unreadableFile(_ path: String, _ reason: String, at location: Diagnostic.Location?) -> Diagnostic {
        error("bad-requirements", "'\(path)' cannot be read: \(reason)", location, ["the file must be one that you may read"])
    }

    static func requirements(_ problem: RequirementsList.Problem, isWhole: Bool, at location: Diagnostic.Location?) -> Diagnostic {
        guard let line = problem.line else {
            return error(
                problem.message.hasPrefix("there is no") ? "no-requirements" : "bad-requirements", problem.message, location,
                [problem.wayOut])
        }
        return error(
            "bad-requirements", "line \(line) of '\(problem.file)' cannot be locked: \(problem.message)", location, [problem.wayOut])
    }

    static func badLock(_ path: String, _ reason: String, at location: Diagnostic.Location?) -> Diagnostic {
        error("bad-requirements", "'\(path)' cannot be used: \(reason)", location, ["write it again with the tool that made it"])
    }

    // MARK: Programs

    static func noInterpreter(_ failure: InterpreterError, at location: Diagnostic.Location?) -> Diagnostic {
        error("no-interpreter", failure.description, location, [failure.remark, "install that version, or name one that is there"])
    }

    static func noPip(_ interpreter: FoundInterpreter, at location: Diagnostic.Location?) -> Diagnostic {
        error(
            "no-pip", "Python \(interpreter.version) (\(interpreter.executable)) has no pip, and neither another Python's nor uv helps out",
            location,
            ["install pip for it ('python3 -m ensurepip', or your system's package 'python3-pip'), or put uv on PATH"])
    }

    static func pinning(_ failure: PinningError, tool: String?, at location: Diagnostic.Location?) -> Diagnostic {
        switch failure {
        case .notFound(_, let searched):
            let places = searched.isEmpty ? "PATH names no folder" : "looked in \(searched.map { "'\($0)'" }.joined(separator: ", "))"
            let way = "install it, or take it out of 'tools'"
            return error("no-tool", "there is no program '\(tool ?? "")' on this machine", location, [places, way])
        case .shim, .noLibrary, .noInterpreter, .notProgram, .silentInterpreter, .tooLarge, .clash, .badWheel, .unreadable, .unkept, .store:
            return error("unpinnable", failure.description, location, [])
        }
    }

    static func otherProgram(_ name: String, pinned: ProgramPin, here: ProgramPin?, at location: Diagnostic.Location?) -> Diagnostic {
        let origin = pinned.origin.isEmpty ? [] : ["it came from \(pinned.origin.joined(separator: ", "))"]
        let found = here.map { "this machine's own is another: \($0.tree.digest)" } ?? "this machine has none"
        return error(
            "program-missing", "program '\(name)' is pinned at \(pinned.tree.digest), which is not in the store", location,
            [found] + origin + ["fill the store from a machine that has it, or run 'mlbuild lock --update \(name)'"])
    }

    // MARK: Wheels

    static func otherBytes(_ fileName: String, expected: Digest, got: Digest, at location: Diagnostic.Location?) -> Diagnostic {
        let project = WheelName(fileName)?.project ?? fileName
        return error(
            "hash-mismatch", "the index gives other bytes for '\(fileName)' than those that are pinned", location,
            ["expected \(expected)", "got      \(got)", "if that is known to be right, 'mlbuild lock --update \(project)' accepts it"])
    }

    static func noWheelAnywhere(_ fileName: String, _ failure: PipFailure, at location: Diagnostic.Location?) -> Diagnostic {
        let project = WheelName(fileName)?.project ?? fileName
        return error(
            "wheel-missing", "'\(fileName)' is pinned, and neither the store nor an index has it", location,
            words(failure)
                + ["fill the store from a machine that has it, or run 'mlbuild lock --update \(project)' to pin what is there now"])
    }

    static func badWheelName(_ fileName: String, at location: Diagnostic.Location?) -> Diagnostic {
        error("bad-wheel", "the index gives a wheel with the name '\(fileName)', which is no name of a wheel", location, [])
    }

    // MARK: pip

    /// What stood in pip's way while it resolved requirements for `python`.
    static func resolving(
        _ failure: PipFailure, python: String, places: ManifestPlaces, list: RequirementsList
    ) -> Diagnostic {
        let said = words(failure)
        func place(_ requirement: String) -> Diagnostic.Location? { places.requirement(Requirement.project(requirement)) }
        let here = "Python \(python) on \(EnvironmentPlatform.here)"
        switch failure.cause {
        case .unknownPackage(let project):
            return error(
                "unknown-package", "no index that is asked has a package '\(project)'", place(project),
                ["look at the spelling; private packages need their index in pip's configuration"] + said)
        case .noVersion(let requirement, let available):
            return error(
                "no-version", "there is no version for \(here) that '\(requirement)' allows", place(requirement),
                available.isEmpty ? said : ["versions that there are: \(closest(to: requirement, in: available))"])
        case .noWheel(let requirement, let misfit):
            let (what, way) = words(misfit, python: python)
            return error("no-wheel", "there is no wheel of '\(requirement)' for \(here): \(what)", place(requirement), [way])
        case .conflict(let lines, _):
            let location = list.requirements.count == 1 ? place(list.requirements[0].text) : places.requirement("")
            return error(
                "conflict", "the requirements contradict one another", location,
                lines + ["loosen one of them"] + (lines.isEmpty ? said : []))
        case .otherBytes(let requirement, let expected, let got):
            return error(
                "hash-mismatch", "a file of '\(requirement)' does not have a hash that stands beside the requirement", place(requirement),
                ["expected \(expected)", "got      \(got)", "if the file is right, write its hash there"])
        case .noHash(let lines):
            return error(
                "no-hash", "hashes are asked for, and a requirement or what it needs has none, or no version with '=='", places.file,
                lines + ["give every package in the file its hash, those that others need too"] + (lines.isEmpty ? said : []))
        case .unreachable(let reason):
            return error(
                "no-index", "no package index can be reached: \(reason)", places.python,
                ["look at the network, the proxy and pip's configuration ('python3 -m pip config list'); what is locked needs no index"]
                    + said)
        case .forbidden(let status):
            return error(
                "index-refused", "the package index does not let this user in (HTTP \(status))", places.python,
                ["give pip the user and password: in its configuration, a netrc file, a keyring, or PIP_INDEX_URL"] + said)
        case .badRequirement(let requirement):
            return error(
                "bad-requirements", "pip does not understand the requirement \(requirement)", place(String(requirement.dropFirst())), [])
        case .other: return error("pip-failed", "pip gives no wheels, and does not say why in words known here", places.python, said)
        }
    }

    /// The newest of the versions that begin as the one that is asked for does; at most eight.
    private static func closest(to requirement: String, in available: [String]) -> String {
        let version = requirement.drop { !"=<>~!".contains($0) }.drop { "=<>~! ".contains($0) }
        var parts = version.prefix { !",; ".contains($0) }.split(separator: ".")
        while !parts.isEmpty {
            parts.removeLast()
            let start = parts.map { $0 + "." }.joined()
            let near = available.filter { $0.hasPrefix(start) }
            if !near.isEmpty { return (near.count > 8 ? "..., " : "") + near.suffix(8).joined(separator: ", ") }
        }
        return (available.count > 8 ? "..., " : "") + available.suffix(8).joined(separator: ", ")
    }

    private static func words(_ misfit: PipFailure.Misfit, python: String) -> (what: String, wayOut: String) {
        switch misfit {
        case .onlySources:
            ("there are only source archives", "take a version that has wheels, or build a wheel and put it into an index or folder")
        case .otherTags: ("its wheels are for other Pythons or machines", "take another version of it, or of Python")
        case .otherPython(let range): ("it needs Python \(range)", "take another version of it, or of Python")
        }
    }

    private static func words(_ failure: PipFailure) -> [String] {
        failure.lastLines.map { "pip: " + $0.drop { $0 == " " } }
    }
}
