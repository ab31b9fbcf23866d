import Diagnostics
import Manifests
import Platform

/// Hides what nobody but the user should read in the words of other programs.
struct SecretText {
    /// Users, passwords and tokens that this process was given for indexes and proxies.
    private let known: [String]

    /// - Parameter texts: further texts with addresses, such as the options in a requirements file.
    init(texts: [String] = []) {
        let names = ["INDEX", "PROXY", "proxy", "FIND_LINKS", "TOKEN", "PASSWORD", "SECRET"]
        var secrets: Set<String> = []
        for entry in Host.environmentBlock() {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            guard names.contains(where: name.contains) else { continue }
            let value = String(decoding: entry[(equals + 1)...], as: UTF8.self)
            if value.contains("://") {
                secrets.formUnion(Self.userParts(of: value))
            } else if name.contains("TOKEN") || name.contains("PASSWORD") || name.contains("SECRET") {
                secrets.insert(value)
            }
        }
        for text in texts { secrets.formUnion(Self.userParts(of: text)) }
        // Short ones would take ordinary words out of the text; the longest go first.
        known = secrets.filter { $0.utf8.count >= 6 }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// What stands before the `@` in addresses: the whole of it, and its parts.
    private static func userParts(of text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).flatMap { word -> [String] in
            guard let scheme = word.firstRange(of: "://") else { return [] }
            let authority = word[scheme.upperBound...].prefix { !"/?#".contains($0) }
            guard let at = authority.lastIndex(of: "@") else { return [] }
            let user = authority[..<at]
            return [String(user)] + user.split(separator: ":", maxSplits: 1).dropFirst().map(String.init)
        }
    }

    /// `text` with `***` or as many stars in the place of each secret, cut off after `limit` characters.
    func masked(_ text: String, limit: Int = .max) -> String {
        var result = String(decoding: SecretMask.masked(SourceText(name: "", text: text)).bytes, as: UTF8.self)
        for secret in known { result = result.replacing(secret, with: "***") }
        return result.count > limit ? result.prefix(limit) + "..." : result
    }
}
