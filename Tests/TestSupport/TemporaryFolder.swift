package import Platform

/// A fresh folder under `$TMPDIR`, removed with everything in it when the object ends.
package final class TemporaryFolder: Sendable {
    package let path: HostPath

    /// With `inMemory` it lies in `/dev/shm` where there is one: for tests that wait for the medium thousands of times.
    package init(inMemory: Bool = false) throws(SystemError) {
        var parent = HostPath(Host.environment("TMPDIR") ?? "/tmp")
        let memory = HostPath("/dev/shm")
        if inMemory, try Files.status(memory)?.kind == .directory { parent = memory }
        path = try Files.resolved(parent).appending("mlbuild-test-" + Host.uniqueText())
        try Files.makeDirectories(path)
    }

    deinit {
        do throws(SystemError) {
            try Files.removeTree(path)
        } catch {
            Terminal.write("\(error)\n", to: .error)
        }
    }

    /// The path of something in it; slashes in `name` lead into its folders.
    package func appending(_ name: String) -> HostPath { path.appending(name) }

    /// Writes a file, with the folders that lead to it, and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws(SystemError) -> HostPath {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws(SystemError) -> HostPath {
        let file = appending(name)
        try Files.makeDirectories(file.parent)
        try Files.write(bytes, to: file)
        return file
    }

    package func read(_ name: String) throws(SystemError) -> String {
        String(decoding: try Files.read(appending(name)), as: UTF8.self)
    }

    /// Every file and empty folder in it, as paths relative to it, sorted; folders end in a slash.
    package func everything() throws(SystemError) -> [String] {
        var result: [String] = []
        var waiting: [String] = [""]
        while let folder = waiting.popLast() {
            let entries = try Files.list(folder.isEmpty ? path : appending(folder))
            if entries.isEmpty, !folder.isEmpty { result.append(folder) }
            for entry in entries {
                let name = folder + String(decoding: entry.name, as: UTF8.self)
                if entry.kind == .directory { waiting.append(name + "/") } else { result.append(name) }
            }
        }
        return result.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
