package import Diagnostics

/// A file of a folder that is read as a table, or written as a part of one.
package struct TableFile: Hashable, Sendable {
    /// Relative to the folder, with `/` between names.
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The last name of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// The name up to its last point.
    var stem: String {
        guard let point = name.lastIndex(of: ".") else { return String(name) }
        return String(name[..<point])
    }

    /// What messages call it in a folder of this name.
    func place(in folder: String) -> String {
        folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// Whether the name ends with a point and `ending`, in any case.
    func hasExtension(_ ending: String) -> Bool {
        guard let point = name.lastIndex(of: "."), point > name.startIndex else { return false }
        return name[name.index(after: point)...].lowercased() == ending
    }

    /// Whether it is there for other programs than those that look at the data.
    var isHidden: Bool { path.split(separator: "/").contains { $0.hasPrefix(".") } }
}

/// What a table is read from.
package enum TableInput: Sendable {
    case file(SourceText)
    /// Arrays, or images, in a folder that people know as `name`.
    case folder(name: String, files: [TableFile])

    package var name: String {
        switch self {
        case .file(let source): source.name
        case .folder(let name, _): name
        }
    }

    /// The file, to show lines of it; of a folder, whose files are no text, only the name.
    package var source: SourceText {
        switch self {
        case .file(let source): source
        case .folder(let name, _): SourceText(name: name, bytes: [])
        }
    }
}

/// What a table, or a part of one, is written as.
package enum TableOutput: Hashable, Sendable {
    case file([UInt8])
    case tree([TableFile])
}
