/// How rows lie in a file; told by the file's extension or by `format`.
package enum TableFormat: String, CaseIterable, Sendable {
    case csv
    case tsv
    case jsonl
    case npy
    case idx
    case png
}

extension TableFormat {
    /// Whether the built-in kinds read the format; data of the others can be pinned and given to commands.
    package var isReadByKinds: Bool {
        switch self {
        case .csv, .tsv: true
        case .jsonl, .npy, .idx, .png: false
        }
    }

    /// The format that the extension of `path` says, whatever its case.
    package init?(extensionOf path: RelativePath) {
        guard let ending = path.fileExtension, let format = TableFormat(rawValue: ending) else { return nil }
        self = format
    }
}
