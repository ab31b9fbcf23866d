import Platform
import TestSupport
import Testing

@testable import Sandboxing

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct PlaceTests {
    @Test func `a command sees the same place on every machine`() throws {
        let ended = try Sandbox().shell(
            """
            pwd; id -u; id -g; hostname; umask; echo $(ls /); echo $(ls /dev); ls -A /tmp /home /dev/shm
            ulimit -c; ulimit -n; ulimit -s; cat /proc/sys/kernel/ns_last_pid > /dev/null; echo $$; uname -n
            """)
        #expect(
            ended.log == """
                /work
                1000
                1000
                mlbuild
                0022
                bin data dev etc home lib lib64 proc sbin tmp usr work
                fd full null random shm stderr stdin stdout urandom zero
                /dev/shm:

                /home:

                /tmp:
                0
                1024
                8192
                3
                mlbuild

                """)
    }

    @Test func `the environment is what the plan says, sorted, the last of each name`() throws {
        let ended = try Sandbox().run(["/usr/bin/env"]) { $0.variables = [("PATH", "/x"), ("B", "1"), ("A", "é=\n"), ("PATH", "/bin")] }
        #expect(ended.log == "A=é=\n\nB=1\nPATH=/bin\n")
    }

    @Test func `user, host name and process identifier are as the plan says`() throws {
        let ended = try Sandbox().shell("id -u; id -un; hostname; echo $$; sh -c 'echo $$' | cat") { plan in
            plan.userIdentifier = 4321
            plan.userName = "other"
            plan.hostName = "elsewhere"
            plan.processIdentifier = 20000
        }
        #expect(ended.log == "4321\nother\nelsewhere\n20000\n20004\n")
    }

    @Test func `standard input is empty, and no other descriptor is open`() throws {
        let ended = try Sandbox().shell("cat; echo $(ls /proc/self/fd)")
        // 3 is the folder that is being listed.
        #expect(ended.log == "0 1 2 3\n")
    }

    @Test func `signals are as they are for a new program`() throws {
        let ended = try Sandbox().shell(
            "cat /proc/self/status | while read -r name rest; do case $name in Sig[BIC]*) echo $name $rest;; esac; done")
        #expect(ended.log == "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\nSigCgt: 0000000000000000\n")
    }

    @Test func `a command has as many processors as threads, and cannot take more`() throws {
        let sandbox = try Sandbox()
        #expect(try sandbox.run(["nproc"]).log == "1\n")
        #expect(try sandbox.run(["nproc"]) { $0.threads = Host.coreCount }.log == "\(Host.coreCount)\n")
        #expect(try sandbox.run(["nproc"]) { $0.threads = 1 << 20 }.log == "\(Host.coreCount)\n")
    }

    @Test func `sandboxes that run at once get different processors`() {
        var shares = ProcessorShares()
        let first = shares.take(1)
        let second = shares.take(1)
        if Host.coreCount > 1 { #expect(first != second) }
        shares.giveBack(first)
        shares.giveBack(second)
        #expect(shares.take(1) == first)
    }

    @Test func `inputs are read-only, outputs are written to the work folder`() throws {
        let sandbox = try Sandbox()
        let data = try TemporaryFolder()
        let file = try data.write("input\n", to: "file")
        let open = try Descriptor.reading(file).shared()
        let ended = try sandbox.shell(
            """
            cat src/file lib/file note
            for path in src/file lib/file note; do (echo x > $path) 2>/dev/null && echo written; chmod 777 $path 2>/dev/null && echo changed; done
            rm -f lib/file note 2>/dev/null || true; (echo x > /usr/new) 2>/dev/null && echo root; (echo x > lib/new) 2>/dev/null && echo folder
            mkdir -p out/deep; cat src/file > out/deep/copy; echo t > /tmp/t; echo h > /home/h; echo s > /dev/shm/s; cat /tmp/t /home/h /dev/shm/s
            """
        ) { plan in
            plan.mounts.append(.init(.file(open), at: "/work/src/file"))
            plan.mounts.append(.init(.folder(data.path), at: "/work/lib"))
            plan.mounts.append(.init(.text(Array("note\n".utf8)), at: "/work/note"))
        }
        #expect(ended.log == "input\ninput\nnote\nt\nh\ns\n")
        #expect(ended.outcome.termination == .exited(0))
        #expect(try sandbox.work.read("out/deep/copy") == "input\n")
        #expect(try data.everything() == ["file"])
        #expect(try data.read("file") == "input\n")
    }

    @Test func `a writable mount can be written`() throws {
        let sandbox = try Sandbox()
        let data = try TemporaryFolder()
        let ended = try sandbox.shell("echo x > cache/new") {
            $0.mounts.append(.init(.folder(data.path), at: "/work/cache", isWritable: true))
        }
        #expect(ended.outcome.termination == .exited(0))
        #expect(try data.read("new") == "x\n")
    }

    @Test func `a file that was replaced after it was opened is shown as it was opened`() throws {
        let sandbox = try Sandbox()
        let data = try TemporaryFolder()
        let file = try data.write("old", to: "file")
        let open = try Descriptor.reading(file).shared()
        try Files.removeFile(file)
        try data.write("new", to: "file")
        let ended = try sandbox.shell("cat file; (echo x > file) 2>/dev/null && echo written; true") {
            $0.mounts.append(.init(.file(open), at: "/work/file"))
        }
        #expect(ended.log == "old")
    }

    @Test(arguments: ["/build/place", "/home/somebody/project", "/tmp/x", "/work/deeper/place"])
    func `the work folder can lie elsewhere`(folder: String) throws {
        let sandbox = try Sandbox()
        let data = try TemporaryFolder()
        try data.write("input\n", to: "file")
        let ended = try sandbox.shell(
            "pwd; cat data/file; echo x > out; (echo x > /usr/x) 2>/dev/null && echo root; (echo x > /x) 2>/dev/null && echo top; true"
        ) { plan in
            plan.workFolder = folder
            plan.mounts.append(.init(.folder(data.path), at: "\(folder)/data"))
        }
        #expect(ended.log == "\(folder)\ninput\n")
        #expect(try sandbox.work.read("out") == "x\n")
    }

    @Test func `names of files are bytes`() throws {
        let sandbox = try Sandbox()
        let data = try TemporaryFolder()
        let file = try data.write("1", to: "file")
        let open = try Descriptor.reading(file).shared()
        let names: [[UInt8]] = [
            Array("new\nline".utf8), Array("quote'\"`$(x);".utf8), Array("-rf".utf8), Array("sp ace".utf8), [0xff, 0xfe, 0x80],
            [UInt8](repeating: 0x61, count: 255), Array("e\u{301}".utf8), Array("\u{e9}".utf8), Array("Case".utf8), Array("case".utf8),
        ]
        let ended = try sandbox.shell("cat ./* | wc -c; ls | wc -l; cat deep/*/*/* | wc -c") { plan in
            for name in names {
                plan.mounts.append(.init(.file(open), at: HostPath("/work").appending(name)))
            }
            let nested = names.reduce(HostPath("/work/deep").appending("a/b")) { path, _ in path }
            plan.mounts.append(.init(.file(open), at: nested.appending(names[4])))
        }
        #expect(ended.log.hasSuffix("1\n"))
        #expect(try Files.list(sandbox.work.path).count == names.count + 1)
        for name in names { #expect(try Files.status(sandbox.work.path.appending(name))?.kind == .regular) }
    }

    @Test func `a name that is too long, or leads upwards, is refused`() throws {
        let sandbox = try Sandbox()
        let mount = { (path: String) in SandboxPlan.Mount(.text([]), at: path) }
        let long = "/work/" + String(repeating: "a", count: 256)
        #expect(throws: SandboxError.setUp(step: "make a place for '\(long)'", code: 36)) {
            try sandbox.run(["true"]) { $0.mounts.append(mount(long)) }
        }
        #expect(throws: SandboxError.setUp(step: "make a place for '/work/new/../../x'", code: 22)) {
            try sandbox.run(["true"]) { $0.mounts.append(mount("/work/new/../../x")) }
        }
    }

    @Test func `a place for a mount is never made through a link`() throws {
        let canary = try TemporaryFolder()
        try canary.write("canary", to: "file")
        for target in ["/tmp", "..", canary.path.description, "/work/elsewhere"] {
            let sandbox = try Sandbox()
            try Files.makeSymbolicLink(sandbox.work.appending("link"), to: Array(target.utf8))
            try Files.makeSymbolicLink(sandbox.work.appending("leaf"), to: Array("\(target)/file".utf8))
            for path in ["/work/link/new", "/work/link/file", "/work/leaf", "/work/link/deep/er/new"] {
                #expect(throws: SandboxError.self) { try sandbox.run(["true"]) { $0.mounts.append(.init(.text([1]), at: path)) } }
            }
        }
        #expect(try canary.everything() == ["file"])
        #expect(try canary.read("file") == "canary")
    }

    @Test func `a place that the root lacks is named`() throws {
        let sandbox = try Sandbox()
        #expect(throws: SandboxError.setUp(step: "make a place for '/usr/absent/file'", code: 30)) {
            try sandbox.run(["true"]) { $0.mounts.append(.init(.text([]), at: "/usr/absent/file")) }
        }
        #expect(throws: SandboxError.setUp(step: "mount '/work/x'", code: 2)) {
            try sandbox.run(["true"]) { $0.mounts.append(.init(.folder(HostPath("/absent/folder")), at: "/work/x")) }
        }
        #expect(throws: SandboxError.setUp(step: "mount '/absent/work'", code: 2)) {
            try sandbox.run(["true"]) { $0.work = HostPath("/absent/work") }
        }
    }

    @Test func `a folder with other mounts in it is shown with them, read-only`() throws {
        let ended = try Sandbox().shell(
            "test -e hostproc/self && echo there; (echo x > hostproc/self/comm) 2>/dev/null && echo written; true"
        ) {
            $0.mounts.append(.init(.folder(HostPath("/proc")), at: "/work/hostproc"))
        }
        #expect(ended.log == "" || ended.log == "there\n")
    }
}
