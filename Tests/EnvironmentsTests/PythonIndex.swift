import Canonical
import Locking
import Platform
import Testing

@testable import Environments

/// The Python of this machine that tests resolve with.
enum TestPython {
    /// The newest interpreter with a pip of its own; nil when there is none.
    static let interpreter: FoundInterpreter? = {
        let all = InterpreterSearch().all().filter { $0.version.hasPrefix("3.") }.sorted { $0.isNewer(than: $1) }
        return all.first { found in
            let outcome = try? ProcessRunner.run([found.executable.description, "-I", "-m", "pip", "--version"])
            return outcome?.status == 0
        }
    }()

    static var isThere: Bool { interpreter != nil }
    static let reason: Comment = "skipped: no Python with pip is on this machine"

    /// `3.11`
    static var version: String { (interpreter?.version ?? "3.0.0").split(separator: ".").prefix(2).joined(separator: ".") }
    /// `cp311`
    static var tag: String { "cp" + version.filter { $0 != "." } }
}

/// A static package index as PEP 503 has it, on loopback.
final class PythonIndex {
    private let process: ChildProcess
    let address: String

    /// Serves `wheels` and source archives, which are empty files of these names.
    init(_ wheels: [TestWheel], sources: [String] = [], in folder: HostPath) throws {
        var projects: [String: [String]] = [:]
        for wheel in wheels {
            let name = try #require(WheelName(wheel.fileName))
            projects[name.project, default: []].append(
                "<a href=\"../../files/\(wheel.fileName)#sha256=\(wheel.digest.hex)\">\(wheel.fileName)</a>")
            try Files.makeDirectories(folder.appending("files"))
            try Files.write(wheel.bytes, to: folder.appending("files").appending(wheel.fileName))
        }
        for source in sources {
            let project = WheelName.project(source.prefix { $0 != "-" })
            projects[project, default: []].append("<a href=\"../../files/\(source)\">\(source)</a>")
        }
        try Files.makeDirectories(folder.appending("simple"))
        for (project, links) in projects {
            let page = folder.appending("simple").appending(project)
            try Files.makeDirectories(page)
            try Files.write(
                Array("<!DOCTYPE html><html><body>\(links.joined(separator: "\n"))</body></html>".utf8), to: page.appending("index.html"))
        }
        let script = """
            import http.server, os, sys
            class Quiet(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *arguments): pass
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Quiet)
            with open('.port', 'w') as file: file.write(str(server.server_address[1]))
            os.rename('.port', 'port')
            server.serve_forever()
            """
        let interpreter = try #require(TestPython.interpreter)
        process = try ProcessRunner.start([interpreter.executable.description, "-c", script], directory: folder)
        var port: String?
        for _ in 0..<2000 where port == nil {
            if let bytes = try Files.readIfPresent(folder.appending("port")) { port = String(decoding: bytes, as: UTF8.self) }
            if port == nil { _ = try ProcessRunner.run(["sleep", "0.01"]) }
        }
        address = "http://127.0.0.1:\(try #require(port))/simple"
    }

    func stop() {
        try? process.send(9)
        _ = try? process.finish()
    }
}
