import CDigest
import Canonical
import Testing

@Suite struct DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func `the vectors of FIPS 180-4 are met`(message: String, hex: String) {
        #expect(Digest.of(Array(message.utf8)).hex == hex)
        #expect(Digest.of(Array(message.utf8)).description == "sha256:" + hex)
    }

    @Test func `a million times the letter a has its known digest`() {
        var hasher = SHA256Hasher()
        let thousand = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { hasher.update(thousand) }
        #expect(hasher.finalize().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `the accelerated code and the portable code agree at every length`() {
        let bytes = (0..<4200).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
        for length in Array(0...300) + [1023, 1024, 1025, 4095, 4096, 4200] {
            var portable = [UInt8](repeating: 0, count: Digest.byteCount)
            cdigest_sha256_portable(bytes, length, &portable)
            #expect(Digest.of(Array(bytes[..<length])).bytes == portable, "length \(length)")
        }
    }

    @Test func `the digest does not depend on how the bytes are cut`() {
        let bytes = (0..<700).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = Digest.of(bytes)
        for size in 1...200 {
            var hasher = SHA256Hasher()
            var start = 0
            while start < bytes.count {
                let end = min(start + size, bytes.count)
                hasher.update(Array(bytes[start..<end]))
                start = end
            }
            #expect(hasher.finalize() == whole, "pieces of \(size)")
        }
    }

    @Test func `a copy of a hasher goes on by itself`() {
        var first = SHA256Hasher()
        first.update(Array("ab".utf8))
        var second = first
        second.update(Array("c".utf8))
        #expect(second.finalize() == Digest.of(Array("abc".utf8)))
        #expect(first.finalize() == Digest.of(Array("ab".utf8)))
    }

    @Test func `text and bytes of a digest read back`() throws {
        let digest = Digest.of(Array("mlbuild".utf8))
        #expect(Digest(digest.description) == digest)
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.description.dropFirst(7)) == digest)
        #expect(Digest(bytes: digest.bytes) == digest)
    }

    @Test(arguments: [
        "", "sha256:", "ba7816bf", "sha1:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015add",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        " sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ])
    func `other text is no digest`(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test func `digests order as their bytes`() {
        let digests = (0..<200).map { Digest.of([UInt8($0)]) }
        let byBytes = digests.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(digests.sorted() == byBytes)
        #expect(digests.sorted { $0.hex < $1.hex } == byBytes)
    }
}
