import Platform
import TestSupport

@testable import Remotes

/// What stands before a server of a test and speaks TLS, with certificates made for the purpose.
final class SecureFront {
    /// Why tests of TLS cannot be run here; nil when they can.
    static let isThere = RealServer.has("openssl") && RealServer.has("python3")

    let port: Int
    private let process: ChildProcess

    private struct NotReady: Error {}

    private static let script = Places.repository().appending("Tests/Servers/tls").description
    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

    /// A folder with certificates.
    static func certificates() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        guard try ProcessRunner.run([script, "certificates", folder.path.description], environment: environment).status == 0 else {
            throw NotReady()
        }
        return folder
    }

    /// Starts one before the server at `port`; it ends with the object.
    init(_ folder: TemporaryFolder, before port: Int, certificate: String = "good", mode: String = "whole") throws {
        process = try ProcessRunner.start(
            [Self.script, "serve", folder.path.description, "\(port)", certificate, mode], environment: Self.environment)
        let end = Clock.monotonic() + 20_000_000_000
        while Clock.monotonic() < end {
            if let bytes = try Files.readIfPresent(folder.appending("ready-\(port)")),
                let number = Int(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
            {
                self.port = number
                return
            }
            Clock.sleep(nanoseconds: 5_000_000)
        }
        throw NotReady()
    }

    func stop() throws { _ = try process.finish() }

    /// The helper of this build, and the authority that the certificates come from.
    static func transport(_ folder: TemporaryFolder, roots: String = "ca.pem") throws -> SecureTransport {
        SecureTransport(
            helper: try Places.products().appending(SecureTransport.helperName), roots: folder.appending(roots).description)
    }

    func server(name: String = "127.0.0.1") -> RemoteAddress.Server {
        RemoteAddress.Server(name: name, port: port, isSecure: true)
    }
}
