import Testing

@testable import Platform

@Suite struct ProcessorTests {
    /// The flags of the first processor as the kernel lists them.
    private func flags() throws -> Set<String> {
        let text = String(decoding: try Files.read(HostPath("/proc/cpuinfo")), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") })
        return Set(line.split(separator: ":")[1].split(separator: " ").map(String.init))
    }

    @Test func `the platform class is what the kernel's list of flags says`() throws {
        #if arch(x86_64)
            let levels: [[String]] = [
                ["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"],
                ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"],
                ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
            ]
            let flags = try flags()
            let reached = 1 + levels.prefix { flags.isSuperset(of: $0) }.count
            #expect(Host.platformClass == "linux-x86-64-v\(reached)")
        #elseif arch(arm64)
            #expect(Host.platformClass == "linux-aarch64")
        #endif
    }
}
