internal import Canonical
internal import Manifests
internal import Platform

/// `init`: makes a workspace from a template.
struct InitCommand {
    private let template: String
    private let lists: Bool
    private let directory: String?
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        template = arguments.value("template") ?? "tabular"
        lists = arguments.has("list")
        directory = arguments.operands.first
        if directory?.isEmpty == true { throw CommandFailure(.usage, "'init' needs the name of a folder, and got an empty one") }
        start = try WorkspaceFolder.start(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        lists ? list(reporter) : try make(reporter)
    }

    private func list(_ reporter: Reporter) -> ExitStatus {
        for template in Template.all {
            reporter.result("\(template.name)\t\(template.title)\n")
            reporter.record("template", [JSONMember("name", .string(template.name)), JSONMember("title", .string(template.title))])
        }
        return .done
    }

    private func make(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let template = try Template.named(template)
        let folder = directory.map(start.resolving) ?? start
        let others = template.files.filter { $0.path != Manifest.fileName }
        // The manifest comes last: without one, what lies there is of an `init` that was stopped, or no workspace's.
        let files =
            others + [(path: ".gitignore", bytes: Array(GitIgnore.text(for: template.manifest).utf8))]
            + template.files.filter { $0.path == Manifest.fileName }
        try refuseToOverwrite(files, in: folder)
        var hasIgnore = false
        var made: [HostPath] = []
        do throws(SystemError) {
            for file in files {
                let path = folder.appending(file.path)
                if file.path == ".gitignore", let old = try Files.readIfPresent(path) {
                    hasIgnore = true
                    if let merged = GitIgnore.completed(old, for: template.manifest) { try Files.write(merged, to: path, durable: true) }
                    continue
                }
                // Left by one that was stopped: it has the right bytes.
                if try Files.status(path, followLinks: false) != nil { continue }
                made += try Self.makeFolders(path.parent)
                // Before it is written: the file may be in place although it was not made durable.
                made.append(path)
                try Files.write(file.bytes, to: path, durable: true)
            }
        } catch {
            // Half a workspace would stand in the way of the next attempt.
            for path in made.reversed() { Self.discard(path) }
            throw CommandFailure(error)
        }
        for file in files {
            reporter.record("file", [JSONMember("path", .string(file.path)), JSONMember("size", .integer(file.bytes.count))])
        }
        let shown = directory ?? "this folder"
        reporter.say("made a '\(template.name)' workspace in \(shown): \(files.count - (hasIgnore ? 1 : 0)) files")
        let place = try CommandFailure.catching { () throws(SystemError) in try Files.resolved(folder) }
        if let outer = try WorkspaceFolder.workspace(above: place) {
            reporter.say("note: it lies inside another workspace, '\(outer)'; each keeps to itself")
        }
        reporter.next((directory.map { "cd \(Shell.quoted($0)) && " } ?? "") + "mlbuild build")
        return .done
    }

    /// Makes a folder and those above it, and gives the ones that were not there.
    private static func makeFolders(_ folder: HostPath) throws(SystemError) -> [HostPath] {
        var missing: [HostPath] = []
        var current = folder
        while try Files.status(current) == nil, current.parent != current {
            missing.append(current)
            current = current.parent
        }
        try Files.makeDirectories(folder, durable: true)
        return missing.reversed()
    }

    /// Takes back a file, or a folder that nothing else lies in; what stopped `init` is what gets reported, not this.
    private static func discard(_ path: HostPath) {
        do throws(SystemError) {
            if try Files.status(path, followLinks: false)?.kind == .directory {
                try Files.removeDirectory(path)
            } else {
                try Files.removeFileIfPresent(path)
            }
        } catch {
            return
        }
    }

    /// Names every file that stands in the way, before anything is written, and clears up after an `init` that was killed.
    ///
    /// Where there is no manifest yet, files with the very bytes of the template stand in nobody's way.
    private func refuseToOverwrite(_ files: [(path: String, bytes: [UInt8])], in folder: HostPath) throws(CommandFailure) {
        var taken: [String] = []
        do throws(SystemError) {
            let isWorkspace = try Files.status(folder.appending(Manifest.fileName), followLinks: false) != nil
            for file in files where file.path != ".gitignore" {
                let path = folder.appending(file.path)
                guard let status = try Files.status(path, followLinks: false) else { continue }
                if !isWorkspace, status.kind == .regular, try Files.readIfPresent(path, limit: 1 << 24) == file.bytes { continue }
                taken.append(file.path)
            }
            if taken.isEmpty {
                for parent in Set(files.map { folder.appending($0.path).parent }).sorted() { try Files.removeTemporaries(in: parent) }
            }
        } catch {
            throw CommandFailure(error)
        }
        if taken.isEmpty { return }
        let names = taken.map { "'\($0)'" }.joined(separator: ", ")
        throw CommandFailure(
            .problem, "\(names) \(taken.count == 1 ? "is" : "are") there already, and 'init' never overwrites",
            hint: "name another folder: mlbuild init --template \(template) DIR")
    }
}
