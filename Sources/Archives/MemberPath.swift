/// The rules that a member's path keeps, so that it means one file below the archive's root on every system.
package enum MemberPath {
    /// The longest path, in bytes.
    package static let longest = 1024
    /// The longest name between two slashes, in bytes: what file systems take.
    package static let longestName = 255
    /// The most names in one path. It bounds the work that a hostile path can cause.
    package static let deepest = 32

    /// What is wrong with a path.
    package enum Fault: String, Hashable, Sendable {
        case empty = "it is empty"
        case absolute = "it starts with a slash"
        case emptyName = "it has an empty name between, or after, slashes"
        case dots = "it has '.' or '..' as a name"
        case control = "it has a control character"
        case backslash = "it has a backslash, which some systems read as a slash"
        case notUnicode = "it is not UTF-8"
        case tooLong = "it is longer than 1024 bytes, or a name in it longer than 255"
        case tooDeep = "it has more than 32 names"
    }

    /// The first rule that `path` breaks, nil when it keeps them all.
    ///
    /// - Complexity: O(bytes)
    package static func fault(of path: String) -> Fault? {
        let bytes = path.utf8
        if bytes.isEmpty { return .empty }
        if bytes.first == slash { return .absolute }
        if bytes.count > longest { return .tooLong }
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F { return .control }
            if byte == UInt8(ascii: "\\") { return .backslash }
        }
        // U+0080 to U+009F are control characters too, and their second byte alone says nothing.
        if path.unicodeScalars.contains(where: { $0.value >= 0x80 && $0.value < 0xA0 }) { return .control }
        let names = bytes.split(separator: slash, omittingEmptySubsequences: false)
        if names.count > deepest { return .tooDeep }
        for name in names {
            if name.isEmpty { return .emptyName }
            if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return .dots }
            if name.count > longestName { return .tooLong }
        }
        return nil
    }

    static let slash = UInt8(ascii: "/")
}

/// The names that an archive has used so far, to find two that a file system may take for one.
struct NameTable {
    /// Where two paths get into each other's way.
    enum Clash {
        case duplicate
        /// Equal after case folding and Unicode normalisation, in a file's or a folder's name.
        case twins(String)
        /// One is a file and the other needs it as a folder.
        case fileAndFolder(String)
    }

    private struct Use {
        let spelling: String
        let isFolder: Bool
    }

    // Keyed by String on purpose: its equality is canonical equivalence, so NFC and NFD spellings meet in one entry.
    private var uses: [String: Use] = [:]
    private var previousFolders: [Substring] = []

    /// Takes up `path`, or says what it clashes with; after a clash the table is no longer of use. A folder may come more than once.
    ///
    /// - Complexity: O(bytes x names) in the worst case; folders shared with the path before cost nothing.
    mutating func add(_ path: String, isFolder isWholeFolder: Bool = false) -> Clash? {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let shared = zip(names.dropLast(), previousFolders).prefix { $0.utf8.elementsEqual($1.utf8) }.count
        for depth in shared..<names.count {
            let spelling = String(path[..<names[depth].endIndex])
            let isFolder = isWholeFolder || depth < names.count - 1
            let key = folded(spelling)
            if let use = uses[key] {
                if !use.spelling.utf8.elementsEqual(spelling.utf8) { return .twins(use.spelling) }
                if use.isFolder != isFolder { return .fileAndFolder(use.spelling) }
                if !isFolder { return .duplicate }
            } else {
                uses[key] = Use(spelling: spelling, isFolder: isFolder)
            }
        }
        previousFolders = names.dropLast()
        return nil
    }

    // Up and down again: some letters, such as the final sigma, have one capital form and two small ones.
    private func folded(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : text.uppercased().lowercased()
    }
}
