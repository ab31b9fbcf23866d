import Canonical
import Diagnostics
import Locking
import Platform

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
        let message = problem.line.map { "line \($0) of '\(problem.file)' cannot be locked: \(problem.message)" } ?? problem.message
        switch problem.sort {
        case .outside: return escaping(message, location)
        case .missing where problem.line == nil: return error("no-requirements", message, location, [problem.wayOut])
        case .missing, .bad: return error("bad-requirements", message, location, [problem.wayOut])
        }
    }

    static let inside = "copy the file there, or let the link lead to a place inside"

    static func leadsOut(_ path: String, _ target: HostPath) -> String { "the link '\(path)' leads out of the workspace, to '\(target)'" }

    static func outside(_ path: String, _ target: HostPath, at location: Diagnostic.Location?) -> Diagnostic {
        escaping(leadsOut(path, target), location)
    }

    /// As of data whose link leads out of it.
    private static func escaping(_ message: String, _ location: Diagnostic.Location?) -> Diagnostic {
        Diagnostic(code: "lock/escaping-link", message, at: location, notes: [Diagnostic.Note(inside)])
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

    /// A tool that the store lacks, and of which this machine has another build or none.
    static func otherProgram(_ name: String, pinned: ProgramPin, here: ProgramPin?, at location: Diagnostic.Location?) -> Diagnostic {
        let (was, own) = difference(pinned, here)
        return error(
            "program-missing", "program '\(name)' is pinned, and neither the store nor this machine has it as it is pinned", location,
            ["pinned: \(was)", "here:   \(own)"] + waysOut(install: "install what is pinned and run 'mlbuild lock'", update: name))
    }

    /// An interpreter that the store lacks, and of which this machine has another version, another build or none.
    ///
    /// - Parameters:
    ///   - here: the interpreter of the pinned version, when there is one.
    ///   - found: all of this machine's.
    ///   - wanted: the version in the manifest.
    static func otherInterpreter(
        _ name: String, pinned: ProgramPin, here: (interpreter: FoundInterpreter, pin: ProgramPin)?, found: [FoundInterpreter],
        wanted: String, at location: Diagnostic.Location?
    ) -> Diagnostic {
        let version = String(name.dropFirst("python-".count))
        if let (interpreter, pin) = here {
            let (was, own) = difference(pinned, pin)
            let install = "install the build that is pinned and run 'mlbuild lock'"
            return error(
                "program-missing", "Python \(version) is pinned, the store lacks it, and this machine's \(version) is another build",
                location,
                ["pinned: \(was)", "here:   \(interpreter.executable), \(own)"] + waysOut(install: install, update: name))
        }
        let others = found.map { "Python \($0.version) (\($0.executable))" }
        let near = found.filter { $0.answers(wanted) }.max { $1.isNewer(than: $0) }
        let message = near.map { "Python \(version) is pinned, the store lacks it, and this machine has \($0.version)" }
        let update = near == nil ? nil : name
        return error(
            "program-missing", message ?? "Python \(version) is pinned, and neither the store nor this machine has it", location,
            [
                "pinned: Python \(version), \(difference(pinned, nil).pinned)",
                "here:   " + (others.isEmpty ? "no Python 3" : others.joined(separator: ", ")),
            ]
                + waysOut(install: "install Python \(version) and run 'mlbuild lock'", update: update))
    }

    /// Libraries of wheels that the store lacks, and of which this machine has others.
    static func otherLibraries(of environment: String, pinned: DataPin, here: DataPin?, at location: Diagnostic.Location?) -> Diagnostic {
        error(
            "program-missing",
            "the libraries of environment '\(environment)' are pinned, and neither the store nor this machine has them as they are pinned",
            location,
            [
                "pinned: \(pinned.digest) (\(files(pinned)))", "here:   " + (here.map { "\($0.digest) (\(files($0)))" } ?? "none"),
            ] + waysOut(install: "install the same versions of the system's libraries and run 'mlbuild lock'", update: environment))
    }

    private static func files(_ pin: DataPin) -> String { "\(pin.files) \(pin.files == 1 ? "file" : "files"), \(pin.size) bytes" }

    /// What is pinned and what is here, by packages where these differ, else by digest.
    private static func difference(_ pinned: ProgramPin, _ here: ProgramPin?) -> (pinned: String, here: String) {
        func packages(_ pin: ProgramPin, without other: ProgramPin?) -> String {
            let own = pin.origin.filter { !(other?.origin ?? []).contains($0) }
            guard !own.isEmpty else { return "\(pin.tree.digest)" }
            return own.prefix(5).joined(separator: ", ") + (own.count > 5 ? " and \(own.count - 5) more" : "") + " (\(pin.tree.digest))"
        }
        return (packages(pinned, without: here), here.map { packages($0, without: pinned) } ?? "none")
    }

    private static func waysOut(install: String, update: String?) -> [String] {
        [install, "or copy the store of a machine that has it"]
            + (update.map { ["or 'mlbuild lock --update \($0)' pins what is here: stages run anew, and results may change"] }
                ?? ["or ask for a version that is here: stages run anew, and results may change"])
    }

    /// Parts that are pinned and cannot be put together.
    static func assembling(_ failure: EnvironmentError, places: ManifestPlaces) -> Diagnostic {
        switch failure {
        case .clash(let path, let parts):
            let names = parts.map { "'\($0)'" }.joined(separator: " and ")
            // A wheel is what a manifest asks for by name, or what such a one needs.
            let location = parts.compactMap { WheelName($0) }.first.map { places.requirement($0.project) } ?? places.whole
            return error(
                "clash", "\(names) bring different content for '\(path)'", location,
                ["an environment has one file at a place: do without one of them, or ask for another version"])
        case .badWheel(let wheel, _):
            return error("unpinnable", failure.description, WheelName(wheel).map { places.requirement($0.project) } ?? places.python, [])
        case .missing, .missingLibraries, .platform, .changed, .store:
            return error("unpinnable", failure.description, places.whole, [])
        }
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
        func meant(_ requirement: String) -> [String] { meantPackage(requirement).map { [$0] } ?? [] }
        switch failure.cause {
        case .unknownPackage(let project):
            return error(
                "unknown-package", "no index that is asked has a package '\(project)'", place(project),
                meant(project) + ["look at the spelling; private packages need their index in pip's configuration"] + said)
        case .noVersion(let requirement, let available):
            return error(
                "no-version", "there is no version for \(here) that '\(requirement)' allows", place(requirement),
                meant(requirement) + (available.isEmpty ? said : ["versions that there are: \(closest(to: requirement, in: available))"]))
        case .noWheel(let requirement, let misfit):
            let (what, way) = words(misfit, python: python)
            return error(
                "no-wheel", "there is no wheel of '\(requirement)' for \(here): \(what)", place(requirement),
                meant(requirement).isEmpty ? [way] : meant(requirement))
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

    /// Modules whose package has another name, so that people ask for a package by the wrong one.
    private static let packages = [
        "bs4": "beautifulsoup4", "cv2": "opencv-python", "pil": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml",
    ]

    private static func meantPackage(_ requirement: String) -> String? {
        packages[Requirement.project(requirement)].map {
            "'\(requirement.prefix { $0.isLetter || $0.isNumber })' is the name of a module; the package that has it is '\($0)'"
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
