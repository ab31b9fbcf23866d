import Canonical
import Platform
import TestSupport
import Testing

@testable import Archives

/// What other programs see in the files that we write: the same members with the same bytes.
@Suite struct InteroperationTests {
    private static func has(_ program: String) -> Bool {
        guard let path = Host.environment("PATH") else { return false }
        return path.utf8.split(separator: UInt8(ascii: ":")).contains { folder in
            (try? Files.status(HostPath(bytes: Array(folder)).appending(program))) != nil
        }
    }

    private static let long = String(repeating: "long-name/", count: 9) + String(repeating: "n", count: 140)
    private static let members =
        Samples.members + [
            ArchiveMember(path: "recipe/" + long, bytes: Array("in a pax record".utf8)),
            ArchiveMember(path: "recipe/" + String(repeating: "folder/", count: 20) + "deep", bytes: Array("with a prefix".utf8)),
            ArchiveMember(path: "recipe/caf\u{E9}.txt", bytes: Array("not ASCII".utf8)),
            ArchiveMember(path: "model/empty", bytes: []),
            ArchiveMember(path: "model/block", bytes: [UInt8](repeating: 7, count: 512)),
        ] + [100, 101, 155, 156, 256, 257, 300].map { ArchiveMember(path: path(of: $0), bytes: Array("\($0)".utf8)) }

    /// A path of `length` bytes in names of at most 10.
    private static func path(of length: Int) -> String {
        var path = "recipe/"
        while path.utf8.count < length { path += path.utf8.count % 11 == 10 && path.utf8.count < length - 1 ? "/" : "x" }
        return path
    }

    /// The file of an archive in a folder of its own, and the paths in their order.
    private func packed() throws -> (folder: TemporaryFolder, path: HostPath, archive: ModelArchive) {
        let archive = ModelArchive(description: Samples.description, members: Self.members)
        let folder = try TemporaryFolder()
        let path = try folder.write(try ModelArchive.pack(archive).file, to: "iris-1.0.0.mlar")
        return (folder, path, archive)
    }

    private func run(_ arguments: [String]) throws -> ProcessRunner.Outcome {
        let outcome = try ProcessRunner.run(arguments, environment: ["PATH": Host.environment("PATH") ?? "", "LC_ALL": "C.UTF-8"])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errorText)")
        #expect(outcome.errorText == "", "\(arguments)")
        return outcome
    }

    private func paths(_ archive: ModelArchive) -> [String] { [ModelDescription.path] + archive.members.map(\.path) }

    private func lines(_ outcome: ProcessRunner.Outcome) -> [String] {
        outcome.outputText.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
    }

    @Test(.enabled(if: has("zstd"), "zstd is not installed")) func `zstd unpacks to the very tar`() throws {
        let (folder, path, _) = try packed()
        let outcome = try run(["zstd", "-d", "-c", "-q", path.description])
        #expect(outcome.output == (try ArchiveFile.tar(of: Files.read(path), limit: 1 << 20)))
        _ = try run(["zstd", "-t", "-q", path.description])
        withExtendedLifetime(folder) {}
    }

    @Test(.enabled(if: has("tar") && has("zstd"), "tar or zstd is not installed")) func `tar lists and unpacks the same`() throws {
        let (folder, path, archive) = try packed()
        #expect(lines(try run(["tar", "--zstd", "--quoting-style=literal", "-tf", path.description])) == paths(archive))
        try expectUnpacked(["tar", "--zstd", "-xf", path.description, "-C"], archive, in: folder)
    }

    @Test(.enabled(if: has("bsdtar"), "bsdtar is not installed")) func `bsdtar lists and unpacks the same`() throws {
        let (folder, path, archive) = try packed()
        #expect(lines(try run(["bsdtar", "-tf", path.description])) == paths(archive))
        try expectUnpacked(["bsdtar", "-xf", path.description, "-C"], archive, in: folder)
    }

    private func expectUnpacked(_ arguments: [String], _ archive: ModelArchive, in folder: TemporaryFolder) throws {
        let target = folder.appending("unpacked")
        try Files.makeDirectories(target)
        _ = try run(arguments + [target.description])
        for member in archive.members {
            let path = target.appending(member.path)
            #expect(try Files.read(path) == member.bytes)
            #expect(try Files.status(path)?.isExecutable == member.isExecutable)
        }
    }

    private static let python = """
        import hashlib, sys, tarfile
        raw = open(sys.argv[1], 'rb').read()
        with tarfile.open(sys.argv[1], 'r:') as tar:
            for m in tar:
                assert m.isreg() and m.mtime == 0 and m.uid == 0 and m.gid == 0 and m.uname == '' and m.gname == '', m
                if not m.pax_headers:
                    own = tarfile.TarInfo(m.name)
                    own.size, own.mode = m.size, m.mode
                    own = own.tobuf(tarfile.USTAR_FORMAT, 'utf-8', 'strict')
                    # Versions of Python fill the device numbers with '0' or with zero bytes, which changes the checksum.
                    for part in slice(0, 148), slice(156, 329), slice(345, 512):
                        assert raw[m.offset:m.offset_data][part] == own[part], m
                print(oct(m.mode), hashlib.sha256(tar.extractfile(m).read()).hexdigest(), m.name)
        """

    @Test(.enabled(if: has("python3"), "python3 is not installed")) func `Python's tarfile reads the same, and writes the same headers`()
        throws
    {
        let (folder, path, archive) = try packed()
        let tar = try folder.write(try ArchiveFile.tar(of: Files.read(path), limit: 1 << 20), to: "plain.tar")
        let expected = archive.members.map { "\($0.isExecutable ? "0o755" : "0o644") \(MemberEntry($0).digest.hex) \($0.path)" }
        #expect(Array(lines(try run(["python3", "-c", Self.python, tar.description])).dropFirst()) == expected)
    }
}
