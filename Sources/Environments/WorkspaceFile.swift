import Platform

/// A file of the workspace that says what an environment needs.
enum WorkspaceFile {
    enum Found {
        case bytes([UInt8])
        case nothing
        /// A link leads out of the workspace, to there.
        case outside(HostPath)
    }

    /// What lies at `path` below `root`; links may lead to it as long as it lies there itself.
    ///
    /// - Throws: EFBIG when it is longer than `limit`; also when it is no file.
    static func read(_ path: String, root: HostPath, limit: Int) throws(SystemError) -> Found {
        do throws(SystemError) {
            let folder = try Descriptor.folder(root)
            do throws(SystemError) {
                return .bytes(try content(Array(path.utf8), in: folder, limit: limit))
            } catch {
                guard error.isLink else { throw error }
            }
            let top = try Files.resolved(root).appending([]).bytes
            let real = try Files.resolved(root.appending(path))
            guard real.bytes.starts(with: top) else { return .outside(real) }
            // The way that has just been found, and no other link on it.
            return .bytes(try content(Array(real.bytes.dropFirst(top.count)), in: folder, limit: limit))
        } catch {
            if error.isMissing { return .nothing }
            throw error
        }
    }

    private static func content(
        _ name: [UInt8], in folder: borrowing Descriptor, limit: Int
    ) throws(SystemError) -> [UInt8] {
        let file = try folder.file(name)
        guard try file.status().kind == .regular else {
            throw SystemError(
                operation: "read", path: file.path.description, code: 22, detail: "it is \(try file.kindInWords()), not a file")
        }
        return try file.readToEnd(limit: limit)
    }
}
