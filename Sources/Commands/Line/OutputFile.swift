internal import Manifests
internal import Platform
internal import Storage

/// Where `-o` sends a result: checked before any work is done, so that nothing is lost to a slip of the keyboard.
///
/// What a workspace stands on is never replaced, nor what the command itself reads, under whatever name or link.
struct OutputFile {
    private enum Target {
        case standardOutput
        /// A regular file, there or to come: replaced as one step.
        case file(HostPath)
        /// A fifo, a device: written into, for a rename would put a file in its place.
        case stream(HostPath)
    }

    /// As the command line names it.
    let name: String
    private let target: Target

    /// `-` stands for standard output.
    ///
    /// - Parameters:
    ///   - start: The folder that a relative name starts from.
    ///   - inputs: What the command reads, by names that start there too.
    init(_ name: String, from start: HostPath, reading inputs: [String] = []) throws(CommandFailure) {
        self.name = name
        if name == "-" {
            target = .standardOutput
            return
        }
        if name.isEmpty { throw CommandFailure(.usage, "'-o' needs the name of a file") }
        let path = start.resolving(name)
        let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(path) }
        switch status?.kind {
        case .directory: throw CommandFailure(.usage, "'\(name)' is a folder", hint: "name a file in it")
        case .other:
            target = .stream(path)
            return
        case .regular, .symbolicLink:
            // Through links to the file itself, so that it is what gets replaced.
            target = .file(try CommandFailure.catching { () throws(SystemError) in try Files.resolved(path) })
        case nil: target = .file(try Self.newFile(path, name))
        }
        guard case .file(let file) = target else { return }
        if let status {
            for input in inputs {
                let other = try CommandFailure.catching { () throws(SystemError) in try Files.status(start.resolving(input)) }
                guard let other, FileIdentity(other) == FileIdentity(status) else { continue }
                throw CommandFailure(.usage, "'\(name)' is '\(input)', which this command reads", hint: "name another file")
            }
        }
        if let what = try WorkspaceGuard.meaning(of: file) {
            throw CommandFailure(.usage, "'\(name)' is \(what), and is not overwritten", hint: "name another file")
        }
    }

    /// Whether the result goes where other programs may read it, so that nothing else may be printed there.
    var isStandardOutput: Bool {
        if case .standardOutput = target { true } else { false }
    }

    /// The file that is to be replaced, when there is one.
    func existing(limit: Int) throws(CommandFailure) -> [UInt8]? {
        guard case .file(let path) = target else { return nil }
        return try CommandFailure.catching { () throws(SystemError) in try Files.readIfPresent(path, limit: limit) }
    }

    func write(_ bytes: [UInt8], durable: Bool = false) throws(CommandFailure) {
        try CommandFailure.catching { () throws(SystemError) in
            switch target {
            case .standardOutput: Terminal.write(bytes, to: .output)
            case .file(let path): try Files.write(bytes, to: path, durable: durable)
            case .stream(let path): try Files.write(bytes, into: path)
            }
        }
    }

    /// Puts an artifact of the store there: its file as one step, without holding it in memory.
    func write(_ object: StoredObject, isExecutable: Bool, from store: DirectoryStore) throws(CommandFailure) {
        var bytes: [UInt8] = []
        do throws(StoreError) {
            if case .file(let path) = target { return try store.materialise(object, at: path, isExecutable: isExecutable) }
            bytes = try store.read(object.digest)
        } catch {
            throw CommandFailure(error)
        }
        try write(bytes)
    }

    /// The place of a file that is not there yet, its folder resolved.
    private static func newFile(_ path: HostPath, _ name: String) throws(CommandFailure) -> HostPath {
        if name.hasSuffix("/") { throw CommandFailure(.usage, "'\(name)' is the name of a folder", hint: "name a file in it") }
        let (link, folder) = try CommandFailure.catching { () throws(SystemError) in
            (try Files.status(path, followLinks: false), try Files.status(path.parent))
        }
        if link != nil { throw CommandFailure(.refused, "'\(name)' is a link that leads nowhere", hint: "remove it, or name another file") }
        guard folder?.kind == .directory else {
            let parent = HostPath(name).parent
            throw CommandFailure(.refused, "there is no folder '\(parent)'", hint: "mkdir -p \(Shell.quoted(parent.description))")
        }
        return try CommandFailure.catching { () throws(SystemError) in try Files.resolved(path.parent).appending(path.lastComponent) }
    }
}
