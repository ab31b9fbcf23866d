import Platform
import Storage

/// A folder of the workspace as a flat list of files, in the same words as a tree of the store.
enum FolderFiles {
    /// The files in `folder` with their paths, sorted by the bytes of the paths; links are left out.
    static func read(_ folder: HostPath) throws(SystemError) -> [(path: String, bytes: [UInt8])] {
        var files: [(path: [UInt8], bytes: [UInt8])] = []
        var stack: [[UInt8]] = [[]]
        while let path = stack.popLast() {
            for entry in try Files.list(path.isEmpty ? folder : folder.appending(path)) {
                let inner = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
                switch entry.kind {
                case .directory: stack.append(inner)
                case .regular: files.append((inner, try Files.read(folder.appending(inner))))
                case .symbolicLink, .other: break
                }
            }
        }
        return files.sorted { $0.path.lexicographicallyPrecedes($1.path) }.map { (PathText.encode($0.path), $0.bytes) }
    }
}

extension StoreError {
    /// Whether bytes are lost that can be had again by importing or building: nothing is wrong with the store as such.
    var isLoss: Bool {
        switch self {
        case .missing, .corrupt, .notTree, .recordAheadOfObject: true
        case .refused, .newerFormat: false
        }
    }
}
