import Platform
import TestSupport
import Testing

import CSandbox
@testable import Sandboxing

@Suite struct EntropyStreamTests {
    @Test func `a block is that of RFC 8439, section 2.3.2`() {
        let key: [UInt32] = (0..<8).map { 0x0302_0100 + 0x0404_0404 * $0 }
        var block = [UInt8](repeating: 0, count: 64)
        sandbox_chacha_block(key, 1, [0x0900_0000, 0x4a00_0000, 0], &block)
        let expected = """
            10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e
            """
        #expect(Self.hex(block) == expected)
    }

    @Test func `a stream is the same in whatever pieces it is read`() {
        let key = [UInt8](0..<32)
        var whole = EntropyStream(key: key, number: 3)
        let bytes = whole.next(1000)
        var pieces = EntropyStream(key: key, number: 3)
        #expect([1, 63, 64, 65, 127, 680].flatMap { pieces.next($0) } == bytes)
        var other = EntropyStream(key: key, number: 4)
        #expect(other.next(1000) != bytes)
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct EntropyTests {
    static let key = [UInt8](0..<32)

    @Test func `/dev/urandom gives one stream to whoever reads, and counts what was read`() throws {
        let line = "for i in 1 2 3; do head -c 16 /dev/urandom | od -An -tx1; done; head -c 8 /dev/random | od -An -tx1"
        let first = try Sandbox().shell(line)
        let second = try Sandbox().shell(line)
        #expect(first.log == second.log)
        #expect(Set(first.log.split(separator: "\n")).count == 4)
        #expect(first.outcome.draws == second.outcome.draws)
        #expect(first.outcome.draws.count == 1)
        var stream = EntropyStream(key: Self.key, number: EntropyStream.device)
        let hex = EntropyStreamTests.hex(stream.next(16))
        #expect(first.log.prefix { $0 != "\n" }.filter { $0 != " " } == hex)
        let other = try Sandbox().shell(line) { $0.entropy = .derived(key: [UInt8](repeating: 9, count: 32)) }
        #expect(other.log != first.log)
    }

    @Test func `/dev/urandom gives whole blocks, and cannot be written`() throws {
        let ended = try Sandbox().shell(
            """
            dd if=/dev/urandom bs=1M count=3 2>/dev/null | wc -c; dd if=/dev/urandom bs=65536 count=40 2>/dev/null | wc -c
            (echo x > /dev/urandom) 2>/dev/null && echo written; chmod 666 /dev/urandom 2>/dev/null && echo changed; true
            """)
        #expect(ended.log == "\(3 << 20)\n\(40 << 16)\n")
    }

    @Test func `a command that draws nothing has drawn nothing`() throws {
        let ended = try Sandbox().shell("echo; cat /proc/self/status | wc -l > /dev/null")
        #expect(ended.outcome.draws == (0, 0))
    }

    @Test func `with the host's entropy nothing is served or counted`() throws {
        let sandbox = try Sandbox()
        let first = try sandbox.shell("head -c 16 /dev/urandom | od -An -tx1") { $0.entropy = .host }
        let second = try sandbox.shell("head -c 16 /dev/urandom | od -An -tx1") { $0.entropy = .host }
        #expect(first.log != second.log)
        #expect(first.outcome.draws == (0, 0))
    }

    @Test func `the kernel's own random texts are not there`() throws {
        let sandbox = try Sandbox()
        #expect(try sandbox.run(["cat", "/proc/sys/kernel/random/uuid"]).outcome.termination == .exited(1))
        #expect(try sandbox.run(["cat", "/proc/sys/kernel/random/boot_id"]).outcome.termination == .exited(1))
        #expect(try sandbox.run(["cat", "/proc/sys/kernel/random/uuid"]) { $0.entropy = .host }.outcome.termination == .exited(0))
    }
}

@Suite(.enabled(if: Sandbox.isAvailable && Sandbox.hasPython, "no sandboxes or no /usr/bin/python3 here"))
struct PythonEntropyTests {
    private func python(_ script: String, _ change: (inout SandboxPlan) -> Void = { _ in }) throws -> Sandbox.Ended {
        try Sandbox().run(["python3", "-c", script]) { plan in
            plan.variables.append(("PYTHONHASHSEED", "0"))
            change(&plan)
        }
    }

    @Test func `unseeded scripts repeat: random, uuid4, secrets, temporary names`() throws {
        let script = """
            import random, uuid, secrets, tempfile, os
            print(random.random(), uuid.uuid4(), secrets.token_hex(8), tempfile.mkdtemp(), os.urandom(4).hex(), open('/dev/urandom', 'rb').read(16).hex())
            """
        let first = try python(script)
        let second = try python(script) { $0.processIdentifier = 12345 }
        #expect(first.outcome.termination == .exited(0), "\(first.log)")
        #expect(first.log == second.log)
        #expect(first.outcome.draws == second.outcome.draws)
        #expect(first.outcome.draws.count >= 4)
        #expect(try python(script) { $0.entropy = .derived(key: [UInt8](repeating: 1, count: 32)) }.log != first.log)
    }

    @Test func `os.urandom gives the stream of the command's first thread`() throws {
        let ended = try python("import os; print(os.getrandom(32).hex())")
        var stream = EntropyStream(key: EntropyTests.key)
        // The start of the program has drawn from it too.
        #expect(EntropyStreamTests.hex(stream.next(1 << 16)).contains(ended.log.filter { $0 != "\n" }))
    }

    @Test func `threads and processes draw from streams of their own, whoever comes first`() throws {
        let script = """
            import os, threading, time, sys
            got = {}
            def draw(index, pause):
                time.sleep(pause)
                got[index] = os.getrandom(16).hex()
            pauses = [float(word) for word in sys.argv[1:]]
            threads = [threading.Thread(target=draw, args=(i, pauses[i])) for i in range(4)]
            for t in threads: t.start()
            for t in threads: t.join()
            print([got[i] for i in range(4)])
            for i in range(3):
                if os.fork() == 0:
                    time.sleep(pauses[i]); open('/tmp/%d' % i, 'w').write(os.getrandom(8).hex()); os._exit(0)
            for i in range(3): os.wait()
            print([open('/tmp/%d' % i).read() for i in range(3)])
            """
        let sandbox = try Sandbox()
        let first = try sandbox.run(["python3", "-c", script, "0", "0.05", "0.1", "0.15"])
        let second = try sandbox.run(["python3", "-c", script, "0.15", "0.1", "0.05", "0"]) { $0.processIdentifier = 7000 }
        #expect(first.outcome.termination == .exited(0), "\(first.log)")
        #expect(first.log == second.log)
        #expect(Set(first.log.split { !$0.isHexDigit }).count >= 7)
    }

    @Test func `wrong requests get the kernel's answers`() throws {
        let script = """
            import ctypes, os, errno
            libc = ctypes.CDLL(None, use_errno=True)
            def call(address, count, flags):
                result = libc.syscall(\(Self.number), ctypes.c_void_p(address), ctypes.c_size_t(count), flags)
                return result if result >= 0 else errno.errorcode[ctypes.get_errno()]
            buffer = ctypes.create_string_buffer(1 << 20)
            where = ctypes.addressof(buffer)
            text = ctypes.cast(ctypes.pythonapi.Py_GetVersion, ctypes.c_void_p).value
            print(call(where, 16, 0), call(where, 16, 1), call(where, 16, 2), call(where, 16, 4), call(where, 0, 0))
            print(call(where, 16, 6), call(where, 16, 8), call(0, 16, 0), call(1, 0, 0), call(text, 16, 0))
            print(call(where, 1 << 20, 0), call(where, 1 << 62, 0) in (1 << 25, 'EFAULT') or call(where, 1 << 62, 0) > 0)
            """
        let ended = try python(script)
        #expect(ended.log == "16 16 16 16 0\nEINVAL EINVAL EFAULT 0 EFAULT\n1048576 True\n")
    }

    private static var number: Int {
        #if arch(x86_64)
            318
        #else
            278
        #endif
    }
}
