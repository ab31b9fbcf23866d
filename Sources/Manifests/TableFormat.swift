/// How rows lie in a file or folder; told by the file's extension or by `format`.
package enum TableFormat: String, CaseIterable, Sendable {
    case csv
    case tsv
    case jsonl
    case npy
    case idx
    case png
}

extension TableFormat {
    /// The format that the extension of `path` says, whatever its case.
    package init?(extensionOf path: RelativePath) {
        guard let ending = path.fileExtension, let format = TableFormat(rawValue: ending) else { return nil }
        self = format
    }

    /// Whether a folder of files of the format is one table.
    package var allowsFolder: Bool {
        switch self {
        case .npy, .idx, .png: true
        case .csv, .tsv, .jsonl: false
        }
    }

    /// Whether one file of the format is a table; images are tables only in folders.
    package var allowsFile: Bool { self != .png }
}

/// The form of a table, as far as the manifest says it.
package struct TableForm: Hashable, Sendable {
    /// What stands between the fields of a `csv`.
    package enum Delimiter: String, CaseIterable, Sendable {
        case comma = ","
        case semicolon = ";"
        case bar = "|"
        case tab

        package var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .bar: UInt8(ascii: "|")
            case .tab: UInt8(ascii: "\t")
            }
        }
    }

    package let format: TableFormat
    package let isFolder: Bool
    /// Nil for a comma, and in other formats.
    package let delimiter: Delimiter?

    /// - Parameter isFolder: Whether it is said to be a folder; images always are.
    package init(_ format: TableFormat, isFolder: Bool = false, delimiter: Delimiter? = nil) {
        self.format = format
        self.isFolder = (isFolder && format.allowsFolder) || !format.allowsFile
        self.delimiter = format == .csv && delimiter != .comma ? delimiter : nil
    }

    /// The form of the file or folder at `path`, which lies in no data entry; nil when it does not say that it is a table.
    package init?(at path: RelativePath) {
        guard let format = TableFormat(extensionOf: path), format.allowsFile else { return nil }
        self.init(format)
    }
}
