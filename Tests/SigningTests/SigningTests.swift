import Canonical
import Diagnostics
import Platform
import TestSupport
import Testing

@testable import Signing

@Suite struct SigningTests {
    static let hasProgram = (try? ProcessRunner.run(["ssh-keygen", "-?"])) != nil
    private static let type = "application/vnd.mlbuild.result.v1+json"

    /// A key made for one test, as the path of its private part.
    private static func key(_ folder: TemporaryFolder, _ name: String, type: String = "ed25519") throws -> HostPath {
        let path = folder.appending(name)
        let outcome = try ProcessRunner.run(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", path.description])
        try #require(outcome.status == 0, "\(outcome.errorText)")
        return path
    }

    private static func list(_ text: String) throws -> SignerList {
        let read = SignerList.read(SourceText(name: "signers", text: text))
        return try #require(read.value, "\(read.diagnostics.map(\.message))")
    }

    private static func line(_ key: SSHKeygen.Key, options: String = "") -> String {
        "ada@example.org \(options)\(key.publicKey.type) \(Base64.encode(key.publicKey.blob))\n"
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"), arguments: ["ed25519", "ecdsa", "rsa"])
    func `what one key signs the list with this key vouches for`(type: String) throws {
        let folder = try TemporaryFolder()
        let program = SSHKeygen(in: folder.path)
        let key = try program.key(at: Self.key(folder, "key", type: type))
        let envelope = try program.sign(Array("{}".utf8), type: Self.type, with: key)
        #expect(Envelope.decode(envelope.encode()) == envelope)
        let list = try Self.list(Self.line(key))
        #expect(try program.verify(envelope, by: list).names == "ada@example.org")
        #expect(try Files.list(folder.path).count == 2, "nothing is left behind")
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `no other bytes type key or name is vouched for`() throws {
        let folder = try TemporaryFolder()
        let program = SSHKeygen(in: folder.path)
        let key = try program.key(at: Self.key(folder, "key"))
        let other = try program.key(at: Self.key(folder, "other"))
        let good = try program.sign(Array("payload".utf8), type: Self.type, with: key)
        let list = try Self.list(Self.line(key) + Self.line(other))
        #expect(try program.verify(good, by: list).key == key.publicKey)

        func refused(_ envelope: Envelope, by list: SignerList) -> SigningError? {
            do throws(SigningError) {
                _ = try program.verify(envelope, by: list)
                return nil
            } catch {
                return error
            }
        }
        func changed(payload: String = "payload", type: String = Self.type, keyed: String? = nil, signature: [UInt8]? = nil) -> Envelope {
            Envelope(
                payloadType: type, payload: Array(payload.utf8), keyIdentifier: keyed ?? good.keyIdentifier,
                signature: signature ?? good.signature)
        }
        for bad in [changed(payload: "Payload"), changed(type: "text/plain"), changed(keyed: other.publicKey.fingerprint)] {
            guard case .badSignature = refused(bad, by: list) else {
                Issue.record("\(bad) is vouched for")
                continue
            }
        }
        #expect(refused(good, by: try Self.list(Self.line(other))) == .unknownSigner(good.keyIdentifier))
        #expect(refused(good, by: SignerList()) == .unknownSigner(good.keyIdentifier))
        for index in good.signature.indices {
            var signature = good.signature
            signature[index] ^= 1 << UInt8(index % 8)
            #expect(refused(changed(signature: signature), by: list) != nil, "byte \(index) is signed")
        }
        for options in ["namespaces=\"git\" ", "valid-before=\"20010101\" ", "valid-after=\"20990101\" "] {
            guard case .badSignature = refused(good, by: try Self.list(Self.line(key, options: options))) else {
                Issue.record("\(options)does not count")
                continue
            }
        }
        #expect(refused(good, by: try Self.list(Self.line(key, options: "namespaces=\"git,mlbuild-result@v1\" "))) == nil)
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `a signature for another namespace is none`() throws {
        let folder = try TemporaryFolder()
        let program = SSHKeygen(in: folder.path)
        let path = try Self.key(folder, "key")
        let key = try program.key(at: path)
        let payload = Array("payload".utf8)
        let outcome = try ProcessRunner.run(
            ["ssh-keygen", "-Y", "sign", "-q", "-n", "git", "-f", path.description], input: Envelope.signed(payload, type: Self.type))
        let signature = try #require(SSHKeygen.unarmoured(outcome.output))
        #expect(SSHKeygen.armoured(signature) == outcome.output)
        let envelope = Envelope(payloadType: Self.type, payload: payload, keyIdentifier: key.publicKey.fingerprint, signature: signature)
        let list = try Self.list(Self.line(key))
        #expect(throws: SigningError.self) { try program.verify(envelope, by: list) }
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `a key that cannot sign is told`() throws {
        let folder = try TemporaryFolder()
        let program = SSHKeygen(in: folder.path)
        #expect(throws: SigningError.self) { try program.key(at: folder.appending("none")) }
        try folder.write("rubbish", to: "odd.pub")
        #expect(throws: SigningError.self) { try program.key(at: folder.appending("odd")) }
        let key = try program.key(at: Self.key(folder, "key"))
        try Files.removeFile(folder.appending("key"))
        #expect(throws: SigningError.self) { try program.sign([], type: Self.type, with: key) }
    }

    @Test func `the fingerprint is the one that SSH shows`() throws {
        // From `ssh-keygen -l` of this key.
        let key = try #require(
            SignerKey(publicKeyFile: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOsG5uySDNVOXrOU4a6ekn9Z+4d3pyn19qhHmaCF+Nf5 comment here\n"))
        #expect(key.fingerprint == "SHA256:nTUA9tQEs7Lxl17Gw4ZGjCwgX+TbQ4s7yOzw744OQfk")
    }
}
