import Canonical
import Platform
import Testing

@testable import Environments

/// What pip 22 to 26 say, as they said it; hosts and paths are made up.
@Suite struct PipFailureTests {
    private func failure(errors: String, output: String = "", log: String = "") -> PipFailure {
        let nowhere = HostPath("/nowhere")
        return PipFailure(
            PipRun(status: 1, output: output, errors: errors, log: log, wheels: nowhere, folder: nowhere), mask: SecretText())
    }

    private static let notThere = """
        ERROR: Could not find a version that satisfies the requirement six (from versions: none)
        ERROR: No matching distribution found for six
        """

    @Test func `a disk that is full is no fault of the requirements`() {
        func run(_ status: Int32, _ errors: String) -> PipRun {
            PipRun(
                status: status, output: "", errors: errors, log: "", wheels: HostPath("/store/tmp/1/wheels"),
                folder: HostPath("/store/tmp/1"))
        }
        let full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
        #expect(run(1, full).refusal?.description == "cannot keep wheels in '/store/tmp/1': no space left on device")
        #expect(run(1, full).refusal?.isFull == true)
        #expect(run(0, "WARNING: the cache: [Errno 28] No space left on device").refusal == nil)
        #expect(run(1, Self.notThere).refusal == nil)
    }

    @Test func `a page that is not there is an unknown package`() {
        let log = """
            2026-01-31T12:00:00,001 Fetching project page and analyzing links: https://index.example.org/simple/six/
            2026-01-31T12:00:00,002 Could not fetch URL https://index.example.org/simple/six/: 404 Client Error: Not Found for url: \
            https://index.example.org/simple/six/ - skipping
            2026-01-31T12:00:00,003 Skipping link: not a file: https://index.example.org/simple/six/
            2026-01-31T12:00:00,003 Skipping link: wrong project name (not six): file:///wheels/torch-2.1.0-py3-none-any.whl
            """
        #expect(failure(errors: Self.notThere, log: log).cause == .unknownPackage("six"))
        #expect(failure(errors: Self.notThere).cause == .unknownPackage("six"))
    }

    @Test(arguments: [
        (
            "connection error: HTTPConnectionPool(host='index.example.org', port=80): Max retries exceeded with url: /simple/six/ (Caused by "
                + "NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f1a>: Failed to establish a new connection: "
                + "[Errno 111] Connection refused')) - skipping", "the connection is refused"
        ),
        (
            "connection error: HTTPSConnectionPool(host='index.example.org', port=443): Max retries exceeded with url: /simple/six/ (Caused by "
                + "NameResolutionError(\"<x>: Failed to resolve 'index.example.org' ([Errno -2] Name or service not known)\")) - skipping",
            "its name is not known"
        ),
        (
            "connection error: HTTPSConnectionPool(host='index.example.org', port=443): Max retries exceeded with url: /simple/six/ (Caused by "
                + "ProxyError('Cannot connect to proxy.', NewConnectionError('<x>: Failed to establish a new connection: [Errno 111] Connection "
                + "refused'))) - skipping", "the proxy does not answer"
        ),
        (
            "There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='index.example.org', port=443): Max retries exceeded "
                + "with url: /simple/six/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))) - skipping",
            "its certificate is not trusted"
        ),
        ("503 Server Error: Service Unavailable for url: https://index.example.org/simple/six/ - skipping", "it has an error of its own"),
        (
            "connection error: HTTPConnectionPool(host='index.example.org', port=80): Max retries exceeded with url: /simple/six/ (Caused by "
                + "ResponseError('too many 500 error responses')) - skipping", "it has an error of its own"
        ),
        ("timed out - skipping", "it does not answer in time"),
    ])
    func `an index that does not answer is told with the reason`(said: String, reason: String) {
        let log = "2026-01-31T12:00:00,002 Could not fetch URL https://index.example.org/simple/six/: \(said)"
        #expect(failure(errors: Self.notThere, log: log).cause == .unreachable(reason))
        // What another project met says nothing of this one.
        let other = log.replacing("URL https://index.example.org/simple/six/", with: "URL https://index.example.org/simple/seven/")
        #expect(failure(errors: Self.notThere, log: other).cause == .unknownPackage("six"))
    }

