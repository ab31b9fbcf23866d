internal import Manifests
internal import Platform

/// Python modules that could not be imported, sorted by whether the workspace has them.
struct OwnModules {
    /// Those that lie in the workspace, at their places.
    let own: [(path: RelativePath, isFolder: Bool)]
    /// The names of the others.
    let foreign: [String]

    /// Looks for `modules` beside each script among `inputs`, and at the top of the workspace.
    static func find(_ modules: [String], beside inputs: [RelativePath], root: HostPath) throws(CommandFailure) -> OwnModules {
        var folders: [String] = []
        for input in inputs where input.fileExtension == "py" {
            let folder = input.components.dropLast().map { $0 + "/" }.joined()
            if !folders.contains(folder) { folders.append(folder) }
        }
        if !folders.contains("") { folders.append("") }
        var own: [(path: RelativePath, isFolder: Bool)] = []
        var foreign: [String] = []
        for module in modules {
            // Of a package, the whole folder: what is in it is imported next.
            let name = module.prefix { $0 != "." }
            var found: (path: RelativePath, isFolder: Bool)?
            for text in folders.flatMap({ ["\($0)\(name).py", "\($0)\(name)"] }) {
                guard found == nil, let path = RelativePath(text) else { continue }
                let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(root.appending(path.text)) }
                if let status { found = (path, status.kind == .directory) }
            }
            if let found { own.append(found) } else { foreign.append(module) }
        }
        return OwnModules(own: own, foreign: foreign)
    }
}
