import Platform
import TestSupport
import Testing

/// Folders, links, renames, removal, and things that are no files.
@Suite struct FilesChangingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `folders are made with those above them, and making them twice is no error`() throws {
        let path = folder.appending("a/b/c")
        try Files.makeDirectories(path)
        try Files.makeDirectories(path)
        #expect(try folder.everything() == ["a/b/c/"])
        try folder.write("", to: "file")
        #expect(throws: SystemError.self) { try Files.makeDirectories(folder.appending("file")) }
        #expect(throws: SystemError.self) { try Files.makeDirectories(folder.appending("file/below")) }
        try Files.makeDirectories(HostPath("/"))
    }

    @Test func `removing a tree follows no link and minds no missing permission`() throws {
        try folder.write("kept", to: "kept/file")
        try folder.write("x", to: "tree/a/b/c")
        try Files.makeSymbolicLink(folder.appending("tree/link"), to: folder.appending("kept").bytes)
        try Files.setPermissions(folder.appending("tree/a/b"), 0o000)
        try Files.removeTree(folder.appending("tree"))
        try Files.removeTree(folder.appending("tree"))
        #expect(try folder.everything() == ["kept/file"])
        try Files.makeSymbolicLink(folder.appending("link"), to: Array("kept".utf8))
        try Files.removeTree(folder.appending("link"))
        #expect(try folder.everything() == ["kept/file"])
    }

    @Test func `a tree that is nested very deeply is removed`() throws {
        var path = folder.appending("deep")
        for _ in 0..<800 { path = path.appending("d") }
        try Files.makeDirectories(path)
        try Files.removeTree(folder.appending("deep"))
        #expect(try folder.everything() == [])
    }

    @Test func `renaming without replacing leaves what is there`() throws {
        let first = try folder.write("1", to: "first")
        let second = try folder.write("2", to: "second")
        let error = #expect(throws: SystemError.self) { try Files.rename(first, to: second, replacing: false) }
        #expect(error?.exists == true)
        #expect(try folder.read("second") == "2")
        try Files.rename(first, to: folder.appending("third"), replacing: false)
        #expect(try folder.everything() == ["second", "third"])
        #expect(try Files.exchange(second, folder.appending("third")))
        #expect(try folder.read("third") == "2")
    }

    @Test func `what is no file is an error that says so, and never waited for`() throws {
        let pipe = folder.appending("pipe")
        #expect(try ProcessRunner.run(["mkfifo", "\(pipe)"]).status == 0)
        let link = folder.appending("link")
        try Files.makeSymbolicLink(link, to: Array("pipe".utf8))
        func refusal(_ path: HostPath, followLinks: Bool = true) -> String? {
            (#expect(throws: SystemError.self) { try Files.read(path, followLinks: followLinks) })?.description
        }
        #expect(refusal(pipe) == "cannot read '\(pipe)': it is a fifo, not a file")
        #expect(refusal(link) == "cannot read '\(link)': it is a fifo, not a file")
        #expect(refusal(link, followLinks: false) == "cannot read '\(link)': it is a symbolic link, not a file")
        #expect(refusal(folder.path) == "cannot read '\(folder.path)': it is a folder, not a file")
        #expect(refusal(HostPath("/dev/zero")) == "cannot read '/dev/zero': it is a device, not a file")
        #expect(try Files.status(pipe)?.kind == .other)
    }

    @Test func `a file longer than the limit is an error, and one that says it is empty is read`() throws {
        let path = try folder.write("12345", to: "file")
        #expect(try Files.read(path, limit: 5).count == 5)
        #expect(throws: SystemError.self) { try Files.read(path, limit: 4) }
        // Files of the kernel have no size until they are read.
        #expect(try Files.read(HostPath("/proc/self/status")).count > 100)
        #expect(throws: SystemError.self) { try Files.read(HostPath("/proc/self/status"), limit: 10) }
    }

    @Test func `a copy has the bytes and permissions that were asked for`() throws {
        let bytes = [UInt8](repeating: 5, count: 3 << 20)
        let source = try folder.write(bytes, to: "source")
        try Files.copy(from: source, to: folder.appending("copy"), mode: 0o600)
        #expect(try Files.read(folder.appending("copy")) == bytes)
        #expect(try Files.status(folder.appending("copy"))?.mode == 0o600)
        var streamed = 0
        try Files.stream(source) { streamed += $0.count }
        #expect(streamed == bytes.count)
    }

    @Test func `temporaries are removed by their name, with what is in them`() throws {
        try folder.write("", to: "a/.mlbuild-7-1-a")
        try folder.write("", to: "a/.mlbuild-7-2-b/x")
        try folder.write("", to: "a/.mlbuild")
        try folder.write("", to: "a/kept")
        #expect(try Files.removeTemporaries(in: folder.appending("a")) == 2)
        #expect(try Files.removeTemporaries(in: folder.appending("nothing")) == 0)
        #expect(try folder.everything() == ["a/.mlbuild", "a/kept"])
    }

    @Test func `paths have parents and last names`() {
        let cases: [(path: String, parent: String, last: String)] = [
            ("a", ".", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("/", "/", ""), ("a/b/", "a", "b"),
            ("/a/b//", "/a", "b"), ("//", "/", ""),
        ]
        for (path, parent, last) in cases {
            #expect(HostPath(path).parent.description == parent, "\(path)")
            #expect(String(decoding: HostPath(path).lastComponent, as: UTF8.self) == last, "\(path)")
        }
        #expect(HostPath("/").appending("a") == HostPath("/a"))
        #expect(HostPath("a").appending("b") == HostPath("a/b"))
        #expect(HostPath("e\u{301}") != HostPath("é"))
    }
}
