package import Platform

/// The places under `.mlbuild/` where a workspace keeps its own state.
///
/// All of it can be deleted at any time: what is lost is speed and history, never a result.
package struct StateFolder: Sendable {
    package let root: HostPath
    package let path: HostPath

    package init(root: HostPath) {
        self.root = root
        path = root.appending(".mlbuild")
    }

    /// Makes the folder. A link in its place is not followed: nobody would look for what changes behind it.
    func make() throws(SystemError) {
        try refuseLink(path)
        try Files.makeDirectories(path)
    }

    /// Makes way for what mlbuild keeps here, where something else lies in its place; only for the holder of the lock.
    ///
    /// Links, fifos, and what is empty are taken away.
    ///
    /// - Throws: when something in the way may be of worth to somebody, and for a folder of ours that is a link.
    // SPEC: state.md
    func makeWay() throws(SystemError) {
        for file in [index, contents, signatures, outputs] {
            guard let kind = try Files.status(file, followLinks: false)?.kind, kind != .regular else { continue }
            if kind == .directory { try removeEmpty(file, "a folder") } else { try Files.removeFile(file) }
        }
        for folder in [journal, logs] { try refuseLink(folder) }
        for folder in [busy, journal, logs] {
            guard let status = try Files.status(folder, followLinks: false), status.kind != .directory else { continue }
            if status.kind == .regular, status.size > 0 { throw inTheWay(folder, "a file") }
            try Files.removeFile(folder)
        }
        if try Files.status(busy, followLinks: false) != nil, try !Files.list(busy).isEmpty { throw inTheWay(busy, "a folder") }
    }

    private func removeEmpty(_ folder: HostPath, _ what: String) throws(SystemError) {
        guard try Files.list(folder).isEmpty else { throw inTheWay(folder, what) }
        try Files.removeDirectory(folder)
    }

    private func inTheWay(_ place: HostPath, _ what: String) -> SystemError {
        place.refusal("keep the workspace's state in", "\(what) that mlbuild did not make lies there; move it away")
    }

    private func refuseLink(_ folder: HostPath) throws(SystemError) {
        guard try Files.status(folder, followLinks: false)?.kind == .symbolicLink else { return }
        throw folder.refusal(
            "keep the workspace's state in",
            "it is a symbolic link, which mlbuild does not follow; remove it "
                + "(to keep results on another disk, set MLBUILD_CACHE to a folder there)")
    }

    /// Keeps the folder out of Git, wherever the workspace comes from; what somebody put there stays.
    func keepOutOfGit() throws(SystemError) {
        let file = path.appending(".gitignore")
        if try Files.status(file, followLinks: false) == nil { try Files.write(Array("*\n!config.json\n!signers\n".utf8), to: file) }
    }

    /// What the next build trusts instead of looking closer; see ``NoOpIndex``.
    package var index: HostPath { path.appending("index") }
    /// Held while a build changes the workspace; see ``WorkspaceLock``.
    package var lock: HostPath { path.appending("lock") }
    /// There while a process changes the workspace; left behind by one that was killed.
    package var busy: HostPath { path.appending("busy") }
    /// The output paths that mlbuild has written to; see ``OutputClaims``.
    package var outputs: HostPath { path.appending("outputs") }
    /// What earlier builds found at paths of the workspace; see ``ContentMemory``.
    var contents: HostPath { path.appending("contents") }
    /// What is remembered of single files, by signature.
    package var signatures: HostPath { path.appending("signatures") }
    /// What commands wrote to their standard output and error, one file per stage.
    package var logs: HostPath { path.appending("logs") }
    /// What the last run of a stage wrote; nothing is there when it wrote nothing.
    package func log(of stage: String) -> HostPath { logs.appending(stage + ".log") }
    /// One file per build; see ``Journal``.
    package var journal: HostPath { path.appending("journal") }
}
