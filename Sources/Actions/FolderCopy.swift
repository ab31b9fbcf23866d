internal import Platform

/// Copies of files and folders for a command to use up, links as links, everything writable for its owner.
enum FolderCopy {
    /// Copies a file or folder to `target`, where nothing lies; the folder above is there.
    ///
    /// With `reversed`, entries are made in the reverse order of their names. Fifos, sockets and devices are left out.
    static func copy(_ source: HostPath, to target: HostPath, reversed: Bool = false) throws(SystemError) {
        guard let status = try Files.status(source, followLinks: false) else { return }
        try copy(source, status.kind, to: target)
        guard status.kind == .directory else { return }
        var waiting = [(source, target)]
        while let (from, to) = waiting.popLast() {
            let entries = try Files.list(from)
            for entry in reversed ? entries.reversed() : entries {
                try copy(from.appending(entry.name), entry.kind, to: to.appending(entry.name))
                if entry.kind == .directory { waiting.append((from.appending(entry.name), to.appending(entry.name))) }
            }
        }
    }

    private static func copy(_ source: HostPath, _ kind: FileKind, to target: HostPath) throws(SystemError) {
        switch kind {
        case .regular:
            let isExecutable = try Files.status(source, followLinks: false)?.isExecutable ?? false
            let input = try Descriptor.reading(source, followLinks: false)
            try copy(input, to: target, isExecutable: isExecutable)
        case .directory:
            try Files.makeDirectory(target)
            try Files.setPermissions(target, 0o755)
        case .symbolicLink: try Files.makeSymbolicLink(target, to: Files.linkTarget(source))
        case .other: return
        }
    }

    static func copy(_ input: borrowing Descriptor, to target: HostPath, isExecutable: Bool) throws(SystemError) {
        let output = try Descriptor.creating(target)
        if try !output.clone(input) {
            try input.stream { (bytes) throws(SystemError) in try output.write(bytes) }
        }
        try output.setPermissions(isExecutable ? 0o755 : 0o644)
    }

    /// Moves a folder to `target`, where nothing lies; a copy where the two lie on different file systems.
    static func move(_ source: HostPath, to target: HostPath) throws(SystemError) {
        try Files.makeDirectories(target.parent)
        do throws(SystemError) {
            try Files.rename(source, to: target, replacing: false)
        } catch {
            guard error.crossesFileSystems else { throw error }
            try copy(source, to: target)
        }
    }
}
