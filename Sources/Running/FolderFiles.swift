import Platform
import Storage

/// A folder of the workspace as a flat list of files, in the same words as a tree of the store.
enum FolderFiles {
    /// The files in `folder` with their paths, sorted by the bytes of the paths; links and what `rules` leave out are not among them.
    static func read(_ folder: HostPath, ignoring rules: IgnoreRules) throws(SystemError) -> [(path: String, bytes: [UInt8])] {
        var files: [(path: [UInt8], bytes: [UInt8])] = []
        _ = try walk(folder) { (names, kind) throws(SystemError) in
            if rules.leavesOut(names, isFolder: kind == .directory) { return .pass }
            let path = joined(names)
            if kind == .regular { files.append((path, try Files.read(folder.appending(path)))) }
            return .enter
        }
        return files.sorted { $0.path.lexicographicallyPrecedes($1.path) }.map { (PathText.encode($0.path), $0.bytes) }
    }
}
extension FolderFiles {
    private enum Step {
        case enter, pass, stop
    }

    /// Something in `folder` that `rules` leave out; nil when there is nothing. mlbuild's own temporaries do not count.
    static func leftOut(_ folder: HostPath, by rules: IgnoreRules) throws(SystemError) -> [UInt8]? {
        if rules.isEmpty { return nil }
        return try walk(folder) { (names, kind) throws(SystemError) in
            if names.last?.starts(with: Files.temporaryPrefix.utf8) == true { return .pass }
            return rules.leavesOut(names, isFolder: kind == .directory) ? .stop : .enter
        }
    }

    /// Goes through everything in `folder` until a step stops; the path where it did.
    private static func walk(
        _ folder: HostPath, _ step: (_ names: [[UInt8]], FileKind) throws(SystemError) -> Step
    ) throws(SystemError) -> [UInt8]? {
        var stack: [[[UInt8]]] = [[]]
        while let names = stack.popLast() {
            for entry in try Files.list(names.isEmpty ? folder : folder.appending(joined(names))) {
                let inner = names + [entry.name]
                switch try step(inner, entry.kind) {
                case .enter: if entry.kind == .directory { stack.append(inner) }
                case .pass: continue
                case .stop: return joined(inner)
                }
            }
        }
        return nil
    }

    private static func joined(_ names: [[UInt8]]) -> [UInt8] {
        Array(names.joined(separator: [UInt8(ascii: "/")]))
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
