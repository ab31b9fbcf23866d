package import Canonical

/// AWS Signature Version 4, with the rules that S3 has of its own: the path is encoded once and not normalised.
///
/// A pure function of the request, the credentials and the time.
// SPEC: remotes.md#credentials
package struct SignatureV4: Sendable {
    package let credentials: Credentials
    package let region: String
    package let service: String

    package init(credentials: Credentials, region: String, service: String = "s3") {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// A header field or a parameter of a query.
    package struct Pair: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The path of a URL for these bytes: all but letters, digits, `-._~` and `/` as `%XX`.
    package static func encode(path: some Sequence<UInt8>) -> String { encode(path, keepsSlashes: true) }

    /// A name or value of a query.
    package static func encode(parameter: some Sequence<UInt8>) -> String { encode(parameter, keepsSlashes: false) }

    /// The query of these parameters, without the question mark, sorted as it is signed.
    package static func encode(query: [Pair]) -> String {
        query.map { (encode(parameter: $0.name.utf8), encode(parameter: $0.value.utf8)) }
            .sorted { first, second in
                if first.0 != second.0 { return first.0.utf8.lexicographicallyPrecedes(second.0.utf8) }
                return first.1.utf8.lexicographicallyPrecedes(second.1.utf8)
            }
            .map { "\($0)=\($1)" }.joined(separator: "&")
    }

    private static func encode(_ bytes: some Sequence<UInt8>, keepsSlashes: Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            case UInt8(ascii: "/") where keepsSlashes: result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The header fields of a signed request: `headers`, and those that the signature adds.
    ///
    /// `path` and `query` are as they stand in the request, encoded; `headers` have names in small letters and `host` among them.
    /// `seconds` are since 1970.
    package func sign(
        method: String, path: String, query: String, headers: [Pair], payload: Digest, seconds: Int64
    ) -> [Pair] {
        let time = CivilTime(secondsSince1970: seconds)
        var all = headers + [Pair("x-amz-content-sha256", payload.hex), Pair("x-amz-date", time.basic)]
        if let token = credentials.sessionToken { all.append(Pair("x-amz-security-token", token.text)) }
        let sorted = all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let names = sorted.map(\.name).joined(separator: ";")
        let lines = sorted.map { "\($0.name):\(Self.folded($0.value))\n" }.joined()
        let canonical = "\(method)\n\(path)\n\(query)\n\(lines)\n\(names)\n\(payload.hex)"
        let scope = "\(time.date)/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(time.basic)\n\(scope)\n\(Digest.of(Array(canonical.utf8)).hex)"
        var key = Array("AWS4\(credentials.secretKey.text)".utf8)
        for part in [time.date, region, service, "aws4_request", toSign] { key = HMAC.sha256(key: key, Array(part.utf8)) }
        let signature = Digest(bytes: key).hex
        let value = "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return all + [Pair("authorization", value)]
    }

    /// Without spaces at its ends, and with one where there are several.
    private static func folded(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }
}
