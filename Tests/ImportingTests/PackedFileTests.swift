import Archives
import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Importing
@testable import Remotes

/// One file that is packed, without an archive around it.
@Suite struct PackedFileTests {
    private static let content = Array((0..<20_000).map { "row \($0),\($0 * 7 % 13)\n" }.joined().utf8)

    private let folder: TemporaryFolder
    private let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
    }

    private static func packed(_ program: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let run = try ProcessRunner.run([program, "-c"], input: bytes)
        try #require(run.status == 0, "\(program): \(run.errorText)")
        return run.output
    }

    private func tree(_ bytes: [UInt8], _ name: String?, limits: UnpackReader.Limits = UnpackReader.Limits()) throws -> StoredObject {
        try ArchiveIntake(store: store, limits: limits).tree(of: try store.put(file: bytes), named: name) { _ in }
    }

    private func refusal(_ bytes: [UInt8], _ name: String?, limits: UnpackReader.Limits = UnpackReader.Limits()) throws -> String? {
        let archive = try store.put(file: bytes)
        try store.flush()
        let before = try folder.everything()
        do throws(ArchiveIntake.Failure) {
            _ = try ArchiveIntake(store: store, limits: limits).tree(of: archive, named: name) { _ in }
            return nil
        } catch {
            try store.flush()
            #expect(try folder.everything() == before)
            guard case .archive(let refusal) = error else { return "\(error)" }
            return refusal.description
        }
    }

    @Test(arguments: [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")])
    func `it gives a folder with what is packed, under the name without its ending`(_ program: String, _ ending: String) throws {
        let bytes = try Self.packed(program, Self.content)
        let object = try tree(bytes, "rows.csv.\(ending)")
        let expected = try store.put(files: [("rows.csv", Self.content)])
        #expect(object == expected)
        #expect(try tree(bytes, "ROWS.csv.\(ending.uppercased())").size == Self.content.count)
        // Cut off anywhere, it is refused, and so is one that is packed twice.
        for cut in [bytes.count - 1, bytes.count / 2, 12] {
            #expect(try refusal(Array(bytes[..<cut]), "rows.csv.\(ending)") != nil, "\(cut)")
        }
        #expect(try refusal(try Self.packed("gzip", bytes), "rows.csv.\(ending).gz")?.contains("packed more than once") == true)
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0x10
        #expect(try refusal(damaged, "rows.csv.\(ending)") != nil)
    }

    @Test func `a gzip file whose checksum is another is refused, and so is one of several members`() throws {
        var bytes = try Self.packed("gzip", Self.content)
        #expect(try refusal(bytes + bytes, "x.gz")?.contains("several members") == true)
        bytes[bytes.count - 7] ^= 1
        #expect(try refusal(bytes, "x.gz")?.contains("its checksum is another") == true)
    }

    @Test func `what begins with zeros is no archive without members`() throws {
        let content = [UInt8](repeating: 0, count: 4096) + [1]
        #expect(try tree(Self.packed("gzip", content), "labels-idx1-ubyte.gz") == store.put(files: [("labels-idx1-ubyte", content)]))
    }

    @Test func `an archive stays an archive, whatever its name is`() throws {
        var tar = TarBytes()
        tar.add("a/b", content: "x")
        let bytes = try Self.packed("gzip", tar.ended)
        let expected = try store.put(files: [("a/b", Array("x".utf8))])
        for name in ["x.tar.gz", "x.tgz", "x.gz", nil] { #expect(try tree(bytes, name) == expected) }
    }

    @Test func `what its name does not call one packed file is refused`() throws {
        let bytes = try Self.packed("gzip", Self.content)
        for name in ["x.tar.gz", "X.TAR.GZ", "x.tgz", "x.csv", ".gz", "download", nil] {
            #expect(try refusal(bytes, name) != nil, "\(name as Any)")
        }
        #expect(try refusal(Self.content, "x.csv.gz") != nil)
        #expect(try refusal([], "x.csv.gz") != nil)
        for name in ["a\\b.gz", "a\u{1}.gz", "..gz"] { #expect(try refusal(bytes, name)?.contains("is refused") == true, "\(name)") }
    }

    @Test func `a bomb is refused`() throws {
        var limits = UnpackReader.Limits()
        limits.free = 1 << 20
        let bomb = try Self.packed("gzip", [UInt8](repeating: 0, count: 4 << 20))
        #expect(try refusal(bomb, "x.gz", limits: limits)?.contains("times its own length") == true)
        limits.bytes = 1000
        #expect(try refusal(Self.packed("gzip", Self.content), "x.gz", limits: limits)?.contains("more than 1000 bytes") == true)
    }

    @Test func `the name is the last of the URL's path`() throws {
        for (url, name) in [
            ("https://h/a/rows%20b.csv.gz?token=x.gz", "rows b.csv.gz"), ("s3://bucket/a/b%20.gz", "b%20.gz"),
            ("file:///a/b%20c.gz", "b c.gz"),
        ] {
            #expect(try SourceAddress.read(url).fileName == name)
        }
    }
}
