import Platform
import Testing

@testable import Running

/// What lies under `.mlbuild` need not be what mlbuild put there.
@Suite struct StateFolderTests {
    private enum Intruder: CaseIterable { case fifo, emptyFolder, emptyFile, link, danglingLink }

    private func put(_ intruder: Intruder, _ name: String, _ fixture: Fixture) throws {
        let place = fixture.path(".mlbuild/" + name)
        try Files.removeTree(place)
        switch intruder {
        case .fifo: #expect(try ProcessRunner.run(["mkfifo", "\(place)"]).status == 0)
        case .emptyFolder: try Files.makeDirectory(place)
        case .emptyFile: try Files.write([], to: place)
        case .link:
            try fixture.write("theirs", to: "theirs")
            try Files.makeSymbolicLink(place, to: Array("../theirs".utf8))
        case .danglingLink: try Files.makeSymbolicLink(place, to: Array("../nowhere".utf8))
        }
    }

    @Test(arguments: ["index", "contents", "signatures", "outputs", "busy"]) func `what is worth nothing makes way`(_ name: String) throws {
        let fixture = try Fixture()
        try fixture.build()
        for intruder in Intruder.allCases {
            try put(intruder, name, fixture)
            let report = try fixture.build()
            #expect(report.status == .done, "\(intruder): \(report.failures.map(\.message))")
            let kind = try Files.status(fixture.path(".mlbuild/" + name), followLinks: false)?.kind
            #expect(kind == nil || kind == .regular && name != "busy", "\(intruder)")
        }
        #expect(try fixture.read("theirs") == "theirs")
        #expect(try !fixture.exists("nowhere"))
    }

    @Test(arguments: ["journal", "logs"]) func `a fifo or an empty file makes way for a folder`(_ name: String) throws {
        let fixture = try Fixture()
        for intruder in [Intruder.fifo, .emptyFile] {
            try fixture.build()
            try put(intruder, name, fixture)
            #expect(try fixture.build { $0.force = true }.status == .done)
        }
    }

    @Test(arguments: ["journal", "logs", ""]) func `a link is not followed out of the workspace`(_ name: String) throws {
        let fixture = try Fixture()
        let outside = fixture.root.parent.appending("outside")
        try Files.makeDirectory(outside)
        let place = fixture.path(name.isEmpty ? ".mlbuild" : ".mlbuild/" + name)
        if !name.isEmpty { try Files.makeDirectories(place.parent) }
        try Files.makeSymbolicLink(place, to: outside.bytes)
        let report = try fixture.build()
        #expect(report.status == .refused)
        let message = try #require(report.failures.first?.message)
        #expect(message.hasPrefix("cannot keep the workspace's state in '\(place)': it is a symbolic link"))
        #expect(message.contains("MLBUILD_CACHE"))
        #expect(try Files.list(outside).isEmpty)
        #expect(fixture.performer.calls.isEmpty)
    }

    @Test(arguments: ["index", "outputs", "busy", "lock"]) func `what may be of worth stays, and is named`(_ name: String) throws {
        let fixture = try Fixture()
        try fixture.write("theirs", to: ".mlbuild/\(name)/file")
        let report = try fixture.build()
        #expect(report.status == .refused)
        let message = try #require(report.failures.first?.message)
        #expect(message.contains("'\(fixture.path(".mlbuild/" + name))': ") && message.contains("folder"), "\(message)")
        #expect(try fixture.read(".mlbuild/\(name)/file") == "theirs")
    }

    @Test func `a fifo in the place of the lock is named and waited for by nobody`() throws {
        let fixture = try Fixture()
        try Files.makeDirectory(fixture.path(".mlbuild"))
        try put(.fifo, "lock", fixture)
        let report = try fixture.build()
        #expect(report.failures.map(\.message) == ["cannot lock '\(fixture.path(".mlbuild/lock"))': it is a fifo, not a file; remove it"])
    }
}
