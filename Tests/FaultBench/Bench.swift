import Canonical
import Glibc
import Platform

/// One place in which cases run, one after the other: a workspace, a store, a home, a folder that is a remote.
struct Bench {
    let root: HostPath
    /// The name of the workspace's folder.
    var place = "work"
    /// What stands beside the door of every child.
    var twin: (() -> DoorTwin)?
    /// Variables that children have beside the usual ones.
    var variables: [(name: String, value: String)] = []
    var work: HostPath { root.appending(place) }
    var store: HostPath { root.appending("cache") }
    var remote: HostPath { root.appending("remote") }

    /// An order to be mlbuild here.
    func order(_ words: [String], directory: String? = nil) -> Order {
        var order = Order(words: words, directory: directory.map { root.appending($0) } ?? work)
        order.variables = [
            ("PATH", "/usr/bin:/bin"), ("HOME", root.appending("home").description), ("MLBUILD_CACHE", store.description),
            ("NO_COLOR", "1"),
        ]
        order.variables += variables
        order.twin = twin?()
        return order
    }

    func run(_ words: [String], directory: String? = nil) -> ChildEnd { Child.run(order(words, directory: directory)) }

    func clear() throws(SystemError) { try Files.removeTree(root) }

    /// Lays out an image in place of all that is here.
    func lay(_ image: FolderImage) throws(SystemError) {
        try clear()
        try image.lay(out: root)
    }

    func write(_ text: String, to name: String) throws(SystemError) {
        let path = root.appending(name)
        try Files.makeDirectories(path.parent)
        try Files.write(Array(text.utf8), to: path)
    }

    /// The folder for benches: in memory where there is a file system for that.
    static func folder() throws(SystemError) -> HostPath {
        var parent = HostPath(Host.environment("TMPDIR") ?? "/tmp")
        let memory = HostPath("/dev/shm")
        if try Files.status(memory)?.kind == .directory { parent = memory }
        return parent.appending("mlbuild-bench-" + Host.uniqueText())
    }
}

/// Something that must not be so, with all that is needed to see it again.
struct Finding: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
