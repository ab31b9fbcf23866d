import Locking
import Testing

@testable import Planning

@Suite struct DeterminismProfileTests {
    private func variables(_ platform: String = "linux-x86-64-v3", threads: Int = 1, numpy: String? = nil) throws -> [String: String] {
        let wheels = try numpy.map { [try #require(WheelName("numpy-\($0)-cp311-cp311-manylinux_2_17_x86_64.whl"))] } ?? []
        let list = DeterminismProfile.variables(threads: threads, platform: platform, wheels: wheels)
        #expect(list.map(\.name) == list.map(\.name).sorted())
        return Dictionary(list.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first + " twice" })
    }

    @Test func `the levels 3 and 4 have the same profile, the lower ones their own`() throws {
        #expect(try variables("linux-x86-64-v4", numpy: "1.26.4") == variables("linux-x86-64-v3", numpy: "1.26.4"))
        #expect(try variables("linux-x86-64-v2")["OPENBLAS_CORETYPE"] == "Nehalem")
        #expect(try variables("linux-x86-64-v1")["OPENBLAS_CORETYPE"] == "Prescott")
        #expect(try variables("linux-aarch64")["OPENBLAS_CORETYPE"] == "ARMV8")
        #expect(try variables("linux-aarch64")["MKL_CBWR"] == nil)
    }

    @Test(arguments: [
        ("1.23.5", "AVX512_SKX", "X86_V4"), ("1.26.4", "AVX512_KNM", "AVX512_SPR"), ("2.2.6", "AVX512F", "AVX512_SPR"),
        ("2.3.0", "AVX512_SPR", "X86_V4"), ("2.4.6", "X86_V4", "AVX512F"), ("2.10.0rc1", "X86_V4", "AVX512F"), ("3.0", "X86_V4", "AVX512F"),
    ]) func `NumPy is told in the words of its version`(version: String, has: String, lacks: String) throws {
        let words = try #require(variables(numpy: version)["NPY_DISABLE_CPU_FEATURES"]).split(separator: " ").map(String.init)
        #expect(words.contains(has))
        #expect(!words.contains(lacks))
    }

    @Test func `NumPy is told nothing where it is not, or where it has nothing to choose`() throws {
        #expect(try variables()["NPY_DISABLE_CPU_FEATURES"] == nil)
        #expect(try variables("linux-x86-64-v2", numpy: "1.26.4")["NPY_DISABLE_CPU_FEATURES"] == nil)
    }

    @Test func `threads are those of the stage`() throws {
        let two = try variables(threads: 2)
        let one = try variables(threads: 1)
        let changed = two.filter { one[$0.key] != $0.value }
        #expect(changed.allSatisfy { $0.value == "2" })
        #expect(Set(changed.keys).isSuperset(of: ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]))
    }

    @Test func `the specification lists every variable with its values, and no other`() throws {
        let lines = try section("The profile of commands", of: "determinism.md")
        #expect(lines.joined(separator: " ").contains("version \(DeterminismProfile.version)"))
        var listed: Set<String> = []
        for row in lines where row.hasPrefix("| `") {
            let cells = row.split(separator: "|").map { $0.split(separator: "`") }
            let values = cells[1].enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
            for (offset, name) in cells[0].enumerated() where offset % 2 == 1 {
                listed.insert(String(name))
                var found: Set<String> = []
                for level in 1...4 {
                    for numpy in ["1.26.4", "2.3.0", "2.4.0"] {
                        if let value = try variables("linux-x86-64-v\(level)", threads: 7, numpy: numpy)[String(name)] {
                            found.insert(value)
                        }
                    }
                }
                if let value = try variables("linux-aarch64", threads: 7)[String(name)] { found.insert(value) }
                #expect(found == Set(values.map { $0 == "THREADS" ? "7" : $0 }), "\(name)")
            }
        }
        let all = try Set(variables(numpy: "2.4.0").keys).union(variables("linux-aarch64").keys)
        #expect(listed == all)
    }
}
