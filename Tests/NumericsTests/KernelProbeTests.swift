import Numerics
import Platform
import TestSupport
import Testing

/// The kernels, compiled for another processor and run in an emulator, by the program in `Tests/KernelProbe`.
private enum KernelProbe {
    /// Where Debian's packages `gcc-aarch64-linux-gnu` and `libc6-dev-arm64-cross` put the C library of the other processor.
    private static let library = HostPath("/usr/aarch64-linux-gnu")
    private static let startFiles = HostPath("/usr/lib/gcc-cross/aarch64-linux-gnu")

    /// Why the probe cannot be made or run here; nil where it can.
    static let obstacle: String? = {
        for program in ["clang", "ld.lld", "qemu-aarch64"] where !has(program) { return "'\(program)' is not installed" }
        guard exists(library.appending("lib/libc.a")), exists(library.appending("include/stdio.h")) else {
            return "'libc6-dev-arm64-cross' is not installed"
        }
        return version == nil ? "'gcc-aarch64-linux-gnu' is not installed" : nil
    }()

    /// The folder of the start files, which has the compiler's version as its name.
    private static let version = (try? Files.list(startFiles))?.map { startFiles.appending(String(decoding: $0.name, as: UTF8.self)) }
        .first { exists($0.appending("crtbeginT.o")) }

    private static func exists(_ path: HostPath) -> Bool { (try? Files.status(path)) != nil }

    private static func has(_ program: String) -> Bool {
        (Host.environment("PATH") ?? "").split(separator: ":").contains { exists(HostPath(String($0)).appending(program)) }
    }

    /// The probe for aarch64, compiled from all C files of the kernels.
    static func make(in folder: TemporaryFolder) throws -> HostPath {
        let root = Places.repository()
        let kernels = root.appending("Sources/CKernels")
        let startFiles = try #require(version)
        let sources = try Files.list(kernels).map { String(decoding: $0.name, as: UTF8.self) }.filter { $0.hasSuffix(".c") }
        let program = folder.appending("probe")
        var arguments = ["clang", "--target=aarch64-linux-gnu", "-fuse-ld=lld", "-static", "-O2", "-Wall", "-Werror"]
        arguments += ["-isystem", "\(library)/include", "-B\(startFiles)", "-L\(startFiles)", "-B\(library)/lib", "-L\(library)/lib"]
        arguments += ["-I\(kernels)/include", "\(root)/Tests/KernelProbe/main.c"]
        arguments += sources.sorted().map { "\(kernels)/\($0)" } + ["-o", "\(program)", "-lpthread", "-lm"]
        let outcome = try ProcessRunner.run(arguments)
        try #require(outcome.status == 0, "\(outcome.errorText)")
        return program
    }
}

@Test(.enabled(if: KernelProbe.obstacle == nil, "\(KernelProbe.obstacle ?? "")"))
func `the kernels give the golden vectors on aarch64`() throws {
    let folder = try TemporaryFolder()
    let probe = try KernelProbe.make(in: folder)
    let lines = try goldenLines()
    let input = lines.map { $0.dropLast().joined(separator: " ") + "\n" }.joined()
    let outcome = try ProcessRunner.run(["qemu-aarch64", "\(probe)"], input: Array(input.utf8))
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let found = outcome.outputText.split(separator: "\n").map(String.init)
    try #require(found.count == lines.count)
    var known = 0
    for (words, result) in zip(lines, found) where result != "?" {
        #expect(result == words.last, "\(words.joined(separator: " "))")
        known += 1
    }
    // What is computed in Swift the probe does not know.
    #expect(known >= 230)
}
