package import Diagnostics

/// A key whose signatures count, and whose it is.
package struct TrustedSigner: Hashable, Sendable {
    /// The names before the key, as they stand there: `ci@example.org`.
    package let names: String
    package let key: SignerKey
    /// The options, the type and the key, as `ssh-keygen` reads them.
    let rest: String
}

/// Who may sign for a workspace: `.mlbuild/signers`.
// SPEC: signing.md#who-is-trusted-mlbuildsigners
package struct SignerList: Hashable, Sendable {
    package static let fileName = "signers"
    /// More keys are not looked for.
    static let limit = 100

    /// In the order of the text.
    package let signers: [TrustedSigner]

    package init(_ signers: [TrustedSigner] = []) { self.signers = signers }

    package static func read(_ source: SourceText) -> Diagnosed<SignerList> {
        var signers: [TrustedSigner] = []
        var diagnostics: [Diagnostic] = []
        var start = 0
        for line in source.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            defer { start += line.count + 1 }
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) || text.first == UInt8(ascii: "#") { continue }
            let place = Diagnostic.Location(source: source.name, span: SourceSpan(start, start + text.count))
            switch signer(Array(text)) {
            case .success(let signer):
                if signers.contains(where: { $0.key == signer.key }) {
                    diagnostics.append(Diagnostic(code: "signers/duplicate-key", "the key stands there twice", at: place))
                } else {
                    signers.append(signer)
                }
            case .failure(.badLine):
                diagnostics.append(
                    Diagnostic(
                        code: "signers/bad-line", "the line is no names, options, type and key", at: place,
                        notes: [Diagnostic.Note("such as: ada@example.org ssh-ed25519 AAAAC3Nza...")]))
            case .failure(.authority):
                diagnostics.append(
                    Diagnostic(
                        code: "signers/authority", "keys of certificate authorities are not taken", at: place,
                        notes: [Diagnostic.Note("list the keys that sign")]))
            }
        }
        if signers.count > limit {
            diagnostics.append(
                Diagnostic(
                    code: "signers/too-many", "there are \(signers.count) keys, and at most \(limit) count",
                    at: Diagnostic.Location(source: source.name, span: nil)))
        }
        return Diagnosed(diagnostics.isEmpty ? SignerList(signers) : nil, diagnostics)
    }

    /// The text with a line for one more key at its end.
    package static func adding(_ key: SignerKey, of name: String, to text: [UInt8]) -> [UInt8] {
        var text = text
        if let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
        return text + Array("\(name) namespaces=\"\(SSHKeygen.namespace)\" \(key.type) \(Base64.encode(key.blob))\n".utf8)
    }

    /// Whether `ssh-keygen` would take this for one name: letters, digits and `@ . _ + -`, at most 256 bytes.
    package static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count) && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "@"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private enum Refusal: Error {
        case badLine
        case authority
    }

    private static func signer(_ line: [UInt8]) -> Result<TrustedSigner, Refusal> {
        // Anything else than printable ASCII would be a name that looks like another.
        guard line.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }), let words = words(line), words.count >= 3 else {
            return .failure(.badLine)
        }
        let names = String(decoding: words[0], as: UTF8.self)
        guard names.split(separator: ",", omittingEmptySubsequences: false).allSatisfy({ isName(String($0)) }) else {
            return .failure(.badLine)
        }
        var index = 1
        var options = ""
        if SignerKey(type: String(decoding: words[1], as: UTF8.self), base64: String(decoding: words[2], as: UTF8.self)) == nil {
            options = String(decoding: words[1], as: UTF8.self)
            index = 2
        }
        guard words.count >= index + 2,
            let key = SignerKey(
                type: String(decoding: words[index], as: UTF8.self), base64: String(decoding: words[index + 1], as: UTF8.self))
        else { return .failure(.badLine) }
        if options.lowercased().split(separator: ",").contains("cert-authority") { return .failure(.authority) }
        let rest = (options.isEmpty ? "" : options + " ") + "\(key.type) \(Base64.encode(key.blob))"
        return .success(TrustedSigner(names: names, key: key, rest: rest))
    }

    /// The words of a line; blanks between double quotes part none. Nil when a quote is not closed.
    private static func words(_ line: [UInt8]) -> [[UInt8]]? {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var isQuoted = false
        for byte in line {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, byte == 0x20 || byte == 0x09 {
                if !word.isEmpty { words.append(word) }
                word = []
            } else {
                word.append(byte)
            }
        }
        if !word.isEmpty { words.append(word) }
        return isQuoted ? nil : words
    }
}
