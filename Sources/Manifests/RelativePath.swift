/// A path inside the workspace: components joined by `/`, none of them empty, `.` or `..`.
///
/// Two paths are equal when their bytes are: file systems on Linux tell apart what Unicode calls equivalent.
package struct RelativePath: Sendable {
    package let text: String

    /// Why a text is no relative path.
    package enum Fault: Error, Hashable, Sendable {
        case empty
        case absolute
        case parentComponent
        case currentComponent
        case emptyComponent
        case backslash
        case controlCharacter
        case longComponent
        case long
    }

    /// Most bytes in one component, as file systems have it.
    package static let longestComponent = 255
    /// Most bytes in a path; room is left for the folder of the workspace.
    package static let longest = 2048

    /// Checks `text`; it is taken as it stands, so that a trailing `/` is an empty component.
    ///
    /// - Throws: ``Fault``, for the first thing wrong.
    package init(checking text: String) throws(Fault) {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw .empty }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw .controlCharacter }
        if bytes.contains(UInt8(ascii: "\\")) { throw .backslash }
        if bytes[0] == UInt8(ascii: "/") { throw .absolute }
        if bytes.count > Self.longest { throw .long }
        for component in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.isEmpty { throw .emptyComponent }
            if component.elementsEqual([UInt8(ascii: ".")]) { throw .currentComponent }
            if component.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) { throw .parentComponent }
            if component.count > Self.longestComponent { throw .longComponent }
        }
        self.text = text
    }

    /// The path that `text` spells, or nil when it is none.
    package init?(_ text: String) {
        guard let path = try? RelativePath(checking: text) else { return nil }
        self = path
    }

    package var components: [Substring] {
        text.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    package var lastComponent: Substring {
        components.last ?? ""
    }

    /// What follows the last dot of the last component, in lower case; nil without one, or for a name that begins with it.
    package var fileExtension: String? {
        let name = lastComponent.utf8
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return nil }
        let ending = Substring(name[name.index(after: dot)...])
        return ending.isEmpty ? nil : ending.lowercased()
    }

    /// Whether `other` is this path or lies inside it, component by component: `a` holds `a/b` and not `ab`.
    package func holds(_ other: RelativePath) -> Bool {
        let mine = text.utf8
        let theirs = other.text.utf8
        guard theirs.starts(with: mine) else { return false }
        return theirs.count == mine.count || theirs.dropFirst(mine.count).first == UInt8(ascii: "/")
    }
}

extension RelativePath: Hashable, Comparable, CustomStringConvertible {
    package static func == (left: RelativePath, right: RelativePath) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: RelativePath, right: RelativePath) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    package var description: String { text }
}
