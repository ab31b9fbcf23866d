import Platform
import TestSupport
import Testing

/// Asking about thousands of files at once.
@Suite struct SignaturesTests {
    let folder: TemporaryFolder
    let paths: PackedPaths

    init() throws {
        folder = try TemporaryFolder()
        var paths = PackedPaths()
        for index in 0..<100 {
            try folder.write("\(index)", to: "a/\(index % 7)/\(index)")
            paths.append("a/\(index % 7)/\(index)".utf8)
        }
        paths.append("a".utf8)
        paths.append("not/there".utf8)
        self.paths = paths
    }

    func difference(_ signatures: [UInt8]) throws -> Int? {
        try Files.firstDifference(paths: paths, signatures: signatures, relativeTo: folder.path)
    }

    @Test func `nothing differs until something is changed, added or removed`() throws {
        let signatures = try Files.signatures(of: paths, relativeTo: folder.path)
        #expect(signatures.count == 102 * StatSignature.byteCount)
        #expect(try difference(signatures) == nil)
        try folder.write("other", to: "a/3/3")
        #expect(try difference(signatures) == 3)
        try folder.write("", to: "not/there")
        let next = try Files.signatures(of: paths, relativeTo: folder.path)
        #expect(try difference(next) == nil)
        try Files.removeFile(folder.appending("not/there"))
        #expect(try difference(next) == 101)
        try folder.write("", to: "a/new")
        #expect(try difference(next) == 100)
    }

    @Test func `a signature is the one that the status has`() throws {
        let signatures = try Files.signatures(of: paths, relativeTo: folder.path)
        let status = try #require(try Files.status(folder.appending("a/0/0")))
        #expect(StatSignature(bytes: signatures[..<40]) == status.signature)
        #expect(status.signature.bytes == Array(signatures[..<40]))
        #expect(signatures.suffix(40).allSatisfy { $0 == 0 })
        #expect(StatSignature(bytes: [1, 2, 3]) == nil)
    }

    @Test func `buffers that do not fit together are never believed`() throws {
        let signatures = try Files.signatures(of: paths, relativeTo: folder.path)
        for count in stride(from: 0, to: signatures.count, by: 13) { #expect(try difference(Array(signatures[..<count])) != nil) }
        #expect(try difference(signatures + [0]) != nil)
        for index in signatures.indices {
            var damaged = signatures
            damaged[index] ^= 1
            #expect(try difference(damaged) == index / 40)
        }
        let unfinished: [UInt8] = Array("a/0/0".utf8)
        let found = try unfinished.withRawBytes { (raw) throws(SystemError) in
            try signatures.withRawBytes { (known) throws(SystemError) in
                try Files.firstDifference(paths: raw, signatures: known, relativeTo: folder.path)
            }
        }
        #expect(found == 0)
        #expect(try Files.firstDifference(paths: PackedPaths(), signatures: [], relativeTo: folder.path) == nil)
        #expect(throws: SystemError.self) {
            try Files.firstDifference(paths: paths, signatures: signatures, relativeTo: HostPath("/nowhere"))
        }
    }
}
