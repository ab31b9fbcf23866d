/// Something that a server may do instead of giving what it was asked for.
package struct Misbehaviour: Sendable, CustomStringConvertible {
    /// What was asked, and what a server of good will would have said.
    package struct Occasion: Sendable {
        let request: ServerDouble.Request
        /// The body of the right answer to a `GET` or `HEAD`; nothing when nothing lies there.
        let right: [UInt8]
        /// What lies at another place of the same kind.
        let other: [UInt8]
        /// A server that has nothing to do with this one, as it stands in a URL.
        let elsewhere: String

        package init(
            _ request: ServerDouble.Request, right: [UInt8],
            other: [UInt8] = Array("something else\n".utf8),
            elsewhere: String = "169.254.169.254"
        ) {
            (self.request, self.right, self.other, self.elsewhere) = (request, right, other, elsewhere)
        }
    }

    package let description: String
    /// Whether a `GET` gives the right bytes all the same.
    package let isHarmless: Bool
    private let answer: @Sendable (Occasion) -> ServerDouble.Reply

    package func reply(_ occasion: Occasion) -> ServerDouble.Reply { answer(occasion) }

    private init(
        _ description: String, isHarmless: Bool = false,
        _ answer: @escaping @Sendable (Occasion) -> ServerDouble.Reply
    ) {
        (self.description, self.isHarmless, self.answer) = (description, isHarmless, answer)
    }

    package static let all: [Misbehaviour] =
        bodies + framings + heads + statuses + redirects + texts + times

    // MARK: What comes back

    /// Other bytes, in answers that are as they should be.
    private static var bodies: [Misbehaviour] {
        [
            Misbehaviour("other bytes") { .answer(200, flipped($0.right), []) },
            Misbehaviour("zeros") {
                .answer(200, [UInt8](repeating: 0, count: max(1, $0.right.count)), [])
            },
            Misbehaviour("what lies elsewhere") { .answer(200, $0.other, []) },
            Misbehaviour("nothing") { _ in .answer(200, [], []) },
            Misbehaviour("created") { _ in .answer(201, [], []) },
            Misbehaviour("no content") { _ in .status(204) },
            Misbehaviour("one byte less") { .answer(200, Array($0.right.dropLast()), []) },
            Misbehaviour("one byte more") { .answer(200, $0.right + [0], []) },
            Misbehaviour("all of it twice") { .answer(200, $0.right + $0.right + [1], []) },
            Misbehaviour("a part that nobody asked for") { .answer(206, flipped($0.right), []) },
            Misbehaviour("another part") {
                .answer(206, flipped($0.right), ["Content-Range: bytes 1-1/2"])
            },
            Misbehaviour("a part beyond all") {
                .answer(
                    206, flipped($0.right), ["Content-Range: bytes 0-9223372036854775807/9223372036854775807"]
                )
            },
            Misbehaviour("all of it, whatever was asked for", isHarmless: true) {
                .answer(200, $0.right, [])
            },
            Misbehaviour("a page of HTML") { _ in
                .answer(200, Array("<html><body>Welcome</body></html>".utf8), ["Content-Type: text/html"])
            },
            Misbehaviour("two answers at once", isHarmless: true) { occasion in
                let second =
                    Array("HTTP/1.1 200 OK\r\nContent-Length: \(occasion.other.count)\r\n\r\n".utf8)
                    + occasion.other
                return .bytes(
                    head("200 OK\r\nContent-Length: \(occasion.right.count)") + occasion.right + second,
                    closes: false)
            },
        ]
    }

    /// Answers whose end is said in a wrong way.
    private static var framings: [Misbehaviour] {
        func sized(_ description: String, _ length: @escaping @Sendable (Int) -> String) -> Misbehaviour {
            Misbehaviour(description) {
                .bytes(head("200 OK\r\n\(length($0.right.count))") + $0.right, closes: true)
            }
        }
        func chunked(_ description: String, _ body: String) -> Misbehaviour {
            Misbehaviour(description) { _ in
                .bytes(head("200 OK\r\nTransfer-Encoding: chunked") + Array(body.utf8), closes: true)
            }
        }
        func endless(_ description: String, _ start: String, _ body: String) -> Misbehaviour {
            Misbehaviour(description) { _ in
                .endless(head: Array("HTTP/1.1 200 OK\r\n\(start)".utf8), Array(body.utf8))
            }
        }
        let chunks = "Transfer-Encoding: chunked\r\n\r\n"
        return [
            sized("less than it says") { "Content-Length: \($0 + 1)" },
            sized("a length beyond all") { _ in "Content-Length: 9223372036854775807" },
            sized("a length that overflows") { _ in "Content-Length: 18446744073709551617" },
            sized("a negative length") { _ in "Content-Length: -1" },
            sized("a length with a sign") { "Content-Length: +\($0)" },
            sized("a length in hexadecimal") { "Content-Length: 0x\(String($0, radix: 16))" },
            sized("two lengths") { "Content-Length: \($0)\r\nContent-Length: \($0 + 1)" },
            sized("a list of lengths") { "Content-Length: \($0), \($0)" },
            sized("a length and chunks") { "Content-Length: \($0)\r\nTransfer-Encoding: chunked" },
            sized("an unknown transfer encoding") { _ in "Transfer-Encoding: gzip, chunked" },
            sized("encoded content") { "Content-Encoding: gzip\r\nContent-Length: \($0)" },
            Misbehaviour("no length", isHarmless: true) {
                .bytes(head("200 OK") + $0.right, closes: true)
            },
            endless("without an end", "\r\n", String(repeating: "x", count: 100_000)),
            endless("chunks without an end", chunks, String(repeating: "4\r\nabcd\r\n", count: 1000)),
            endless("a line without an end", chunks, "1;aaaaaaaaaaaaaaaa"),
            endless(
                "fields after chunks without an end", "\(chunks)0\r\n",
                String(repeating: "A: b\r\n", count: 1000)),
            chunked("a chunk that is no number", "zz\r\nabcd\r\n0\r\n\r\n"),
            chunked("a chunk beyond all", "ffffffffffffffff\r\nabcd"),
            chunked("a negative chunk", "-4\r\nabcd\r\n0\r\n\r\n"),
            chunked("a chunk longer than it says", "2\r\nabcd\r\n0\r\n\r\n"),
            chunked("a chunk that does not end", "4\r\nab"),
            chunked("chunks without a last one", "1\r\na\r\n"),
            Misbehaviour("a broken connection") { occasion in
                let size = max(2, occasion.right.count)
                return .bytes(
                    head("200 OK\r\nContent-Length: \(size)") + occasion.right.prefix(size / 2), closes: true)
            },
        ]
    }

    /// Heads that are none.
    private static var heads: [Misbehaviour] {
        func started(_ description: String, _ start: String) -> Misbehaviour {
            Misbehaviour(description) {
                .bytes(head("\(start)Content-Length: \($0.right.count)") + $0.right, closes: true)
            }
        }
        return [
            Misbehaviour("no HTTP") { _ in .text("SSH-2.0-OpenSSH_9.2\r\n\r\n") },
            Misbehaviour("HTTP/2") { _ in .text("HTTP/2 200\r\n\r\n") },
            Misbehaviour("HTTP/0.9") { .bytes($0.right + [10], closes: true) },
            Misbehaviour("NULs") { _ in .bytes([UInt8](repeating: 0, count: 4096), closes: true) },
            Misbehaviour("a head without an end") { _ in
                .endless(
                    head: Array("HTTP/1.1 200 OK\r\n".utf8),
                    Array("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaa\r\n".utf8))
            },
            Misbehaviour("a field without an end") { _ in
                .endless(
                    head: Array("HTTP/1.1 200 OK\r\nX-Filler: ".utf8), [UInt8](repeating: 97, count: 10_000))
            },
            started("too many fields", "200 OK\r\n" + String(repeating: "A: b\r\n", count: 150)),
            started("thousands of fields", "200 OK\r\n" + String(repeating: "A: b\r\n", count: 5000)),
            started("a field without a name", "200 OK\r\n: b\r\n"),
            started("a folded field", "200 OK\r\nA: b\r\n c\r\n"),
            started("a field without a colon", "200 OK\r\nAb\r\n"),
            started("a bare return in a field", "200 OK\r\nA: b\rc\r\n"),
            started("a NUL in a field", "200 OK\r\nA: b\0c\r\n"),
            Misbehaviour("a space before the colon") {
                .bytes(head("200 OK\r\nContent-Length : 4") + $0.right, closes: true)
            },
            started("a strange status", "299 Strange\r\n"), started("no status", "abc OK\r\n"),
            started("a status beyond all", "999 OK\r\n"), started("a status with a sign", "+20 OK\r\n"),
            started("another protocol", "101 Switching Protocols\r\n"),
            Misbehaviour("interim answers without an end") { _ in
                .endless(head: [], Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
            },
            Misbehaviour("some interim answers", isHarmless: true) { occasion in
                let interim = String(
                    repeating: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
                    count: 3)
                return .bytes(
                    Array(interim.utf8) + head("200 OK\r\nContent-Length: \(occasion.right.count)")
                        + occasion.right, closes: false)
            },
            Misbehaviour("half a head") { _ in .text("HTTP/1.1 200 OK\r\nContent-Le") },
            Misbehaviour("half a status line") { _ in .text("HTTP/1.1 2") },
        ]
    }

    // MARK: Refusals

    private static var statuses: [Misbehaviour] {
        let plain = [
            304, 400, 401, 403, 404, 405, 408, 409, 410, 411, 412, 413, 416, 429, 500, 501, 502, 503, 504,
            507,
        ]
        return plain.map { status in Misbehaviour("status \(status)") { _ in .status(status) } } + [
            Misbehaviour("busy for a day") { _ in .status(503, "", "Retry-After: 86400") },
            Misbehaviour("too many for a day") { _ in .status(429, "", "Retry-After: 86400") },
            Misbehaviour("busy for ever") { _ in .status(503, "", "Retry-After: 99999999999999999999") },
            Misbehaviour("busy since before") { _ in .status(503, "", "Retry-After: -1") },
            Misbehaviour("busy until a date") { _ in
                .status(503, "", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")
            },
        ]
    }

    private static var redirects: [Misbehaviour] {
        [
            Misbehaviour("a redirect to another host") {
                .status(302, "", "Location: http://\($0.elsewhere)/latest/meta-data/")
            },
            Misbehaviour("a redirect for good, to another host") {
                .status(301, "", "Location: http://\($0.elsewhere)/")
            },
            Misbehaviour("a redirect with the body, to another host") {
                .status(307, "", "Location: http://\($0.elsewhere)/")
            },
            Misbehaviour("a redirect to another host with TLS") {
                .status(308, "", "Location: https://\($0.elsewhere)/")
            },
            Misbehaviour("a redirect to a file") { _ in .status(301, "", "Location: file:///etc/passwd")
            },
            Misbehaviour("a redirect to itself") { .status(307, "", "Location: \($0.request.target)") },
            Misbehaviour("a redirect to nowhere") { _ in .status(302) },
            Misbehaviour("a redirect with a password") {
                .status(302, "", "Location: http://user:canary@\($0.elsewhere)/")
            },
        ]
    }

    /// What refusals explain, and what lists of buckets are.
    private static var texts: [Misbehaviour] {
        let bomb =
            "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\">"
            + (1..<10).map {
                "<!ENTITY a\($0) \"\(String(repeating: $0 == 1 ? "&a;" : "&a\($0 - 1);", count: 10))\">"
            }.joined()
            + "]><Error><Code>&a9;</Code></Error>"
        let outside =
            "<!DOCTYPE Error [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Error><Code>&x;</Code></Error>"
        let deep = String(repeating: "<Error>", count: 20_000)
        func said(_ description: String, _ text: String) -> [Misbehaviour] {
            [
                Misbehaviour(description) { _ in .status(400, text) },
                Misbehaviour("\(description), as if all were well") { _ in .status(200, text) },
            ]
        }
        return said("a bomb of XML", bomb) + said("XML that asks for a file", outside)
            + said("XML that is nested deep", deep)
            + said("XML that does not end", "<Error><Code>Acc") + said("XML with two roots", "<a/><b/>")
            + said(
                "XML in another encoding", "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>\u{0}</a>"
            ) + [
                Misbehaviour("an error of its own") { _ in
                    .status(500, "<Error><Code>InternalError</Code></Error>")
                },
                Misbehaviour("an error as if all were well") { _ in
                    .status(200, "<Error><Code>InternalError</Code></Error>")
                },
                Misbehaviour("a wrong secret") { _ in
                    .status(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
                },
                Misbehaviour("an explanation without an end") { _ in
                    .endless(
                        head: Array("HTTP/1.1 400 No\r\n\r\n<Error><Code>".utf8),
                        [UInt8](repeating: 97, count: 10_000))
                },
                Misbehaviour("an echo of what was sent") { occasion in
                    let sent = occasion.request.headers.sorted { $0.key < $1.key }.map {
                        "\($0.key): \($0.value)"
                    }
                    let token = occasion.request.headers["x-amz-security-token"] ?? "canary"
                    let words = sent.joined(separator: " ")
                    return .bytes(
                        Array(
                            "HTTP/1.1 403 \(words)\r\nx-amz-bucket-region: \(token)\r\nContent-Length: \(words.utf8.count + 28)\r\n\r\n"
                                .utf8)
                            + Array("<Error><Code>\(words)</Code></Error>".utf8.prefix(words.utf8.count + 28)),
                        closes: true)
                },
                Misbehaviour("a list without an end") { _ in
                    .endless(
                        head: Array("HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>".utf8),
                        Array(String(repeating: "<Contents><Key>a</Key></Contents>", count: 1000).utf8))
                },
                Misbehaviour("a longer list than was asked for") { _ in
                    .status(
                        200,
                        "<ListBucketResult><IsTruncated>true</IsTruncated>"
                            + String(repeating: "<Contents><Key>../../etc/passwd</Key></Contents>", count: 5000)
                            + "</ListBucketResult>")
                },
            ]
    }

    // MARK: Time

    private static func drip(_ start: String, _ pieces: [String]) -> ServerDouble.Reply {
        .drip(
            [Array("HTTP/1.1 \(start)".utf8)] + pieces.map { Array($0.utf8) }, nanoseconds: 100_000_000)
    }

    private static var times: [Misbehaviour] {
        [
            Misbehaviour("silence") { _ in .silence },
            Misbehaviour("a stall") { _ in .stall(nanoseconds: 3_000_000_000) },
            Misbehaviour("a stall amid an object") { _ in
                .drip([head("200 OK\r\nContent-Length: 1000"), [97]], nanoseconds: 3_000_000_000)
            },
            Misbehaviour("a drip") { occasion in
                drip("200 OK\r\nContent-Length: \(max(1000, occasion.right.count))\r\n\r\n", ["a"])
            },
            Misbehaviour("a drip without a length") { _ in drip("200 OK\r\n\r\n", ["a"]) },
            Misbehaviour("a drip of chunks") { _ in
                drip("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ["1\r\na\r\n"])
            },
            Misbehaviour("a drip of a chunk's size") { _ in
                drip("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ["0"])
            },
            Misbehaviour("a drip of fields after chunks") { _ in
                drip("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ["0\r\n", "A: b\r\n"])
            },
            Misbehaviour("a drip of a head") { _ in drip("200 OK\r\n", ["A", ":"]) },
            Misbehaviour("a drip of an explanation") { _ in drip("403 No\r\n\r\n<Error>", ["a"]) },
        ]
    }

    private static func head(_ text: String) -> [UInt8] { Array("HTTP/1.1 \(text)\r\n\r\n".utf8) }

    /// With one bit changed; something where there is nothing.
    private static func flipped(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [1] }
        var bytes = bytes
        bytes[bytes.count / 2] ^= 0x20
        return bytes
    }
}
