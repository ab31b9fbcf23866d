internal import Archives
internal import Canonical
internal import Environments
internal import Numerics
internal import Platform
internal import Remotes
internal import Sandboxing

/// `doctor`: shows what this machine and this cache can do.
struct DoctorCommand {
    init(_ arguments: Arguments) throws(CommandFailure) {}

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        var status = ExitStatus.done
        for finding in try findings() {
            reporter.result("\(finding.isGood ? "ok  " : "miss")  \(finding.name): \(finding.value)\n")
            if let advice = finding.advice { reporter.result("      \(advice)\n") }
            reporter.record(
                "finding",
                [
                    JSONMember("name", .string(finding.name)), JSONMember("value", .string(finding.value)),
                    JSONMember("ok", .boolean(finding.isGood)),
                ])
            if !finding.isGood { status = .problem }
        }
        return status
    }

    private struct Finding {
        let name: String
        let value: String
        var isGood = true
        var advice: String?
    }

    private func findings() throws(CommandFailure) -> [Finding] {
        var findings = [
            Finding(name: "mlbuild", value: HelpText.version),
            Finding(name: "cores", value: String(Host.coreCount)),
            Finding(name: "kernels", value: "\(KernelVariant.active) (results are the same with every one)"),
        ]
        let store = try WorkspaceFolder.storePath()
        findings.append(storeFinding(store))
        findings.append(Self.hashingFinding())
        do throws(ArchiveError) {
            findings.append(Finding(name: "libarchive", value: try ArchiveFile.libraryVersion()))
        } catch {
            findings.append(
                Finding(name: "libarchive", value: "not found", isGood: false, advice: error.description))
        }
        findings.append(Self.secureFinding())
        findings.append(sandboxFinding())
        findings += Self.pythonFindings()
        return findings
    }

    /// Whether remotes and data with https can be reached; who has none needs nothing for it.
    private static func secureFinding() -> Finding {
        do throws(RemoteError) {
            let hindrance = try SecureTransport.ofProcess().hindrance
            return Finding(name: "https", value: hindrance.map { "not to be had: \($0)" } ?? "by OpenSSL, in a program of its own")
        } catch {
            return Finding(name: "https", value: "not to be had: \(error)")
        }
    }

    /// Whether commands can be run in a sandbox; built-in kinds need none.
    private func sandboxFinding() -> Finding {
        switch SandboxSupport.probe() {
        case .available: Finding(name: "sandbox", value: "namespaces (commands see what they declare, and nothing else)")
        case .unavailable(let reason, let remedy):
            Finding(
                name: "sandbox", value: "not to be had: \(reason)", isGood: false,
                advice: remedy.isEmpty ? nil : "\(remedy); built-in kinds need none")
        }
    }

    /// What `lock` would find for environments with Python: nobody needs it who has none, and none is needed to build.
    private static func pythonFindings() -> [Finding] {
        let interpreters = InterpreterSearch().all()
        guard !interpreters.isEmpty else {
            return [Finding(name: "python", value: "none found ('lock' needs one where an environment has 'python')")]
        }
        let pythons = interpreters.map { interpreter in
            let pip = version(of: [interpreter.executable.description, "-m", "pip", "--version"])
            return Finding(
                name: "python", value: "\(interpreter.version) (\(interpreter.executable)), \(pip.map { "pip \($0)" } ?? "without pip")")
        }
        return pythons + (version(of: ["uv", "--version"]).map { [Finding(name: "uv", value: $0)] } ?? [])
    }

    /// The second word of what a program says of its version; nil when it does not run.
    private static func version(of words: [String]) -> String? {
        guard let outcome = try? ProcessRunner.run(words), outcome.status == 0 else { return nil }
        let said = outcome.outputText.split(whereSeparator: \.isWhitespace)
        return said.count > 1 ? String(said[1]) : nil
    }

    /// How fast the bytes of data are hashed: one file on one core, many on all.
    private static func hashingFinding() -> Finding {
        let bytes = [UInt8](repeating: 7, count: 1 << 18)
        let portions = 128
        let start = Clock.monotonic()
        var hasher = SHA256Hasher()
        for _ in 0..<portions { hasher.update(bytes) }
        _ = hasher.finalize()
        let seconds = Double(max(1, Clock.monotonic() - start)) / 1e9
        let rate = Quantity.bytes(Int(Double(portions * bytes.count) / seconds))
        let way = SHA256Hasher.isAccelerated ? "the processor's SHA instructions" : "portable code (this processor has no SHA instructions)"
        return Finding(name: "hashing", value: "SHA-256 by \(way), \(rate)/s on each core")
    }

    /// Whether the store's folder, or the nearest folder above it that exists, can be written, and shares blocks when copying.
    private func storeFinding(_ store: HostPath) -> Finding {
        var folder = store
        do throws(SystemError) {
            while try Files.status(folder) == nil, folder.bytes.count > 1 { folder = folder.parent }
            let probe = folder.appending(Files.temporaryName())
            let copy = folder.appending(Files.temporaryName())
            defer {
                Files.discard(probe)
                Files.discard(copy)
            }
            try Files.write([1], to: probe)
            let shares = try Descriptor.creating(copy).clone(Descriptor.reading(probe))
            let way = shares ? "shares blocks when copying" : "copies bytes (no reflinks here)"
            return Finding(name: "store", value: "\(store), \(way), \(Quantity.bytes(try Files.freeSpace(in: folder))) free")
        } catch {
            return Finding(name: "store", value: "\(store)", isGood: false, advice: "\(error)")
        }
    }
}
