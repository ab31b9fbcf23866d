internal import Canonical
internal import Diagnostics
package import Platform

/// Signs and checks through `ssh-keygen -Y`.
// SPEC: signing.md#the-envelope
package struct SSHKeygen: Sendable {
    /// What a signature was made for; SSH has it in what is signed.
    package static let namespace = "mlbuild-result@v1"

    /// A private key's file, or a public key's whose private one an agent holds.
    package struct Key: Sendable {
        package let path: HostPath
        package let publicKey: SignerKey
        /// What stands behind the key in its file, often whose it is; nil for nothing.
        package let comment: String?
    }

    /// A folder of ours, for the files that `ssh-keygen` reads.
    private let folder: HostPath

    package init(in folder: HostPath) { self.folder = folder }

    /// A key by the file of its private or of its public part; only the public one is read, which has `.pub` at its end.
    ///
    /// - Throws: `.badKey`.
    package func key(at path: HostPath) throws(SigningError) -> Key {
        let suffix = Array(".pub".utf8)
        let file = path.bytes.suffix(4) == suffix[...] ? path : HostPath(bytes: path.bytes + suffix)
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try Files.readIfPresent(file, limit: 1 << 20)
        } catch {
            throw .refused(error)
        }
        guard let bytes else {
            throw .badKey(path: path.description, "there is no '\(file)'; 'ssh-keygen -y -f KEY > KEY.pub' makes it")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = SignerKey(publicKeyFile: text) else {
            throw .badKey(path: path.description, "'\(file)' is no public key")
        }
        let words = text.prefix { !$0.isNewline }.split(separator: " ", maxSplits: 2)
        return Key(path: path, publicKey: key, comment: words.count > 2 ? String(words[2]) : nil)
    }

    /// - Throws: `.badKey` when `ssh-keygen` does not sign with it.
    package func sign(_ payload: [UInt8], type: String, with key: Key) throws(SigningError) -> Envelope {
        let outcome = try run(
            ["-Y", "sign", "-q", "-n", Self.namespace, "-f", key.path.description],
            input: Envelope.signed(payload, type: type))
        guard outcome.status == 0, let signature = Self.unarmoured(outcome.output) else {
            throw .badKey(path: key.path.description, Self.said(outcome))
        }
        return Envelope(payloadType: type, payload: payload, keyIdentifier: key.publicKey.fingerprint, signature: signature)
    }

    /// Who of the list vouches for the envelope.
    ///
    /// - Throws: `.unknownSigner`, `.badSignature`.
    package func verify(_ envelope: Envelope, by list: SignerList) throws(SigningError) -> TrustedSigner {
        guard let signer = list.signers.first(where: { $0.key.fingerprint == envelope.keyIdentifier }) else {
            throw .unknownSigner(envelope.keyIdentifier)
        }
        let name = Host.uniqueText()
        let files = (signers: folder.appending(name + ".signers"), signature: folder.appending(name + ".sig"))
        defer {
            Files.discard(files.signers)
            Files.discard(files.signature)
        }
        do throws(SystemError) {
            // One name of our own: whose key it is was settled above, and names may hold patterns.
            try Files.write(Array("signer \(signer.rest)\n".utf8), to: files.signers)
            try Files.write(Self.armoured(envelope.signature), to: files.signature)
        } catch {
            throw .refused(error)
        }
        let outcome = try run(
            [
                "-Y", "verify", "-q", "-n", Self.namespace, "-f", files.signers.description, "-I", "signer", "-s",
                files.signature.description,
            ], input: Envelope.signed(envelope.payload, type: envelope.payloadType))
        guard outcome.status == 0 else { throw .badSignature(signer: signer.names, Self.said(outcome)) }
        return signer
    }

    // MARK: The program

    /// What it may know of our environment.
    private static let variables = ["PATH", "HOME", "TERM", "DISPLAY", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"]

    private func run(_ arguments: [String], input: [UInt8]) throws(SigningError) -> ProcessRunner.Outcome {
        var environment = ["LC_ALL": "C"]
        for name in Self.variables { environment[name] = Host.environment(name) }
        do throws(SystemError) {
            return try ProcessRunner.run(["ssh-keygen"] + arguments, environment: environment, input: input)
        } catch {
            throw error.isMissing ? .noProgram : .refused(error)
        }
    }

    /// The last line that it said.
    private static func said(_ outcome: ProcessRunner.Outcome) -> String {
        let text = outcome.errorText + outcome.outputText
        let line = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "'ssh-keygen' ended with status \(outcome.status)"
        return DiagnosticRenderer.printable(line)
    }

    private static let head = "-----BEGIN SSH SIGNATURE-----"
    private static let tail = "-----END SSH SIGNATURE-----"

    static func armoured(_ signature: [UInt8]) -> [UInt8] {
        let text = Array(Base64.encode(signature).utf8)
        var lines = Array((head + "\n").utf8)
        for start in stride(from: 0, to: text.count, by: 70) {
            lines += text[start..<min(text.count, start + 70)] + [UInt8(ascii: "\n")]
        }
        return lines + Array((tail + "\n").utf8)
    }

    static func unarmoured(_ text: [UInt8]) -> [UInt8]? {
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard lines.count >= 3, lines.first.map(Array.init) == Array(head.utf8), lines.last.map(Array.init) == Array(tail.utf8) else {
            return nil
        }
        return Base64.decode(String(decoding: lines.dropFirst().dropLast().joined(), as: UTF8.self))
    }
}
