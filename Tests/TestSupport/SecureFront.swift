package import Platform

/// What stands before a server of a test and speaks TLS, with certificates made for the purpose.
package final class SecureFront {
    /// Whether there is what it needs: the programs `openssl` and `python3`.
    package static let isThere = ["openssl", "python3"].allSatisfy { program in
        ["/usr/bin", "/usr/local/bin"].contains { (try? Files.status(HostPath($0).appending(program))) != nil }
    }

    package let port: Int
    private let process: ChildProcess

    private struct NotReady: Error {}

    private static let script = Places.repository().appending("Tests/Servers/tls").description
    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

    /// A folder with certificates.
    package static func certificates() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try makeCertificates(in: folder.path)
        return folder
    }

    /// Makes them in a folder that is there.
    package static func makeCertificates(in folder: HostPath) throws {
        guard try ProcessRunner.run([script, "certificates", folder.description], environment: environment).status == 0 else {
            throw NotReady()
        }
    }

    /// Starts one before the server at `port`; it ends with the object.
    package convenience init(_ folder: TemporaryFolder, before port: Int, certificate: String = "good", mode: String = "whole") throws {
        try self.init(in: folder.path, before: port, certificate: certificate, mode: mode)
    }

    package init(in folder: HostPath, before port: Int, certificate: String = "good", mode: String = "whole") throws {
        let ready = folder.appending("ready-\(port)")
        try Files.removeTree(ready)
        process = try ProcessRunner.start(
            [Self.script, "serve", folder.description, "\(port)", certificate, mode], environment: Self.environment)
        let end = Clock.monotonic() + 20_000_000_000
        while Clock.monotonic() < end {
            if let bytes = try Files.readIfPresent(ready),
                let number = Int(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
            {
                self.port = number
                return
            }
            Clock.sleep(nanoseconds: 5_000_000)
        }
        throw NotReady()
    }

    package var identifier: Int32 { process.identifier }

    package func stop() throws { _ = try process.finish() }
}
