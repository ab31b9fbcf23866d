package import Diagnostics

/// An entry of `data`: bytes from outside, whose digest the lock pins.
package struct DataEntry: Sendable {
    package enum Origin: Hashable, Sendable {
        /// A file or folder of the workspace.
        case path(RelativePath)
        /// `https://`, `s3://` or `file://`; without user info.
        case url(String)
    }

    /// What the store does with local data.
    package enum Keeping: String, CaseIterable, Sendable {
        /// The store holds the bytes, so that old versions can be restored.
        case copy
        /// The store holds only which files there are; their bytes are checked before and after use.
        case reference
    }

    package enum Unpacking: Hashable, Sendable {
        /// The folder in an archive.
        case archive
        /// The one file in gzip, bzip2, xz or zstd.
        case file
    }

    package let name: String
    /// The place of the name.
    package let span: SourceSpan
    package let origin: Origin
    /// The place of the path or URL.
    package let originSpan: SourceSpan
    /// Whether the path ends with `/`, which says that it is a folder; without, it may be one as well.
    package let isFolder: Bool
    /// What is taken out of what the URL gives; nil to leave it as it is.
    package let unpack: Unpacking?
    /// The form of the table, said or told by the extension; nil when neither says it.
    package let form: TableForm?
    package let keep: Keeping
    /// Patterns of names in the folder that are no part of the data, sorted by bytes.
    package let ignore: [String]
}

extension DataEntry {
    package var format: TableFormat? { form?.format }

    /// The file or folder of the workspace; nil for data that lies elsewhere.
    package var path: RelativePath? {
        if case .path(let path) = origin { path } else { nil }
    }

    /// The URL as the manifest has it; nil for data of the workspace.
    package var url: String? {
        if case .url(let url) = origin { url } else { nil }
    }

    /// The URL without its query, as it may be written down; nil for data of the workspace.
    package var address: String? { url.map { String($0.prefix { $0 != "?" }) } }
}
