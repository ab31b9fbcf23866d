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

    private func file(_ bytes: [UInt8], limits: UnpackReader.Limits = UnpackReader.Limits()) throws -> StoredObject {
        try ArchiveIntake(store: store, limits: limits).file(in: try store.put(file: bytes)) { _ in }
    }

    private func refusal(_ bytes: [UInt8], limits: UnpackReader.Limits = UnpackReader.Limits()) throws -> String? {
        let packed = try store.put(file: bytes)
        try store.flush()
        let before = try folder.everything()
        do throws(ArchiveIntake.Failure) {
            _ = try ArchiveIntake(store: store, limits: limits).file(in: packed) { _ in }
            return nil
        } catch {
            try store.flush()
            #expect(try folder.everything() == before)
            guard case .archive(let refusal) = error else { return "\(error)" }
            return refusal.description
        }
    }

    @Test(arguments: ["gzip", "bzip2", "xz", "zstd"])
    func `it gives what is packed`(_ program: String) throws {
        let bytes = try Self.packed(program, Self.content)
        #expect(try file(bytes) == store.put(file: Self.content))
        // Larger than what is put as a whole.
        let large = [[UInt8]](repeating: Self.content, count: 9).flatMap(\.self)
        #expect(try file(Self.packed(program, large)) == store.put(file: large))
        #expect(try refusal(Self.packed(program, [])) != nil, "of nothing libarchive makes no file")
        // Cut off anywhere, it is refused, and so is one that is packed twice.
        for cut in [bytes.count - 1, bytes.count / 2, 12] { #expect(try refusal(Array(bytes[..<cut])) != nil, "\(cut)") }
        #expect(try refusal(try Self.packed("gzip", bytes))?.contains("packed more than once") == true)
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0x10
        #expect(try refusal(damaged) != nil)
    }

    @Test func `a gzip file whose checksum is another is refused, and so is one of several members`() throws {
        var bytes = try Self.packed("gzip", Self.content)
        #expect(try refusal(bytes + bytes)?.contains("several members") == true)
        bytes[bytes.count - 7] ^= 1
        #expect(try refusal(bytes)?.contains("its checksum is another") == true)
    }

    @Test func `what is packed may be anything, zeros and archives too`() throws {
        var tar = TarBytes()
        tar.add("a/b", content: "x")
        for content in [[UInt8](repeating: 0, count: 4096) + [1], tar.ended] {
            #expect(try file(Self.packed("gzip", content)) == store.put(file: content))
        }
    }

    @Test func `what is not packed is refused`() throws {
        #expect(try refusal(Self.content) != nil)
        #expect(try refusal([]) != nil)
    }

    @Test func `a bomb is refused`() throws {
        var limits = UnpackReader.Limits()
        limits.free = 1 << 20
        let bomb = try Self.packed("gzip", [UInt8](repeating: 0, count: 4 << 20))
        #expect(try refusal(bomb, limits: limits)?.contains("times its own length") == true)
        limits.bytes = 1000
        #expect(try refusal(Self.packed("gzip", Self.content), limits: limits)?.contains("more than 1000 bytes") == true)
    }
}
