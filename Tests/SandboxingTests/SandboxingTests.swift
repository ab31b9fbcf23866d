import Platform
import TestSupport
import Testing

@testable import Sandboxing

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct RunningTests {
    @Test func `a command runs, writes a log and ends with its status`() throws {
        let ended = try Sandbox().shell("echo out; echo err >&2; exit 7")
        #expect(ended.log == "out\nerr\n")
        #expect(ended.outcome.termination == .exited(7))
        #expect(ended.outcome.leftProcesses == [])
        #expect(ended.outcome.droppedLog == 0)
    }

    @Test func `the place looks the same everywhere`() throws {
        let ended = try Sandbox().shell(
            """
            pwd; id -u; id -g; hostname; umask; nproc; echo $$; ls /; echo; ls /dev; echo; ls -A /tmp /home /dev/shm; ulimit -c; ulimit -n; ulimit -s
            cat /proc/self/status | { while read -r name rest; do case $name in Cap*|NoNew*|Seccomp:) echo $name $rest;; esac; done; }
            readlink /proc/self/ns/pid >&2; cat /proc/mounts
            env
            """)
        print(ended.log)
    }
}
