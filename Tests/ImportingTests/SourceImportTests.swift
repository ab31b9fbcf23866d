import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Remotes
import Storage
import TestSupport
import Testing

@testable import Importing

/// Data from files of this machine; what comes over a network is in the tests of `Remotes`.
@Suite struct SourceImportTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore
    private let source: SourceImport

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
        source = SourceImport(store, SourceDownload(store, credentials: CredentialSearch(variables: [:], home: nil)))
    }

    private func entry(_ url: String, _ more: String = "") throws -> (Manifest, DataEntry) {
        let text = "{\"version\": 1, \"name\": \"w\", \"data\": {\"rows\": {\"url\": \"\(url)\"\(more)}}, \"stages\": {}}"
        let result = ManifestReader.read(SourceText(name: "mlops.json", text: text))
        let manifest = try #require(result.value, "\(result.diagnostics.map(\.message))")
        return (manifest, try #require(manifest.data("rows")))
    }

    @Test func `a file and a folder of this machine are taken, and kept`() throws {
        try folder.write("a,b\n1,2\n", to: "elsewhere/a b.csv")
        let (_, file) = try entry("file://\(folder.path)/elsewhere/a%20b.csv")
        #expect(try source.fetch(file, progress: nil) == FetchedData(object: StoredObject(file: Array("a,b\n1,2\n".utf8))))
        #expect(try store.contains(StoredObject(file: Array("a,b\n1,2\n".utf8)).digest))
        let (_, tree) = try entry("file://\(folder.path)/elsewhere")
        let found = try source.fetch(tree, progress: nil).object
        #expect(found.kind == .tree && found.files == 1 && found.size == 8)
    }

    @Test func `what is packed in one file takes its place, and is pinned beside the file's own digest`() throws {
        let content = Array("a,b\n1,2\n".utf8)
        let packed = try ProcessRunner.run(["gzip", "-c"], input: content).output
        try Files.write(packed, to: folder.path.appending("rows.csv.gz"))
        let (_, entry) = try entry("file://\(folder.path)/rows.csv.gz", ", \"unpack\": true")
        #expect(try source.fetch(entry, progress: nil) == FetchedData(object: StoredObject(file: content), archive: Digest.of(packed)))
        #expect(entry.form == TableForm(.csv))
    }

    @Test func `what is not there, has no credentials, or is no place says so`() throws {
        func refusal(_ url: String) throws -> SourceRefusal? {
            let (_, entry) = try entry(url)
            do throws(LockingError) {
                _ = try source.fetch(entry, progress: nil)
                return nil
            } catch {
                guard case .source(let refusal) = error else { return nil }
                return refusal
            }
        }
        let missing = try #require(try refusal("file:///nonexistent/rows.csv"))
        #expect(missing.isProblemOfInput && missing.description.hasPrefix("data 'rows' cannot be fetched: "), "\(missing)")
        let secret = try #require(try refusal("s3://bucket/rows.csv"))
        #expect(secret.isProblemOfInput && secret.reason.contains("no credentials"), "\(secret)")
        let bucket = try #require(try refusal("s3://B/rows.csv"))
        #expect(bucket.isProblemOfInput && bucket.reason.contains("s3://BUCKET/KEY"), "\(bucket)")
    }

    @Test func `what the store lost comes back as it was pinned, or not at all`() throws {
        try folder.write("a,b\n1,2\n", to: "rows.csv")
        let (manifest, entry) = try entry("file://\(folder.path)/rows.csv")
        let pinned = DataPin(
            try source.fetch(entry, progress: nil).object, source: DataPin.Source(url: entry.address ?? ""))
        let lockfile = Lockfile(data: [.init("rows", pinned)])
        let other = try DirectoryStore.open(folder.path.appending("other"))
        let restoration = SourceRestoration(
            other, SourceImport(other, SourceDownload(other, credentials: CredentialSearch(variables: [:], home: nil))))
        #expect(try restoration.lacking(manifest, lockfile).map(\.entry.name) == ["rows"])
        try restoration.restore(entry, pinned)
        #expect(try restoration.lacking(manifest, lockfile).isEmpty)
        try folder.write("a,b\n3,4\n", to: "rows.csv")
        let changed = #expect(throws: SourceRestoration.Failure.self) { try restoration.restore(entry, pinned) }
        guard case .changed(let change) = changed else {
            Issue.record("\(changed as Any)")
            return
        }
        #expect(change.found?.digest == StoredObject(file: Array("a,b\n3,4\n".utf8)).digest && change.pinned == pinned)
    }

    /// Gives more than is asked for, however much that is.
    private struct Endless: DataFetcher {
        func fetch(
            _ entry: DataEntry, atMost limit: Int?, progress: (@Sendable (ImportProgress) -> Void)?
        ) throws(LockingError) -> FetchedData {
            throw .source(SourceRefusal(entry: entry.name, reason: "it does not end", isTooLong: limit == 8))
        }
    }

    @Test func `what is longer than pinned is not read to its end, and has changed`() throws {
        try folder.write("a,b\n1,2\n", to: "rows.csv")
        let (_, entry) = try entry("file://\(folder.path)/rows.csv")
        let pinned = DataPin(try source.fetch(entry, progress: nil).object, source: DataPin.Source(url: entry.address ?? ""))
        let restoration = SourceRestoration(try DirectoryStore.open(folder.path.appending("other")), Endless())
        #expect(throws: SourceRestoration.Failure.changed(SourceRestoration.Changed(entry: "rows", found: nil, pinned: pinned))) {
            try restoration.restore(entry, pinned)
        }
    }
}
