import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

@testable import Signing

@Suite struct SignerListTests {
    private static func example(_ fence: String) throws -> [UInt8] {
        let path = Places.repository().appending("Specs").appending("signing.md")
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        return Array(try #require(text.split(separator: "```\(fence)\n").dropFirst().first?.split(separator: "```").first).utf8)
    }

    private static func codes(_ text: String) -> [String] {
        SignerList.read(SourceText(name: "signers", text: text)).diagnostics.map(\.code)
    }

    @Test func `the example of the specification is read`() throws {
        let list = try #require(SignerList.read(SourceText(name: "signers", bytes: Self.example("signers"))).value)
        #expect(list.signers.map(\.names) == ["ci@example.org", "ada@example.org"])
        #expect(list.signers[0].rest.hasPrefix("namespaces=\"mlbuild-result@v1\" ssh-ed25519 AAAA"))
        #expect(list.signers[1].rest.hasPrefix("valid-before=\"20271231\" ssh-ed25519 AAAA"))
        #expect(Envelope.signed(Array("hello".utf8), type: "text/plain") + [10] == (try Self.example("pae")))
    }

    @Test func `a line that is added is read back`() throws {
        let key = try #require(
            SignerList.read(SourceText(name: "signers", bytes: Self.example("signers"))).value?.signers.first?.key)
        for before in ["", "# nobody yet", "# nobody yet\n"] {
            let text = SignerList.adding(key, of: "ci@example.org", to: Array(before.utf8))
            let list = try #require(SignerList.read(SourceText(name: "signers", bytes: text)).value)
            #expect(list.signers.map(\.key) == [key])
        }
    }

    @Test func `what is wrong is told with its line`() throws {
        let lines = String(decoding: try Self.example("signers"), as: UTF8.self).split(separator: "\n").map(String.init)
        let good = lines[2]
        let key = good.split(separator: " ").suffix(2).joined(separator: " ")
        #expect(Self.codes(good) == [])
        #expect(Self.codes("\r\n\t \n# note\n\(good)\r\n") == [])
        #expect(Self.codes("\(good)\n\(good)") == ["signers/duplicate-key"])
        #expect(Self.codes("ada@example.org cert-authority \(key)") == ["signers/authority"])
        #expect(Self.codes("ada@example.org CERT-AUTHORITY,namespaces=\"x\" \(key)") == ["signers/authority"])
        for bad in [
            key, "ada@example.org", "* \(key)", "a,,b \(key)", "-Y \(key)", "ada@example.org \(key.dropLast())",
            "ada@example.org \"x \(key)",
            "ada@example.org ssh-rsa \(key.split(separator: " ")[1])", "ad\u{e4} \(key)", "ada@example.org x y \(key)", "a\u{0}b \(key)",
        ] {
            #expect(Self.codes("\(good)\n\(bad)\n") == ["signers/bad-line"], "\(bad)")
        }
        let place = SignerList.read(SourceText(name: "signers", text: "\(good)\nodd\n")).diagnostics.first?.location?.span
        #expect(place == SourceSpan(good.utf8.count + 1, good.utf8.count + 4))
    }

    @Test func `base64 has one text for one content`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
            let text = Base64.encode(bytes)
            #expect(text.utf8.count == (count + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
        }
        #expect(Base64.encode(Array("hello".utf8)) == "aGVsbG8=")
        for bad in ["a", "ab", "abc", "aGVsbG9=", "aGVsbG8", "aGVsbG8=\n", "aGVs bG8=", "====", "a===", "aGVsbG8=aGVs", "aGV_", "aG=s"] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
    }

    @Test func `an envelope is read only as it is written`() throws {
        let envelope = Envelope(payloadType: "text/plain", payload: [1, 2, 3], keyIdentifier: "SHA256:x", signature: [4, 5])
        let bytes = envelope.encode()
        #expect(Envelope.decode(bytes) == envelope)
        for index in bytes.indices {
            var cut = bytes
            cut.remove(at: index)
            #expect(Envelope.decode(cut) != envelope)
            #expect(Envelope.decode(Array(bytes[..<index])) == nil)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        for other in [
            text + " ", " " + text, text.replacing("}]", with: "},{}]"), text.replacing("\"payload\"", with: "\"more\":1,\"payload\""),
            text.replacing("{\"payload\"", with: "{ \"payload\""), "[]", "{}", "null", "",
        ] {
            #expect(Envelope.decode(Array(other.utf8)) == nil, "\(other)")
        }
    }
}
