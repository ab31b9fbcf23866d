package import Locking

/// The environment variables that make unmodified programs repeat their results; a versioned list.
///
/// The version stands in every key of a command, and so do the things that values follow from: threads, platform, pinned wheels.
/// The manifest overrides each variable; what it says is in the key itself.
// SPEC: determinism.md#the-profile-of-commands
package enum DeterminismProfile {
    /// Grows with every change of a name or a value below.
    package static let version = 1

    /// Seconds since 1970 of 1980-01-01 00:00 UTC: the first time that a zip file can hold.
    package static let epoch = 315_532_800

    /// The whole environment of a command without variables of its own, sorted by name.
    ///
    /// `platform` is the platform class; `wheels` are those of the command's environment.
    package static func variables(threads: Int, platform: String, wheels: [WheelName]) -> [(name: String, value: String)] {
        (process + threadCounts(threads) + kernels(platform, wheels)).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Who and where the process is, and what would else differ in each run.
    private static let process: [(name: String, value: String)] = [
        ("HOME", "/home"), ("HOSTNAME", "mlbuild"), ("LC_ALL", "C.UTF-8"), ("LOGNAME", "mlbuild"),
        ("PATH", "/env/bin:/usr/bin:/bin"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHASHSEED", "0"), ("PYTHONNOUSERSITE", "1"),
        ("SOURCE_DATE_EPOCH", String(epoch)), ("TMPDIR", "/tmp"), ("TZ", "UTC"), ("USER", "mlbuild"),
    ]

    /// A sum over threads is rounded once per thread, so their number is fixed and not the library's own choice.
    private static func threadCounts(_ threads: Int) -> [(name: String, value: String)] {
        let counts = [
            "BLIS_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_MAX_THREADS",
            "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
        ].map { (name: $0, value: String(threads)) }
        return counts + [("MKL_DYNAMIC", "FALSE"), ("OMP_DYNAMIC", "FALSE")]
    }

    /// Kernels that every processor of the class has: those of level 3 for the levels 3 and 4, so that these agree.
    private static func kernels(_ platform: String, _ wheels: [WheelName]) -> [(name: String, value: String)] {
        guard let level = level(of: platform) else {
            return platform.hasSuffix("-aarch64") ? [("OPENBLAS_CORETYPE", "ARMV8")] : []
        }
        let isModern = level >= 3
        var settings: [(name: String, value: String)] = [
            ("ATEN_CPU_CAPABILITY", isModern ? "avx2" : "default"),
            ("MKL_CBWR", "COMPATIBLE"),
            ("ONEDNN_MAX_CPU_ISA", isModern ? "AVX2" : "SSE41"),
            ("OPENBLAS_CORETYPE", isModern ? "Haswell" : level == 2 ? "Nehalem" : "Prescott"),
            ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=" + hidden(isModern: isModern).map { "-" + $0 }.joined(separator: ",")),
        ]
        if isModern, let numpy = wheels.first(where: { $0.project == "numpy" }) {
            settings.append(("NPY_DISABLE_CPU_FEATURES", numpyFeatures(numpy.version).joined(separator: " ")))
        }
        return settings
    }

    /// 1 to 4 for `linux-x86-64-v1` to `-v4`; nil for other architectures.
    private static func level(of platform: String) -> Int? {
        guard let range = platform.firstRange(of: "-x86-64-v") else { return nil }
        return Int(platform[range.upperBound...]).flatMap { (1...4).contains($0) ? $0 : nil }
    }

    /// What glibc must not choose its functions by; the names with `_Usable` are those before 2.33, and unknown ones are passed over.
    private static func hidden(isModern: Bool) -> [String] {
        isModern
            ? ["AVX512BW", "AVX512CD", "AVX512DQ", "AVX512F", "AVX512VL", "FMA4", "AVX512DQ_Usable", "AVX512F_Usable", "FMA4_Usable"]
            : ["AVX2", "FMA", "FMA4", "AVX2_Usable", "FMA_Usable", "FMA4_Usable"]
    }

    /// What NumPy must not choose its kernels by, in the words that this version knows: it warns of any other.
    private static func numpyFeatures(_ version: String) -> [String] {
        let numbers = version.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        let (major, minor) = (numbers.first ?? .max, numbers.count > 1 ? numbers[1] : 0)
        if (major, minor) >= (2, 4) { return ["AVX512_ICL", "AVX512_SPR", "X86_V4"] }
        let older = ["AVX512CD", "AVX512F", "AVX512_CLX", "AVX512_CNL", "AVX512_ICL", "AVX512_KNL", "AVX512_KNM", "AVX512_SKX"]
        return (major, minor) == (2, 3) ? older + ["AVX512_SPR"] : older
    }
}
