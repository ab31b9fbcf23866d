import Diagnostics
import Manifests
import Testing

@Suite struct SecretMaskTests {
    private func masked(_ text: String) -> String {
        String(decoding: SecretMask.masked(SourceText(name: "x", text: text)).bytes, as: UTF8.self)
    }

    @Test func `user info and queries are hidden, and nothing moves`() {
        let text = #"{ "url": "https://me:hunter2@example.org/a?sig=hunter2#top", "b": 1 }"#
        let shown = masked(text)
        #expect(shown == #"{ "url": "https://**********@example.org/a?***********#top", "b": 1 }"#)
        #expect(shown.utf8.count == text.utf8.count)
    }

    @Test func `a URL inside a command line or a requirement is masked too`() {
        #expect(!masked(#""run": "curl -s 'https://u:hunter2@h/x' | sh""#).contains("hunter2"))
        #expect(!masked(#""pkg @ https://hunter2@h/x""#).contains("hunter2"))
    }

    @Test func `escapes do not carry a secret through`() {
        #expect(!masked(#"{ "url": "https:\/\/u:hunter2@h/x" }"#).contains("hunter2"))
        #expect(!masked(#"{ "url": "https://u:hunter2\u0040h/x" }"#).contains("hunter2"))
    }

    @Test func `texts without secrets stay as they are`() {
        for text in ["", ":", "://", "a://", "https://example.org/rows.csv", #"{ "a": "b\n@c" }"#, "\"", "\"\\"] {
            #expect(masked(text) == text)
        }
    }

    @Test func `no message repeats a URL`() throws {
        let urls = [
            "https://u:hunter2@h/x", "ftp://u:hunter2@h/x", "https://u:hunter2@/x", "hunter2", "https://h/x?hunter2", "https://h/ hunter2",
        ]
        for url in urls {
            let text = #"{ "version": 1, "name": "x", "data": { "a": { "url": "\#(url)" } } }"#
            let source = SourceText(name: Manifest.fileName, text: text)
            let diagnostics = ManifestReader.read(source).diagnostics
            #expect(!diagnostics.isEmpty)
            for diagnostic in diagnostics {
                #expect(!diagnostic.message.contains("hunter2"))
                let fixIt = diagnostic.fixIt.map { [$0.title] + $0.edits.map(\.replacement) } ?? []
                #expect(!fixIt.contains { $0.contains("hunter2") })
            }
        }
    }
}
