/// What of data is put into the store when it is imported.
package enum DataKeeping: Sendable {
    case nothing
    /// The list of the files, which is small, but none of their contents.
    case trees
    case everything
}

/// Data that was imported, with what everything in it looked like.
package struct DataLook: Sendable {
    package let object: StoredObject
    /// Each path ended by a NUL: folders before what is in them, names in the order of their bytes.
    package let paths: [UInt8]
    /// 40 bytes for each path, as it was before and after the content was read; links are followed.
    package let signatures: [UInt8]
    /// Whether every change since the content was read is sure to show in the signatures, as soon as these have settled.
    package let isWatchable: Bool
}
