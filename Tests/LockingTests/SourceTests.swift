import Canonical
import Diagnostics
import Manifests
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Locking

/// Data with a URL: when it is fetched, and what the lock says of it.
@Suite struct SourceTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
    }

    /// Gives the same to all who ask, and counts them.
    private final class Fixed: DataFetcher {
        let found: Result<FetchedData, LockingError>
        private let asked = Mutex<[String]>([])

        init(_ found: Result<FetchedData, LockingError>) { self.found = found }

        var names: [String] { asked.withLock { $0 } }

        func fetch(
            _ entry: DataEntry, atMost limit: Int?, progress: (@Sendable (ImportProgress) -> Void)?
        ) throws(LockingError) -> FetchedData {
            asked.withLock { $0.append(entry.name) }
            return try found.get()
        }
    }

    private func manifest(_ data: String) throws -> Manifest {
        let text = "{\"version\": 1, \"name\": \"w\", \"data\": \(data), \"stages\": {}}"
        let result = ManifestReader.read(SourceText(name: "mlops.json", text: text))
        return try #require(result.value, "\(result.diagnostics.map(\.message))")
    }

    private func resolve(
        _ manifest: Manifest, _ fetcher: any DataFetcher, previous: Lockfile? = nil, scope: ResolveScope = .everything
    ) throws -> Resolution {
        let resolved = try Resolver.resolve(
            manifest, previous: previous, root: folder.path, store: store, scope: scope, signatures: nil, fetcher: fetcher)
        return try #require(resolved.value, "\(resolved.diagnostics.map(\.message))")
    }

    private static let object = StoredObject(file: Array("a,b\n1,2\n".utf8))
    private static let rows = "{\"rows\": {\"url\": \"https://data.example.com/rows.csv?token=canary\"}}"

    @Test func `it is fetched once, and its pin names the place without the query`() throws {
        let fetcher = Fixed(.success(FetchedData(object: Self.object)))
        let manifest = try manifest(Self.rows)
        let first = try resolve(manifest, fetcher).lockfile
        #expect(
            first.pin(data: "rows") == DataPin(Self.object, source: DataPin.Source(url: "https://data.example.com/rows.csv")))
        let text = String(decoding: first.encode(), as: UTF8.self)
        #expect(text.contains("\"size\": 8, \"url\": \"https://data.example.com/rows.csv\"},\n"))
        #expect(!text.contains("canary"))
        #expect(LockfileReader.read(SourceText(name: "mlops.lock", text: text)).value == first)
        for scope in [ResolveScope.everything, .unpinned, .named(["other"])] where scope != .named(["other"]) {
            #expect(try resolve(manifest, fetcher, previous: first, scope: scope).changes.isEmpty)
        }
        #expect(fetcher.names == ["rows"])
    }

    @Test func `it is fetched again when it is asked for by name, when it names another place, and when it was local`() throws {
        let manifest = try manifest(Self.rows)
        let first = try resolve(manifest, Fixed(.success(FetchedData(object: Self.object)))).lockfile
        let other = StoredObject(file: Array("a,b\n3,4\n".utf8))
        let fetcher = Fixed(.success(FetchedData(object: other)))
        let renewed = try resolve(manifest, fetcher, previous: first, scope: .named(["rows"]))
        #expect(renewed.lockfile.pin(data: "rows")?.digest == other.digest)
        #expect(
            renewed.changes.map(\.description) == [
                "data 'rows' changed: it was \(Self.object.digest) (8 bytes, from https://data.example.com/rows.csv), "
                    + "it is \(other.digest) (8 bytes, from https://data.example.com/rows.csv)"
            ])
        let moved = try self.manifest("{\"rows\": {\"url\": \"s3://bucket/rows.csv\"}}")
        #expect(try resolve(moved, fetcher, previous: first).lockfile.pin(data: "rows")?.source?.url == "s3://bucket/rows.csv")
        // A build keeps what is pinned, and says that it is another's.
        #expect(try resolve(moved, fetcher, previous: first, scope: .unpinned).changes.isEmpty)
        let local = Lockfile(data: [.init("rows", DataPin(Self.object))])
        #expect(try resolve(manifest, fetcher, previous: local).lockfile.pin(data: "rows")?.source != nil)
        #expect(fetcher.names == ["rows", "rows", "rows"])
    }

    @Test func `what cannot be fetched ends it`() throws {
        let refusal = LockingError.source(SourceRefusal(entry: "rows", reason: "no such host is known"))
        let manifest = try manifest(Self.rows)
        #expect(throws: refusal) {
            try Resolver.resolve(
                manifest, previous: nil, root: folder.path, store: store, signatures: nil, fetcher: Fixed(.failure(refusal)))
        }
        #expect(refusal.description == "data 'rows' cannot be fetched: no such host is known")
    }

    @Test(arguments: [
        ("\"url\": 1️⃣\"http://h/x\"", "lock/bad-value"), ("\"url\": 1️⃣\"https://u:p@h/x\"", "lock/bad-value"),
        ("\"url\": 1️⃣\"https://h/x?y\"", "lock/bad-value"), ("\"url\": 1️⃣7", "lock/bad-value"),
    ])
    func `a place that nobody could have written is none`(member: String, code: String) throws {
        let digest = Self.object.digest
        let marked =
            "{\n\"pins\": {\n\"data/rows\":\n  {\"digest\": \"\(digest)\", \"files\": 1, \"kind\": \"file\", \"size\": 8, \(member)},\n"
            + "\"version\": 1\n},\n\"results\": {\n\"version\": 1\n}\n}\n"
        let offset = try #require(marked.utf8.firstRange(of: "1️⃣".utf8)).lowerBound
        let text = marked.replacing("1️⃣", with: "")
        let read = LockfileReader.read(SourceText(name: "mlops.lock", text: text))
        #expect(read.diagnostics.map(\.code) == [code])
        #expect(read.diagnostics.first?.location?.span?.lower == marked.utf8.distance(from: marked.startIndex, to: offset))
    }
}
