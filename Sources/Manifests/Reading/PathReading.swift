import Canonical
import Diagnostics

/// Reads paths of the workspace and says what is wrong with them.
enum PathReading {
    /// What a path is for; it decides which places are refused.
    enum Purpose {
        /// Something that is read: data, an input, a file of requirements.
        case read
        case output
    }

    /// Reads `text`, the content of `node` after its first `skipped` bytes.
    ///
    /// A trailing `/` is taken off; whether it was there is told beside the path.
    static func read(
        _ text: String, in node: JSONNode, skipping skipped: Int = 0, what: String, _ purpose: Purpose, _ problems: inout Problems
    ) -> (path: RelativePath, isFolder: Bool)? {
        let isFolder = text.utf8.count > 1 && endsInSlash(text)
        let bare = isFolder ? withoutSlash(text) : text
        let path: RelativePath
        do {
            path = try RelativePath(checking: bare)
        } catch {
            report(error, text, in: node, skipped, what: what, &problems)
            return nil
        }
        let span = problems.span(of: skipped..<skipped + text.utf8.count, in: node)
        // After './' nobody expects a home folder.
        if skipped == 0, path.text.utf8.first == UInt8(ascii: "~") {
            problems.error("path-syntax", "\(what) begins with '~', which is not expanded", at: span)
            return nil
        }
        if let reason = ReservedPlace.reason(path, purpose) {
            problems.error("reserved-path", "\(what) is '\(path)': \(reason)", at: span)
            return nil
        }
        if path.text.unicodeScalars.contains(where: isCombining) {
            problems.warning(
                "combining-mark", "\(what) is spelled with combining marks; composed letters in a file's name are another file", at: span)
        }
        return (path, isFolder)
    }

    /// Marks and letters that appear where text is decomposed, as some systems store names.
    private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0300...0x036F, 0x1100...0x11FF, 0x3099...0x309A: true
        default: false
        }
    }

    private static func report(
        _ fault: RelativePath.Fault, _ text: String, in node: JSONNode, _ skipped: Int, what: String, _ problems: inout Problems
    ) {
        let span = problems.span(of: skipped..<skipped + text.utf8.count, in: node)
        switch fault {
        case .absolute:
            problems.error("absolute-path", "\(what) must be relative to the workspace", at: span)
        case .parentComponent:
            problems.error("path-leaves-workspace", "\(what) must stay inside the workspace, without '..'", at: span)
        case .empty:
            problems.error("path-syntax", "\(what) must be the path of a file or folder, not an empty text", at: span)
        case .backslash:
            let slashed = String(decoding: text.utf8.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
            let fixIt = mend(slashed, in: node, skipped)
            problems.error("path-syntax", "\(what) has '\\' in it; components are joined by '/'", at: span, fixIt: fixIt)
        case .emptyComponent, .currentComponent:
            let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
            let kept = parts.joined(separator: "/") + (endsInSlash(text) ? "/" : "")
            let message = fault == .emptyComponent ? "has an empty component" : "has the component '.'"
            problems.error("path-syntax", "\(what) \(message)", at: span, fixIt: mend(kept, in: node, skipped))
        case .controlCharacter:
            problems.error("path-syntax", "\(what) has a control character in it", at: span)
        case .longComponent:
            problems.error("path-syntax", "\(what) has a component of more than \(RelativePath.longestComponent) bytes", at: span)
        case .long:
            problems.error("path-syntax", "\(what) has more than \(RelativePath.longest) bytes", at: span)
        }
    }

    private static func mend(_ text: String, in node: JSONNode, _ skipped: Int) -> FixIt? {
        guard RelativePath(withoutSlash(text)) != nil, let whole = node.string else { return nil }
        let lead = String(decoding: whole.utf8.prefix(skipped), as: UTF8.self)
        return .replaceString(at: node.span, with: lead + text)
    }

    private static func endsInSlash(_ text: String) -> Bool {
        text.utf8.last == UInt8(ascii: "/")
    }

    /// The text without a `/` at its end.
    static func withoutSlash(_ text: String) -> String {
        // By bytes: a character may be longer than the `/` that it holds.
        endsInSlash(text) ? String(decoding: text.utf8.dropLast(), as: UTF8.self) : text
    }
}

/// Places in the workspace that are mlbuild's or Git's own.
enum ReservedPlace {
    private static let folders = [
        ".git": "'.git' is Git's own folder",
        ".mlbuild": "'.mlbuild' is mlbuild's own folder",
        "build": "'build' holds what built-in kinds make",
        "dist": "'dist' holds packed archives",
    ]
    private static let files = [
        "mlops.json": "'mlops.json' is the manifest itself",
        "mlops.lock": "'mlops.lock' is written by mlbuild",
    ]

    /// Why a path cannot be used; nil when it can.
    ///
    /// Case is set aside, as a file system may do so.
    static func reason(_ path: RelativePath, _ purpose: PathReading.Purpose) -> String? {
        let parts = path.components.map { $0.lowercased() }
        if let first = parts.first, let reason = folders[first] ?? files[first] { return reason }
        if parts.contains(".git") { return folders[".git"] }
        switch purpose {
        case .read: return nil
        case .output: return path.text.lowercased() == ".gitignore" ? "'.gitignore' is kept right by mlbuild and by you" : nil
        }
    }
}
