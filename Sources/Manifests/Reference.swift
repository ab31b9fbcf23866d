/// What an input names: an entry of `data`, another stage's output, or a file or folder of the workspace.
package enum Reference: Hashable, Sendable {
    /// `data.NAME`
    case data(String)
    /// `STAGE.OUTPUT`
    case output(stage: String, name: String)
    /// `./path`
    case file(RelativePath)
}

extension Reference: CustomStringConvertible {
    /// The reference as the manifest writes it.
    package var description: String {
        switch self {
        case .data(let name): "data.\(name)"
        case .output(let stage, let name): "\(stage).\(name)"
        case .file(let path): "./\(path.text)"
        }
    }
}
