import Canonical
import Platform
import TestSupport
import Testing

@testable import Remotes

@Suite struct SignatureTests {
    private static let example = SignatureV4(
        credentials: Credentials(accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
        region: "us-east-1")

    private static func authorization(_ pairs: [SignatureV4.Pair]) -> String? { pairs.first { $0.name == "authorization" }?.value }

    @Test func `the example of the specification is right`() throws {
        let text = String(decoding: try Files.read(Places.repository().appending("Specs/remotes.md")), as: UTF8.self)
        let block = try #require(text.split(separator: "```signature\n").dropFirst().first?.split(separator: "\n").first)
        let empty = Digest.of([] as [UInt8])
        let signed = Self.example.sign(
            method: "GET", path: "/models/penguins/cas/\(empty.hex)", query: "", headers: [SignatureV4.Pair("host", "127.0.0.1:7480")],
            payload: empty, seconds: 1_795_207_200)
        #expect(Self.authorization(signed) == String(block))
    }

    /// The examples of Amazon's own documentation of S3's header signatures.
    @Test func `published examples are met`() throws {
        let signer = SignatureV4(
            credentials: Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
            region: "us-east-1")
        let time: Int64 = 1_369_353_600
        let host = SignatureV4.Pair("host", "examplebucket.s3.amazonaws.com")
        let nothing = Digest.of([] as [UInt8])
        let get = signer.sign(
            method: "GET", path: "/test.txt", query: "", headers: [host, SignatureV4.Pair("range", "bytes=0-9")], payload: nothing,
            seconds: time)
        #expect(Self.authorization(get)?.hasSuffix("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") == true)
        let put = signer.sign(
            method: "PUT", path: SignatureV4.encode(path: "/test$file.text".utf8), query: "",
            headers: [
                host, SignatureV4.Pair("date", "Fri, 24 May 2013 00:00:00 GMT"),
                SignatureV4.Pair("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], payload: Digest.of(Array("Welcome to Amazon S3.".utf8)), seconds: time)
        #expect(Self.authorization(put)?.hasSuffix("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd") == true)
        let lifecycle = signer.sign(
            method: "GET", path: "/", query: SignatureV4.encode(query: [SignatureV4.Pair("lifecycle", "")]), headers: [host],
            payload: nothing, seconds: time)
        #expect(Self.authorization(lifecycle)?.hasSuffix("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543") == true)
        let list = signer.sign(
            method: "GET", path: "/",
            query: SignatureV4.encode(query: [SignatureV4.Pair("prefix", "J"), SignatureV4.Pair("max-keys", "2")]),
            headers: [host], payload: nothing, seconds: time)
        #expect(Self.authorization(list)?.hasSuffix("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7") == true)
    }

    @Test func `the code for messages is that of RFC 4231`() {
        let key = [UInt8](repeating: 0xAA, count: 131)
        let mac = HMAC.sha256(key: key, Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(Digest(bytes: mac).hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let short = HMAC.sha256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(Digest(bytes: short).hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `moments are written and read as calendars have them`() {
        for (seconds, text) in [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (4_107_542_400, "21000301T000000Z"),
            (-1, "19691231T235959Z"), (1_369_353_600, "20130524T000000Z"), (253_402_300_799, "99991231T235959Z"),
        ] as [(Int64, String)] { #expect(CivilTime(secondsSince1970: seconds).basic == text) }
        #expect(CivilTime.seconds(httpDate: "Fri, 24 May 2013 00:00:00 GMT") == 1_369_353_600)
        #expect(CivilTime.seconds(httpDate: "Tue, 29 Feb 2000 00:00:00 GMT") == 951_782_400)
        for text in [
            "", "Fri, 24 May 2013 00:00:00 UTC", "Fri, 24 Mai 2013 00:00:00 GMT", "Fri, 4 May 2013 00:00:00 GMT",
            "Friday, 24-May-13 00:00:00 GMT",
        ] {
            #expect(CivilTime.seconds(httpDate: text) == nil, "\(text)")
        }
        #expect(CivilTime(secondsSince1970: .max).basic == "99991231T235959Z")
    }

    private static let python = Peer.python(having: "botocore")

    @Test(.enabled(if: python != nil, "skipped: no Python with botocore; '.ci/setup --tests' makes one"))
    func `10,000 random requests are signed as botocore signs them`() throws {
        let python = try #require(Self.python)
        let folder = try TemporaryFolder()
        try folder.write(Self.script, to: "sign.py")
        let lines = try Peer.run(python, ["sign.py", "10000", "20261120"], in: folder.path).split(separator: "\n")
        #expect(lines.count == 10_000)
        var wrong = 0
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map { Self.bytes(hex: $0) }
            func text(_ index: Int) -> String { String(decoding: parts[index], as: UTF8.self) }
            let token = text(3)
            let signer = SignatureV4(
                credentials: Credentials(accessKey: text(1), secretKey: Secret(text(2)), sessionToken: token.isEmpty ? nil : Secret(token)),
                region: text(4))
            let pairs = text(7).split(separator: ",").map { pair in
                let sides = pair.split(separator: ":", omittingEmptySubsequences: false)
                return SignatureV4.Pair(
                    String(decoding: Self.bytes(hex: sides[0]), as: UTF8.self), String(decoding: Self.bytes(hex: sides[1]), as: UTF8.self))
            }
            let path = SignatureV4.encode(path: parts[6])
            #expect(path == text(9))
            let signed = signer.sign(
                method: text(0), path: path, query: SignatureV4.encode(query: pairs), headers: [SignatureV4.Pair("host", text(5))],
                payload: Digest.of(parts[8]), seconds: Int64(text(10)) ?? 0)
            if Self.authorization(signed) != text(11) {
                wrong += 1
                if wrong < 5 { Issue.record("\(Self.authorization(signed) ?? "")\n\(text(11))\n\(path) \(pairs)") }
            }
        }
        #expect(wrong == 0)
    }

    private static func bytes(hex: Substring) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private static let script = """
        import sys, random, hashlib, datetime, urllib.parse
        import botocore.auth
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        random.seed(int(sys.argv[2]))
        alphabet = "abcXYZ019-._~ +%=&()/!'*,;:@$#?[]{}|\\"<>`^\\u00fc\\u65e5\\U0001f427\\t"
        def word(least, most, letters=alphabet):
            return "".join(random.choice(letters) for _ in range(random.randint(least, most)))
        plain = "abcdefABCDEF0123456789"
        def encoded(text):
            return text.encode().hex()
        for number in range(int(sys.argv[1])):
            method = random.choice(["GET", "PUT", "HEAD", "POST", "DELETE"])
            access, secret = word(16, 20, plain), word(30, 44, plain + "/+")
            token = word(20, 300, plain + "/+=") if random.random() < 0.5 else ""
            region = random.choice(["us-east-1", "eu-central-1", "default", "a"])
            host = random.choice(["127.0.0.1:7480", "s3.example.org", "localhost:9000"])
            key = "/bucket/" + word(1, 40)
            query = [(word(1, 12), word(0, 12)) for _ in range(random.randint(0, 4))]
            if len(set(name for name, _ in query)) < len(query): query = query[:1]
            body = word(0, 30).encode()
            seconds = random.randint(0, 4102444799)
            path = urllib.parse.quote(key, safe="/~")
            request = AWSRequest(method=method, url="http://" + host + path, params=dict(query), data=body)
            time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
            request.context["timestamp"] = time
            auth = S3SigV4Auth(Credentials(access, secret, token or None), "s3", region)
            auth._modify_request_before_signing(request)
            if "X-Amz-Date" not in request.headers: request.headers["X-Amz-Date"] = time
            canonical = auth.canonical_request(request)
            auth._inject_signature_to_request(request, auth.signature(auth.string_to_sign(request, canonical), request))
            pairs = ",".join(name.encode().hex() + ":" + value.encode().hex() for name, value in query)
            fields = [method, access, secret, token, region, host, key, pairs]
            line = [encoded(field) for field in fields] + [body.hex(), encoded(path), encoded(str(seconds)), encoded(request.headers["Authorization"])]
            print("\\t".join(line))
        """
}
