import Platform
import TestSupport
import Testing

/// Calls that fail, stop short or kill.
@Suite struct PlatformFaultTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(inMemory: true) }

    @Test func `a write that fails at any call leaves the old content and no temporary`() throws {
        let path = try folder.write("old", to: "file")
        var call = 0
        while true {
            call += 1
            let plan = FaultPlan(.failOnce(28), at: call)
            do throws(SystemError) {
                try plan.run { () throws(SystemError) in try Files.write(Array("new".utf8), to: path, durable: true) }
            } catch {
                #expect(error.code == 28)
                #expect(error.description.hasSuffix("no space left on device"))
            }
            if plan.count < call { break }
            let text = try folder.read("file")
            // The last call syncs the folder: by then the new content is there.
            #expect(text == "old" || call == 5)
            #expect(try folder.everything() == ["file"])
            try Files.write(Array("old".utf8), to: path)
        }
        #expect(call == 6)
    }

    @Test func `reads and writes go on after a short transfer`() throws {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        for call in 1...3 {
            try FaultPlan(.shorten, at: call, counting: [.read, .write]).run { () throws(SystemError) in
                let path = folder.appending("file")
                try Files.write(bytes, to: path)
                let read = try Files.read(path)
                #expect(read == bytes)
                try Files.copy(from: path, to: folder.appending("copy"))
                #expect(try Files.read(folder.appending("copy")) == bytes)
            }
        }
    }

    @Test func `a plan acts on its thread and on those started from there, and on no other`() throws {
        let folder = folder
        let plan = FaultPlan(.failEver(5), at: 1)
        plan.run {
            #expect(throws: SystemError.self) { try Files.write([], to: folder.appending("a")) }
            Threads.run(2) { index in #expect(throws: SystemError.self) { try Files.write([], to: folder.appending("b\(index)")) } }
        }
        #expect(plan.count == 6)
        try Files.write([], to: folder.appending("c"))
        Threads.run(1) { _ in #expect(throws: Never.self) { try Files.write([], to: folder.appending("d")) } }
        #expect(try folder.everything() == ["c", "d"])
    }

    @Test func `a process is killed before or after the call`() async throws {
        let names = ["before", "after"]
        let root = HostPath(Host.environment("TMPDIR") ?? "/tmp")
        for name in names { try Files.removeTree(root.appending("mlbuild-kill-" + name)) }
        await #expect(processExitsWith: .signal(9)) {
            let root = HostPath(Host.environment("TMPDIR") ?? "/tmp")
            FaultPlan(.killBefore, at: 1, counting: .makeDirectory).run {
                try? Files.makeDirectory(root.appending("mlbuild-kill-before"))
            }
        }
        await #expect(processExitsWith: .signal(9)) {
            let root = HostPath(Host.environment("TMPDIR") ?? "/tmp")
            FaultPlan(.killAfter, at: 1, counting: .makeDirectory).run {
                try? Files.makeDirectory(root.appending("mlbuild-kill-after"))
            }
        }
        #expect(try Files.status(root.appending("mlbuild-kill-before")) == nil)
        #expect(try Files.status(root.appending("mlbuild-kill-after")) != nil)
        try Files.removeTree(root.appending("mlbuild-kill-after"))
    }
}
