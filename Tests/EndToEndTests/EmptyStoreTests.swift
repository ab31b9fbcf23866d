import Canonical
import Platform
import TestSupport
import Testing

/// A lock that was committed, and a colleague whose store is empty.
@Suite(.enabled(if: SandboxesHere.areToBeHad, "sandboxes are not to be had here"))
struct EmptyStoreTests {
    @Test func `a build without what is pinned names lock, and lock makes the store complete`() throws {
        let bench = try Workbench()
        try bench.write(
            #"""
            { "version": 1, "name": "commands", "stages": {
                "sort": { "run": "sort ${inputs.words} > ${outputs.sorted}", "inputs": { "words": "./words.txt" },
                          "outputs": { "sorted": "made/sorted.txt" } } } }

            """#, to: "mlops.json")
        try bench.write("b\na\n", to: "words.txt")
        #expect(try bench.run("lock").status == 0)
        let lock = try bench.read("mlops.lock")

        let elsewhere = ["MLBUILD_CACHE": bench.folder.appending("empty").description]
        let stopped = try bench.run("build", environment: elsewhere)
        #expect(stopped.status != 0)
        #expect(stopped.words.contains("stage 'sort' cannot have the environment 'base': 'coreutils' is not in the store"), "\(stopped)")
        #expect(stopped.words.contains("'mlbuild lock' brings it back from here"))
        let locked = try bench.run("lock", environment: elsewhere)
        #expect(locked.status == 0 && locked.words.contains("mlops.lock is current"), "\(locked)")
        #expect(try bench.read("mlops.lock") == lock)
        let built = try bench.run("build", environment: elsewhere)
        #expect(built.status == 0, "\(built)")
        #expect(try bench.read("made/sorted.txt") == "a\nb\n")
    }
}
