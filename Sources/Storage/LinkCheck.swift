internal import Platform

/// Links in data: relative, and leading to something inside.
enum LinkCheck {
    /// The text of a link that is relative and leads to something inside `root`.
    static func target(_ path: HostPath, _ root: HostPath) throws(ImportError) -> [UInt8] {
        let target = try DirectoryImport.asking { () throws(SystemError) in try Files.linkTarget(path) }
        let text = String(decoding: target, as: UTF8.self)
        if target.first == UInt8(ascii: "/") { throw .escapingLink(path, target: text) }
        let top = try DirectoryImport.asking { () throws(SystemError) in try Files.resolved(root) }
        // Resolving is the only way to know: links may lead through other links.
        let real: HostPath
        do throws(SystemError) {
            real = try Files.resolved(path)
        } catch {
            throw error.isMissing ? .danglingLink(path, target: text) : .refused(error)
        }
        // With a slash at the end, so that `/data-old` is not inside `/data`.
        guard real == top || real.bytes.starts(with: top.appending([]).bytes) else { throw .escapingLink(path, target: text) }
        return target
    }
}
