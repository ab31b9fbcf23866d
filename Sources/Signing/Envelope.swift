internal import Canonical
internal import Diagnostics

/// A signed statement: DSSE, version 1, with one SSH signature.
// SPEC: signing.md#the-envelope
package struct Envelope: Hashable, Sendable {
    /// What an envelope may be long at most, in bytes.
    package static let limit = 32 << 20

    package let payloadType: String
    package let payload: [UInt8]
    /// The fingerprint of the key, as ``SignerKey/fingerprint`` has it.
    package let keyIdentifier: String
    /// An SSH signature, without its armour.
    package let signature: [UInt8]

    package init(payloadType: String, payload: [UInt8], keyIdentifier: String, signature: [UInt8]) {
        self.payloadType = payloadType
        self.payload = payload
        self.keyIdentifier = keyIdentifier
        self.signature = signature
    }

    /// The bytes that are signed.
    package static func signed(_ payload: [UInt8], type: String) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    package func encode() -> [UInt8] {
        let signatures: JSONValue = .array([["keyid": .string(keyIdentifier), "sig": .string(Base64.encode(signature))]])
        return CanonicalJSON.encode([
            "payload": .string(Base64.encode(payload)), "payloadType": .string(payloadType), "signatures": signatures,
        ]) + [UInt8(ascii: "\n")]
    }

    /// Nil unless ``encode()`` would write exactly these bytes.
    package static func decode(_ bytes: [UInt8]) -> Envelope? {
        guard bytes.count <= limit else { return nil }
        let parsed = JSONDocument.parse(SourceText(name: "envelope", bytes: bytes), limits: JSONLimits(depth: 4, bytes: limit))
        guard !parsed.hasErrors, let root = parsed.value?.root, let type = root["payloadType"]?.string,
            let payload = root["payload"]?.string.flatMap({ Base64.decode($0) }), let signature = root["signatures"]?.elements.first,
            let keyIdentifier = signature["keyid"]?.string, let sig = signature["sig"]?.string.flatMap({ Base64.decode($0) })
        else { return nil }
        let envelope = Envelope(payloadType: type, payload: payload, keyIdentifier: keyIdentifier, signature: sig)
        return envelope.encode() == bytes ? envelope : nil
    }
}