    @Test(arguments: ["401 Client Error: Unauthorized", "403 Client Error: Forbidden", "407 Client Error: Proxy Authentication Required"])
    func `an index that lets nobody in is told by its status`(said: String) {
        let log = "2026-01-31T12:00:00,002 Could not fetch URL https://index.example.org/simple/six/: \(said) for url: x - skipping"
        #expect(failure(errors: Self.notThere, log: log).cause == .forbidden(String(said.prefix(3))))
    }

    private static let noVersion = """
        ERROR: Ignored the following yanked versions: 2.4.0
        ERROR: Ignored the following versions that require a different python version: 1.21.2 Requires-Python >=3.7,<3.11
        ERROR: Could not find a version that satisfies the requirement numpy==1.19.0 (from -r r.txt (line 1)) (from versions: 1.23.2, 1.24.0, 2.3.0rc1)
        ERROR: No matching distribution found for numpy==1.19.0 (from -r r.txt (line 1))
        """

    @Test func `a version that is not there is told with those that are`() {
        #expect(failure(errors: Self.noVersion).cause == .noVersion("numpy==1.19.0", available: ["1.23.2", "1.24.0", "2.3.0rc1"]))
    }

    @Test(arguments: [
        (
            "  Skipping link: No sources permitted for numpy: https://files.example.org/numpy-1.19.0.zip#sha256=00 (from x)",
            PipFailure.Misfit.onlySources
        ),
        ("  Skipping link: No sources permitted for numpy: https://files.example.org/numpy-1.19.tar.gz", .onlySources),
        (
            "  Skipping link: none of the wheel's tags (cp27-cp27m-win32) are compatible (run pip debug --verbose to show compatible tags): "
                + "https://files.example.org/numpy-1.19.0-cp27-cp27m-win32.whl#sha256=00", .otherTags
        ),
        (
            "  Link requires a different Python (3.11.7 not in: '>=3.6,<3.10'): https://files.example.org/numpy-1.19.0-cp36-cp36m-win32.whl "
                + "(from x) (requires-python:>=3.6,<3.10)", .otherPython(">=3.6,<3.10")
        ),
    ])
    func `files of the version that do not fit tell why`(line: String, misfit: PipFailure.Misfit) {
        #expect(failure(errors: Self.noVersion, log: "2026-01-31T12:00:00,002 " + line).cause == .noWheel("numpy==1.19.0", misfit))
        // Those of other versions and projects do not count.
        let other = line.replacing("numpy-1.19", with: "numpy-1.18")
        #expect(
            failure(errors: Self.noVersion, log: other).cause == .noVersion("numpy==1.19.0", available: ["1.23.2", "1.24.0", "2.3.0rc1"]))
        let foreign = line.replacing("numpy-1.19", with: "mumpy-1.19")
        #expect(
            failure(errors: Self.noVersion, log: foreign).cause == .noVersion("numpy==1.19.0", available: ["1.23.2", "1.24.0", "2.3.0rc1"]))
    }

    @Test func `a conflict is told with pip's reasons and its constraints`() {
        let output = """
            Collecting requests==2.31.0
            INFO: pip is looking at multiple versions of requests to determine which version is compatible with other requirements.

            The conflict is caused by:
                requests 2.31.0 depends on urllib3<3 and >=1.21.1
                The user requested (constraint) urllib3==1.20

            Additionally, some packages in these conflicts have no matching distributions available for your environment:
                urllib3

            To fix this you could try to:
            1. loosen the range of package versions you've specified
            """
        let errors = """
            ERROR: Cannot install -r r.txt (line 1) because these package versions have conflicting dependencies.
            ERROR: ResolutionImpossible: for help visit https://help.example.org/
            """
        let reasons = ["requests 2.31.0 depends on urllib3<3 and >=1.21.1", "The user requested (constraint) urllib3==1.20"]
        #expect(failure(errors: errors, output: output).cause == .conflict(reasons, constraints: ["urllib3==1.20"]))
    }

    @Test func `other bytes are told with both digests`() {
        let zeros = String(repeating: "0", count: 64)
        let ones = String(repeating: "1", count: 64)
        let errors = """
            ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update.
                six==1.16.0 from https://files.example.org/six-1.16.0-py2.py3-none-any.whl#sha256=\(ones) (from -r h.txt (line 1)):
                    Expected sha256 \(zeros)
                         Got        \(ones)
            """
        #expect(failure(errors: errors).cause == .otherBytes("six==1.16.0", expected: zeros, got: ones))
    }

    @Test func `hashes that are missing are told with those that there are`() {
        let errors = """
            ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements. Here is a list of those.
                six==1.16.0 --hash=sha256:00
            """
        #expect(failure(errors: errors).cause == .noHash(["six==1.16.0 --hash=sha256:00"]))
    }

    @Test(arguments: [
        "ERROR: Invalid requirement: 'six=1.16' (from line 1 of b.txt)\nHint: = is not a valid operator. Did you mean == ?",
        "ERROR: Invalid requirement: 'six=1.16': Expected semicolon (after name with no version specifier) or end\n    six=1.16\n       ^ (from line 1)",
    ])
    func `what pip cannot read is told as pip quotes it`(errors: String) {
        guard case .badRequirement(let text) = failure(errors: errors).cause else {
            Issue.record("another cause")
            return
        }
        #expect(text.hasPrefix("'six=1.16'"))
    }

    @Test func `a package for other Pythons is told with the range`() {
        let errors = "ERROR: Package 'alpha' requires a different Python: 3.11.7 not in '>=3.12'"
        #expect(failure(errors: errors).cause == .noWheel("alpha", .otherPython(">=3.12")))
    }

    @Test func `words that are not known are shown, without warnings and secrets`() {
        let errors = """
            WARNING: Retrying (Retry(total=0)) after connection broken
            ERROR: Exception:
            OSError: [Errno 28] No space left on device
            looking at https://me:swordfish@index.example.org/simple?token=abc
            [notice] A new release of pip is available
            """
        let failure = failure(errors: errors)
        #expect(failure.cause == .other)
        #expect(failure.lastLines.count == 3)
        #expect(failure.lastLines[1] == "OSError: [Errno 28] No space left on device")
        #expect(!failure.lastLines.contains { $0.contains("swordfish") || $0.contains("abc") })
    }

    @Test func `no text makes telling fail`() {
        var state: UInt64 = 1_234_567
        let pieces = [
            "ERROR: ", "No matching distribution found for ", "(from versions: ", "six==1.0", "Could not fetch URL ", "://", ": ", "404 ",
            "\n", "'",
            "Skipping link: No sources permitted", "requires a different Python (", "not in: '", " ", "/", "-", ".tar.gz", ".whl",
            "DO NOT MATCH THE HASHES", "Got ", "Expected ", "The conflict is caused by:", "conflicting dependencies",
            "Invalid requirement: ", "é",
        ]
        for _ in 0..<3000 {
            func text() -> String {
                var text = ""
                for _ in 0..<10 {
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    text += pieces[Int(state % UInt64(pieces.count))]
                }
                return text
            }
            let failure = failure(errors: text(), output: text(), log: text())
            #expect(failure.lastLines.count <= 6)
        }
    }

    @Test func `only what an index of the web listed under its digest counts as listed`() {
        let digests = (1...5).map { Digest.of([UInt8($0)]) }
        let log = """
            2026-01-31T12:00:00,123   Found link https://i.example/six-1.whl#sha256=\(digests[0].hex) (from https://i.example/six/), version: 1
            2026-01-31T12:00:00,123   Found link http://i.example/six-2.whl#sha256=\(digests[1].hex)&x=y (from http://i.example/six/)
            2026-01-31T12:00:00,123   Found link file:///links/six-3.whl#sha256=\(digests[2].hex), version: 3
            2026-01-31T12:00:00,123   Found link https://i.example/six-4.whl#md5=\(digests[3].hex)
            2026-01-31T12:00:00,123   Hash is #sha256=\(digests[4].hex)
            """
        let run = PipRun(status: 0, output: "", errors: "", log: log, wheels: HostPath("/x"), folder: HostPath("/x"))
        #expect(run.listed == [digests[0], digests[1]])
    }
}
