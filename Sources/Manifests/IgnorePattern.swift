/// A pattern of names that are no part of data: a part of gitignore's, as `Specs/store.md` has it.
enum IgnorePattern {
    /// Most patterns of one data entry; each is held against each name.
    static let most = 100
    /// Most bytes of one pattern.
    static let longest = 255

    /// What the schema can say of a pattern.
    static let pattern = #"^(?!!)(?!/*$)(?!.*//)(?!.*\$\{)(?!(.*/)?\.\.?(/|$))[^\[\]\\\u0000-\u001F\u007F]{1,255}$"#

    /// What keeps a text from being a pattern, in words that follow its name; nil when nothing does.
    static func fault(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { return "is empty" }
        if bytes.first == UInt8(ascii: "!") { return "begins with '!'; there are no exceptions, so name what is left out and nothing else" }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "has a control character in it" }
        if bytes.contains(UInt8(ascii: "\\")) { return "has '\\' in it; there are no escapes, and folders are joined by '/'" }
        if bytes.contains(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }) {
            return "has brackets in it; there are no classes, and '?' stands for any one byte"
        }
        if bytes.count > longest { return "has more than \(longest) bytes" }
        let inner = bytes.first == UInt8(ascii: "/") ? bytes.dropFirst() : bytes[...]
        let bare = inner.last == UInt8(ascii: "/") ? inner.dropLast() : inner
        let parts = bare.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if parts.contains(where: \.isEmpty) { return bare.isEmpty ? "names nothing" : "has an empty component" }
        if parts.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) {
            return "has the component '.' or '..', which no name in a folder is"
        }
        return nil
    }
}
