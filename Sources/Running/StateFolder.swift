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

    /// Keeps the folder out of Git, wherever the workspace comes from; what somebody put there stays.
    func keepOutOfGit() throws(SystemError) {
        let file = path.appending(".gitignore")
        if try Files.status(file, followLinks: false) == nil { try Files.write(Array("*\n!config.json\n".utf8), to: file) }
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
