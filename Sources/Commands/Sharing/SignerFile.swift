internal import Diagnostics
internal import Platform
internal import Running
internal import Signing

/// Who may vouch for results of a workspace: `.mlbuild/signers`.
struct SignerFile {
    static let name = ".mlbuild/" + SignerList.fileName

    private let folder: WorkspaceFolder

    init(_ folder: WorkspaceFolder) { self.folder = folder }

    /// Those that are trusted; none without the file.
    ///
    /// - Throws: its diagnostics when it cannot be read.
    func list() throws(CommandFailure) -> SignerList {
        guard let source = try folder.text(Self.name) else { return SignerList() }
        let read = SignerList.read(source)
        guard let list = read.value, !read.hasErrors else { throw CommandFailure(read.diagnostics, in: [source]) }
        return list
    }

    /// Adds a line for a key; false when the key stands there already.
    func add(_ key: SignerKey, of name: String, _ reporter: Reporter) throws(CommandFailure) -> Bool {
        let lock = try folder.lock(reporter)
        if try list().signers.contains(where: { $0.key == key }) {
            try CommandFailure.catching { () throws(SystemError) in try lock.release() }
            return false
        }
        let text = try folder.text(Self.name)?.bytes ?? Array("# Who may vouch for results of this workspace.\n".utf8)
        let path = folder.root.appending(Self.name)
        try CommandFailure.catching { () throws(SystemError) in
            try Files.makeDirectories(path.parent)
            try Files.write(SignerList.adding(key, of: name, to: text), to: path, durable: true)
            try lock.release()
        }
        return true
    }
}

extension CommandFailure {
    /// Why something was not signed, or nobody vouches for it.
    init(_ error: SigningError) {
        switch error {
        case .noProgram: self.init(.refused, error.description, hint: "install OpenSSH's client")
        case .badKey, .unknownSigner, .badSignature: self.init(.problem, error.description)
        case .refused(let error): self.init(error)
        }
    }
}
